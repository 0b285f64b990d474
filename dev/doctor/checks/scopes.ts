import { error, ok, type ProviderContext, type Result, skipped, warning } from "../check.ts";
import { advice, inConsole } from "../presets/presets.ts";
import type { Answer } from "./authentication-request.ts";

const OFFLINE = "offline_access";

/** The scopes that OpenID Connect Core defines (3.1.2.1, 5.4 and 11). */
const STANDARD_SCOPES = ["openid", "profile", "email", "address", "phone", OFFLINE];

const NOT_ACCEPTED = skipped("The authentication request was not accepted.");

/** The check "Scopes": whether the provider accepts all scopes that the app requests. */
export function checkScope(answer: Answer, { settings, metadata, preset, tell }: ProviderContext): Result {
  const requested = settings.oidc.scope.split(/\s+/);
  const announced = metadata.scopes_supported ?? requested;
  const unknown = requested.filter((scope) => !announced.includes(scope));
  if (answer.verdict === "scope") {
    const named = requested.filter((scope) => scope !== "openid" && answer.said.includes(scope));
    const offline = requested.filter((scope) => scope === OFFLINE);
    const culprits = [named, unknown, offline].find((list) => list.length > 0) ?? [];
    const rest = requested.filter((scope) => !culprits.includes(scope));
    return error(
      `The provider rejects a scope: “${tell(answer.said)}”`,
      `Set OIDC_SCOPE${culprits.length > 0 ? `="${rest.join(" ")}"` : " to scopes that the provider knows."}`,
      culprits.includes(OFFLINE)
        ? advice(preset, preset?.refresh.how)
        : `Or allow it. ${inConsole(preset, "scopes")}.`,
    );
  }
  if (answer.verdict !== "accepted") return NOT_ACCEPTED;
  // Compares only standard scopes: few providers announce the scopes of an API. offline_access has its own check.
  const standard = unknown.filter((scope) => scope !== OFFLINE && STANDARD_SCOPES.includes(scope));
  const seen = `The provider accepts ${settings.oidc.scope}`;
  if (standard.length === 0) return ok(`${seen}.`);
  const how = "The provider may silently omit the claims of a scope that it does not know.";
  return warning(`${seen}, but does not announce ${standard.join(", ")}.`, how);
}

/** The check "Refresh tokens": whether the app requests a refresh token in the way that the provider requires. */
export function checkRefreshToken(answer: Answer, { settings, metadata, preset }: ProviderContext): Result {
  if (answer.verdict === "scope") return skipped("The scopes are rejected.");
  const { scope, authorizationParams } = settings.oidc;
  const { by, how } = preset?.refresh ?? {};
  const inEndpoint = URL.parse(String(metadata.authorization_endpoint))?.searchParams;
  const sent = { ...Object.fromEntries(inEndpoint ?? []), ...authorizationParams };
  const { prompt = "", access_type }: Readonly<Record<string, string>> = sent;
  const hasConsent = /\bconsent\b/.test(prompt);
  const isRequested = scope.split(/\s+/).includes(OFFLINE);
  const isAnnounced = metadata.scopes_supported?.includes(OFFLINE);
  const needsScope = by !== "nothing" && by !== "access_type=offline";
  const end = "Without a refresh token, a session ends when its access token expires.";
  let problem = "";
  if (metadata.grant_types_supported?.includes("refresh_token") === false)
    problem = "The provider does not list refresh_token in grant_types_supported.";
  else if (by === "access_type=offline" && access_type !== "offline")
    problem = "access_type=offline is not requested.";
  else if (by === "offline_access and prompt=consent" && isRequested && !hasConsent)
    problem = "offline_access is requested without prompt=consent.";
  else if (needsScope && isRequested && isAnnounced === false)
    problem = "OIDC_SCOPE requests offline_access, which the provider does not announce.";
  if (problem) return warning(`${problem} ${end}`, advice(preset, how));
  if (needsScope && !isRequested && by !== "undocumented") {
    const fix = isAnnounced && `Set OIDC_SCOPE="${scope} ${OFFLINE}"`;
    return warning(`OIDC_SCOPE does not request offline_access. ${end}`, fix, advice(preset, how));
  }
  // OpenID Connect Core 11: a provider ignores offline_access without prompt=consent, unless other conditions hold.
  const asking = new URLSearchParams({ ...authorizationParams, prompt: `${prompt} consent`.trim() });
  const notes = [
    isRequested &&
      `OIDC_SCOPE requests offline_access${isAnnounced ? ", which the provider announces" : ""}.`,
    by === "access_type=offline" ? "access_type=offline requests a refresh token." : how,
    "The dashboard shows whether a refresh token was issued.",
    !preset && !hasConsent && `If not, set OIDC_AUTHORIZATION_PARAMS=${asking}: some providers require it.`,
  ];
  return ok(notes.filter(Boolean).join(" "));
}

/**
 * The check "Audience": whether the app requests an access token for the API, with the parameter `audience` or
 * `resource` (RFC 8707), or with one of the API's scopes.
 */
export function checkAudience(answer: Answer, { settings, preset, tell }: ProviderContext): Result {
  const { audience, resource, scope } = settings.oidc;
  const { by } = preset?.audience ?? {};
  const how = advice(preset, preset?.audience.how);
  const parameters = [audience && `OIDC_AUDIENCE=${audience}`, resource && `OIDC_RESOURCE=${resource}`];
  const requested = parameters.filter(Boolean).join(" and ");
  if (answer.verdict === "audience") {
    const seen = `The provider does not know this API${requested && `, ${requested}`}: “${tell(answer.said)}”`;
    const fix = "Copy the API's identifier from the provider's console exactly, or remove the setting.";
    return error(seen, fix, how);
  }
  if (answer.verdict !== "accepted") return NOT_ACCEPTED;
  if (by === "scope" && scope.split(/\s+/).every((name) => STANDARD_SCOPES.includes(name)))
    return warning("OIDC_SCOPE contains no scope of an API, so the access token is not for an API.", how);
  const isParameter = by === undefined || by === "audience" || by === "resource";
  if (!requested && isParameter && settings.apiServerUrl !== null) {
    const seen = "Neither OIDC_AUDIENCE nor OIDC_RESOURCE is set: the access token may be opaque";
    const fix = "Set OIDC_AUDIENCE (or OIDC_RESOURCE, if the provider supports RFC 8707)";
    return warning(
      `${seen}, and the message API rejects opaque tokens.`,
      how ?? `${fix} to the API's identifier.`,
    );
  }
  const hasNoEffect = by === "none" || (by === "resource" && !resource) || (by === "audience" && !audience);
  if (requested && hasNoEffect) return warning(`${requested} has no effect.`, how);
  const seen = requested ? `${requested} is requested and not rejected.` : "No audience is set.";
  if (by === "scope") return ok(`${seen} OIDC_SCOPE requests a token for an API.`);
  return ok(isParameter ? seen : `${seen} ${preset?.audience.how}`);
}
