import { nowInSeconds } from "../../clock.ts";
import { getSettings } from "../../settings.ts";
import { sharedState } from "../../shared-state.ts";
import { getProviderMetadata, type ProviderMetadata } from "../provider/index.ts";
import { CLIENT_SECRETS, currentRecording, isTried, type Shown, type Trial } from "./recording.ts";

/**
 * Turns on the option that a link of this app chooses, if the provider supports it. No option makes a login less safe.
 *
 * @param query the query of the link to the login
 * @returns additional parameters of the authentication request
 * @throws LoginError if the provider's metadata cannot be read
 */
export async function tryOption(query: URLSearchParams): Promise<{ readonly response_mode?: "form_post" }> {
  const recording = currentRecording();
  const asked = query.get("try");
  if (!recording?.isOwn || asked === null || !mayTry()) return {};
  recording.trial = supportedTrials(await getProviderMetadata()).find((trial) => trial === asked) ?? null;
  return isTried("form_post") ? { response_mode: "form_post" } : {};
}

/** Limits the logins with an option, because a pushed request is an additional request to the provider. */
function mayTry(): boolean {
  const window = sharedState("trials", () => ({ until: 0, left: 0 }));
  if (nowInSeconds() >= window.until) Object.assign(window, { until: nowInSeconds() + MINUTE, left: MOST });
  window.left -= 1;
  return window.left >= 0;
}

const MINUTE = 60; // seconds
const MOST = 60; // logins with an option per minute, in this process

export function supportedTrials(metadata: ProviderMetadata): Trial[] {
  const { response_modes_supported: modes } = metadata;
  const { dpop_signing_alg_values_supported: algorithms } = metadata; // part: fapi
  const isSupported: Record<Trial, boolean> = {
    form_post: Array.isArray(modes) && modes.includes("form_post"), // OAuth 2.0 Form Post Response Mode
    par: metadata.pushed_authorization_request_endpoint !== undefined, // RFC 9126 // part: fapi
    dpop: Array.isArray(algorithms) && algorithms.includes("ES256"), // RFC 9449 // part: fapi
  };
  return (Object.keys(isSupported) as Trial[]).filter((name) => isSupported[name]);
}

/** Describes options that no parameter shows. Pages omit an option if the setting of the same name is on anyway. */
const OPTIONS: Readonly<Record<string, string>> = {
  par: "pushed request (RFC 9126)", // part: fapi
  dpop: "tokens bound by DPoP (RFC 9449)", // part: fapi
};

/** How a login differed from a plain login with the same settings. @param used tells which options it used */
export function differences(request: Shown, used: Readonly<Record<string, boolean>>): string[] {
  const { oidc } = getSettings();
  const settings: Readonly<Record<string, unknown>> = oidc;
  const { audience, resource, responseMode, authorizationParams } = oidc;
  const set: Readonly<Record<string, unknown>> = {
    audience,
    resource,
    response_mode: responseMode,
    ...authorizationParams,
  };
  const added = Object.entries(request).filter(
    ([name, value]) => !USUAL.has(name) && !CLIENT_SECRETS.has(name) && set[name] !== value,
  );
  return [
    ...added.map(([name, value]) => `${name}=${value}`),
    ...Object.entries(OPTIONS).flatMap(([name, text]) => (used[name] && !settings[name] ? [text] : [])),
  ];
}

/** Parameters that a login without any option can have, too. */
const USUAL = new Set([
  ...["response_type", "client_id", "redirect_uri", "scope", "state", "nonce"],
  ...["code_challenge", "code_challenge_method", "client_assertion_type"],
]);
