import type { ProviderContext } from "../context.ts";
import { error, ok, type Result, warning } from "../report/finding.ts";
import type { Tell } from "../report/foreign-text.ts";

/** Endpoints that a setting can state. */
const SETTABLE = [
  "authorization_endpoint",
  "token_endpoint",
  "userinfo_endpoint",
  "jwks_uri",
  "end_session_endpoint",
];

/** Required by OpenID Connect Discovery 3, and yet the app does without. */
const REQUIRED = [
  "response_types_supported",
  "subject_types_supported",
  "id_token_signing_alg_values_supported",
];

/** "Provider metadata": what is wrong with each endpoint for which discovery refused the document. */
export function refusedEndpoints(refused: Readonly<Record<string, unknown>>, tell: Tell): Result[] {
  return Object.entries(refused).map(([field, url]) =>
    error(
      `${field} is no ${URL.canParse(String(url)) ? "https " : ""}URL: ${tell(url)}.`,
      `Have the provider announce it with https (often its idea of its own address, behind a proxy)${
        SETTABLE.includes(field) ? `, or set OIDC_${field.toUpperCase()}` : ""
      }.`,
    ),
  );
}

/** "Provider metadata": the provider does what the app needs. */
export function checkMetadata(context: ProviderContext): Result[] {
  const { metadata, settings } = context;
  const results: Result[] = [];
  const lacks = (field: string, value: string) =>
    Array.isArray(metadata[field]) && !metadata[field].includes(value);
  if (lacks("response_types_supported", "code")) {
    results.push(
      error(
        "The provider does not announce the authorization code flow (response_types_supported).",
        "Choose another provider, or switch the flow on for the tenant.",
      ),
    );
  }
  if (lacks("grant_types_supported", "authorization_code")) {
    results.push(
      error(
        "The provider does not announce the grant authorization_code (grant_types_supported).",
        "Switch it on for the tenant.",
      ),
    );
  }
  if (settings.oidc.responseMode === "form_post" && lacks("response_modes_supported", "form_post")) {
    results.push(
      error(
        "OIDC_RESPONSE_MODE is form_post, which the provider does not announce.",
        "Leave OIDC_RESPONSE_MODE out.",
      ),
    );
  }
  if (settings.oidc.par && !metadata.pushed_authorization_request_endpoint) {
    results.push(
      error("OIDC_PAR is on, but the provider announces no endpoint for it.", "Leave OIDC_PAR out."),
    );
  }
  return results.length > 0 ? results : [summarise(context)];
}

function summarise({ metadata, settings }: ProviderContext): Result {
  const userinfo = metadata.userinfo_endpoint
    ? ""
    : " There is no userinfo endpoint: the ID token's claims serve.";
  const stated = Object.keys(settings.oidc.endpoints).length;
  const isDiscovered = metadata.response_types_supported !== undefined || stated < 3;
  const missing = isDiscovered ? REQUIRED.filter((field) => metadata[field] === undefined) : [];
  const lack = missing.length > 0 ? ` It lacks ${missing.join(" and ")}, which the app does without.` : "";
  return ok(`Authorization, token and key endpoint are there.${userinfo}${lack}`);
}

/** "PKCE": the provider takes the method S256 (RFC 7636), which every login uses. */
export function checkPkce({ metadata, settings, preset }: ProviderContext): Result {
  const methods = metadata.code_challenge_methods_supported;
  if (methods?.includes("S256")) return ok("The provider announces the method S256.");
  if (methods && methods.length > 0) {
    return error(
      "The provider announces PKCE, but not the method S256, which the app uses.",
      "Switch S256 on for the tenant or the client.",
    );
  }
  if (preset?.pkce === "unannounced") return ok(`${preset.name} does not announce it, but takes it.`);
  if (settings.oidc.clientSecret || settings.oidc.clientKey)
    return ok("Not announced. The app sends it all the same; who does not know it ignores it.");
  return warning(
    "The provider does not announce it (code_challenge_methods_supported), and the client has no secret.",
    "Make sure that it supports PKCE with S256, or register a client with a secret: a code that is intercepted is good for anybody otherwise.",
  );
}
