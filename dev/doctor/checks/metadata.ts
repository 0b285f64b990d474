import { SETTING_NAMES } from "../../../lib/settings.ts";
import type { ProviderContext } from "../context.ts";
import { error, ok, type Result, warning } from "../report/finding.ts";
import type { Tell } from "../report/foreign-text.ts";

/** OpenID Connect Discovery 3 requires these fields (without the ending `_supported`). The app does not need them. */
const REQUIRED = ["response_types", "subject_types", "id_token_signing_alg_values"];

/** The check "Provider metadata" of a document that the app rejects. @returns an error for each invalid endpoint */
export function refusedEndpoints(refused: Readonly<Record<string, unknown>>, tell: Tell): Result[] {
  return Object.entries(refused).map(([field, url]) => {
    const setting = `OIDC_${field.toUpperCase()}`;
    const how = "announce an https URL (behind a proxy, a provider often needs its public URL as a setting)";
    return error(
      `${field} is not ${URL.canParse(String(url)) ? "an https" : "a"} URL: ${tell(url)}.`,
      `Configure the provider to ${how}${SETTING_NAMES.includes(setting) ? `, or set ${setting}` : ""}.`,
    );
  });
}

/** The check "Provider metadata": the provider supports what the app needs. */
export function checkMetadata(context: ProviderContext): Result[] {
  const { metadata, settings } = context;
  const lacks = (field: string, value: string) =>
    Array.isArray(metadata[field]) && !metadata[field].includes(value);
  const flow = "The provider does not announce the authorization code flow (response_types_supported).";
  const grant = "The provider does not announce the grant authorization_code (grant_types_supported).";
  const formPost = "The provider does not announce form_post, the response mode in OIDC_RESPONSE_MODE.";
  const par = "The provider announces no endpoint for pushed requests, which OIDC_PAR requires."; // part: fapi
  const lacksPar = settings.oidc.par && !metadata.pushed_authorization_request_endpoint; // part: fapi
  const problems = [
    lacks("response_types_supported", "code") &&
      error(flow, "Turn the flow on for the tenant, or use another provider."),
    lacks("grant_types_supported", "authorization_code") && error(grant, "Turn the grant on for the tenant."),
    settings.oidc.responseMode === "form_post" &&
      lacks("response_modes_supported", "form_post") &&
      error(formPost, "Remove OIDC_RESPONSE_MODE."),
    lacksPar && error(par, "Remove OIDC_PAR."), // part: fapi
  ].filter((problem) => problem !== false);
  return problems.length > 0 ? problems : [summarise(context)];
}

function summarise({ metadata, settings }: ProviderContext): Result {
  const noUserinfo = " There is no userinfo endpoint, so the app uses the claims of the ID token.";
  const stated = Object.keys(settings.oidc.endpoints).length;
  const isDiscovered = metadata.response_types_supported !== undefined || stated < 3;
  const required = REQUIRED.map((field) => `${field}_supported`);
  const missing = isDiscovered ? required.filter((field) => metadata[field] === undefined) : [];
  const lack =
    missing.length > 0 && ` The document lacks ${missing.join(" and ")}, which the app does not need.`;
  const seen = "The authorization endpoint, the token endpoint and the keys are announced.";
  return ok([seen, !metadata.userinfo_endpoint && noUserinfo, lack].filter(Boolean).join(""));
}

/** The check "PKCE": the provider supports the method S256 (RFC 7636), which every login uses. */
export function checkPkce({ metadata, settings, preset }: ProviderContext): Result {
  const methods = metadata.code_challenge_methods_supported;
  if (methods?.includes("S256")) return ok("The provider announces the method S256.");
  if (methods && methods.length > 0) {
    const seen = "The provider announces PKCE, but not the method S256, which the app uses.";
    return error(seen, "Turn S256 on for the tenant or the client.");
  }
  if (preset?.pkce === "unannounced") return ok(`${preset.name} does not announce PKCE, but supports it.`);
  let isPublic = !settings.oidc.clientSecret;
  isPublic &&= !settings.oidc.clientKey; // part: fapi
  if (!isPublic)
    return ok("PKCE is not announced. The app uses it anyway. A provider without PKCE ignores it.");
  return warning(
    "The provider does not announce PKCE (code_challenge_methods_supported), and the client has no secret.",
    "Make sure that the provider supports PKCE with S256, or register a client with a secret. Otherwise anyone can use an intercepted code.",
  );
}
