import * as client from "openid-client";
import { getSettings } from "../../settings.ts";
import { callProvider } from "./client.ts";
import * as dpop from "./dpop.ts"; // part: fapi
import { onBehalfOf } from "./fetch.ts";
import { getProviderMetadata } from "./metadata.ts";
import { type LoginTokens, resourceParameter, toLoginTokens } from "./requests.ts";

/** The `grant_type` of the device flow (RFC 8628, 3.4). */
const DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";

/** The provider's device authorization response (RFC 8628, 3.2). */
export interface DeviceAuthorization {
  readonly deviceCode: string;
  readonly userCode: string;
  readonly verificationUri: string;
  readonly verificationUriComplete: string | null;
  /** Seconds until the device code and the user code expire. */
  readonly expiresIn: number;
  /** Minimum seconds between two polls; null if the provider does not specify it. */
  readonly interval: number | null;
}

/**
 * Begins a device login (RFC 8628, 3.1).
 *
 * @param asked has the `userAgent` of the program that logs in, so that the provider can show it (RFC 8628, 5.4)
 * @returns null if the provider does not support the device flow
 * @throws LoginError
 */
export async function authorizeDevice(asked: {
  readonly scope: string;
  readonly maxAge: number | null;
  readonly userAgent: string | null;
}): Promise<DeviceAuthorization | null> {
  if (!(await getProviderMetadata()).device_authorization_endpoint) return null;
  const { scope, maxAge, userAgent } = asked;
  const { audience } = getSettings().oidc;
  const request = {
    scope,
    ...(maxAge !== null && { max_age: String(maxAge) }),
    ...(audience && { audience }),
    ...resourceParameter(),
  };
  const agent = userAgent?.replace(/[^\x20-\x7e]/g, "") || undefined;
  const answer = await onBehalfOf.run(agent, () =>
    callProvider("device authorization", client.initiateDeviceAuthorization, request),
  );
  return {
    deviceCode: answer.device_code,
    userCode: answer.user_code,
    verificationUri: answer.verification_uri,
    verificationUriComplete: answer.verification_uri_complete ?? null,
    expiresIn: answer.expires_in,
    interval: answer.interval ?? null,
  };
}

/**
 * Polls once for the tokens of a device login (RFC 8628, 3.4). {@link toLoginTokens} checks the tokens.
 *
 * @param maxAge maximum seconds since the person logged in at the provider; null for no limit
 * @throws LoginError. Until the person confirms, `detail.providerError` is `authorization_pending` or `slow_down`
 */
export async function pollDevice(deviceCode: string, maxAge: number | null): Promise<LoginTokens> {
  const dpopKey = await dpop.newDpopKey(); // part: fapi
  const response = await callProvider(
    "device code exchange",
    client.genericGrantRequest,
    DEVICE_GRANT,
    { device_code: deviceCode, ...resourceParameter() },
    await dpop.dpopOptions(dpopKey), // part: fapi
  );
  const tokens = toLoginTokens(response, { maxAge });
  Object.assign(tokens, dpop.boundTo(dpopKey, response)); // part: fapi
  return tokens;
}
