import { nowInSeconds } from "../../clock.ts";
import { getSettings } from "../../settings.ts";
import { requestSession } from "../callback.ts";
import { json } from "../http.ts";
import { authorizeDevice, pollDevice } from "../provider/index.ts";
import { decrypt, encrypt } from "../seal.ts";
import { digest, keyOf, store } from "../stored/records.ts";
import { errorAnswer, Refusal } from "./answers.ts";
import { type Issued, startProgram } from "./program-tokens.ts";

/** RFC 8628, 3.2: the interval if the provider states none. */
const DEFAULT_INTERVAL = 5; // seconds

/** What device codes are bound to when they are encrypted. */
const PLACE = "device code";

const MAX_CODE_LENGTH = 8_000; // characters

/**
 * What a device code of the broker holds, encrypted: the provider's code alone would let a program get the provider's
 * tokens.
 */
interface DeviceLogin {
  readonly deviceCode: string;
  readonly interval: number;
  /** Unix seconds. */
  readonly expiresAt: number;
}

/** Begins a login by device (RFC 8628, 3.2). 503 makes programs fall back to the login in the browser. */
export async function beginDeviceLogin(): Promise<Response> {
  const device = await authorizeDevice(getSettings().oidc.scope);
  if (!device) {
    const description = "The identity provider has no device flow.";
    return errorAnswer(new Refusal(503, "temporarily_unavailable", description));
  }
  const { deviceCode, expiresIn, userCode, verificationUri, verificationUriComplete } = device;
  const interval = Math.max(1, Math.ceil(device.interval ?? DEFAULT_INTERVAL));
  const login: DeviceLogin = { deviceCode, interval, expiresAt: nowInSeconds() + Math.floor(expiresIn) };
  const answer = {
    device_code: await encrypt("transaction", login, PLACE),
    user_code: userCode,
    verification_uri: verificationUri,
    ...(verificationUriComplete !== null && { verification_uri_complete: verificationUriComplete }),
    expires_in: Math.floor(expiresIn),
    interval,
  };
  return json(answer, 200);
}

/**
 * Polls for the tokens of a login by device (RFC 8628, 3.4). However often and at whichever instance the program polls,
 * the provider is asked once per interval.
 *
 * @throws Refusal, LoginError; `authorization_pending` while the person has not answered
 * @throws SessionsUnavailableError
 */
export async function redeemDeviceCode(code: string, userAgent: string | null): Promise<Issued> {
  const { deviceCode, interval, expiresAt } = await openCode(code);
  const now = nowInSeconds();
  if (now >= expiresAt) throw new Refusal(400, "expired_token", "The device code has expired. Begin again.");
  // Some clients wait slightly less than the interval.
  const isInTime = await store().add(keyOf("polled", digest(code)), "1", now + Math.max(1, interval - 1));
  if (!isInTime) throw new Refusal(400, "slow_down", "Poll less often: add five seconds to the interval.");
  const begunAt = Date.now();
  const session = await requestSession((dpopKey) => pollDevice(deviceCode, dpopKey));
  return startProgram(session, { userAgent, begunAt });
}

async function openCode(code: string): Promise<DeviceLogin> {
  const login =
    code.length <= MAX_CODE_LENGTH
      ? await decrypt<DeviceLogin>("transaction", code, PLACE).catch(() => null)
      : null;
  if (login) return login;
  throw new Refusal(400, "invalid_grant", "The device code is not one of this app.");
}
