import { error, ok, type ProviderContext, type Result, skipped, warning } from "../check.ts";
import { advice, inConsole } from "../presets/presets.ts";
import type { Answer } from "./authentication-request.ts";

const OFFLINE = "offline_access";

/** The scopes of OpenID Connect Core 5.4 and 11. */
const STANDARD_SCOPES = ["openid", "profile", "email", "address", "phone", OFFLINE];

const NOT_ACCEPTED = skipped("The authentication request was not accepted.");
const NO_REFRESH = "There will be no refresh token: a session ends when its access token expires.";

/** The check "Scopes": the provider accepts all scopes that the app requests. */
export function checkScope(answer: Answer, { settings, metadata, preset, tell }: ProviderContext): Result {
  const requested = settings.oidc.scope.split(/\s+/);
  const announced = metadata.scopes_supported;
  const unknown = announced ? requested.filter((scope) => !announced.includes(scope)) : [];
  if (answer.verdict === "refused" && answer.refusal.about === "scope") {
    const { said } = answer.refusal;
    const named = requested.filter((scope) => scope !== "openid" && said.includes(scope));
    const offline = requested.filter((scope) => scope === OFFLINE);
    const culprits = [named, unknown, offline].find((list) => list.length > 0) ?? [];
    const rest = requested.filter((scope) => !culprits.includes(scope));
    return error(
      `The provider rejects a scope: “${tell(said)}”`,
      `Set OIDC_SCOPE${culprits.length > 0 ? `="${rest.join(" ")}"` : " to scopes that the provider knows."}`,
      culprits.includes(OFFLINE)
        ? advice(preset, preset?.refresh.how)
        : `Or allow it. ${inConsole(preset, "scopes")}.`,
    );
  }
  if (answer.verdict !== "accepted") return NOT_ACCEPTED;
  // Only standard scopes are compared, because few providers announce the scopes of an API.
  const standard = unknown.filter((scope) => scope !== OFFLINE && STANDARD_SCOPES.includes(scope));
  const seen = `The provider accepts ${settings.oidc.scope}`;
  if (standard.length === 0) return ok(`${seen}.`);
  const how = "The provider may silently omit the claims of a scope that it does not know.";
  return warning(`${seen}, but does not announce ${standard.join(", ")}.`, how);
}

/** The check "Refresh tokens": the provider will issue a refresh token, so a session can outlive its access token. */
export function checkRefreshToken(answer: Answer, { settings, metadata, preset }: ProviderContext): Result {
  if (answer.verdict === "refused" && answer.refusal.about === "scope")
    return skipped("The scopes are rejected.");
  const { scope, authorizationParams } = settings.oidc;
  const isRequested = scope.split(/\s+/).includes(OFFLINE);
  const how = advice(preset, preset?.refresh.how);
  const inEndpoint = URL.parse(String(metadata.authorization_endpoint))?.searchParams;
  const sent = { ...Object.fromEntries(inEndpoint ?? []), ...authorizationParams };
  const { prompt = "", access_type }: Readonly<Record<string, string>> = sent;
  const hasConsent = /\bconsent\b/.test(prompt);
  if (metadata.grant_types_supported?.includes("refresh_token") === false) {
    const seen = "The provider does not list refresh_token in grant_types_supported.";
    return warning(`${seen} ${NO_REFRESH}`, how);
  }
  switch (preset?.refresh.by) {
    case "nothing":
      return ok(`${preset.refresh.how}${isRequested ? " OIDC_SCOPE requests offline_access." : ""}`);
    case "access_type=offline":
      if (access_type !== "offline") return warning(NO_REFRESH, how);
      return ok("access_type=offline requests a refresh token.");
    case "offline_access and prompt=consent":
      if (!isRequested || hasConsent) break;
      return warning(
        "offline_access is requested without prompt=consent, so there may be no refresh token.",
        how,
      );
    case "undocumented":
      if (isRequested) break;
      return ok(`${preset.name} does not document refresh tokens. ${preset.refresh.how}`);
  }
  const isAnnounced = metadata.scopes_supported?.includes(OFFLINE);
  if (!isRequested) {
    const seen = `OIDC_SCOPE does not request offline_access. ${NO_REFRESH}`;
    return warning(seen, isAnnounced && `Set OIDC_SCOPE="${scope} ${OFFLINE}"`, how);
  }
  const seen = "OIDC_SCOPE requests offline_access";
  const end = "Without a refresh token, a session ends when its access token expires.";
  if (isAnnounced === false) return warning(`${seen}, which the provider does not announce. ${end}`, how);
  // OpenID Connect Core 11: a provider may ignore offline_access unless the person is asked for consent.
  const asking = new URLSearchParams({ ...authorizationParams, prompt: `${prompt} consent`.trim() });
  const notes = [
    `${seen}${isAnnounced ? ", which the provider announces" : ""}.`,
    preset?.refresh.how,
    "The dashboard shows whether a refresh token was issued.",
    !preset && !hasConsent && `If not, set OIDC_AUTHORIZATION_PARAMS=${asking}: some providers require it.`,
  ];
  return ok(notes.filter(Boolean).join(" "));
}

/** The check "Audience": `audience`, `resource` (RFC 8707) or a scope requests an access token for the API. */
export function checkAudience(answer: Answer, { settings, preset, tell }: ProviderContext): Result {
  const { audience, resource, scope } = settings.oidc;
  const how = advice(preset, preset?.audience.how);
  const by = preset?.audience.by;
  const parameters = [audience && `OIDC_AUDIENCE=${audience}`, resource && `OIDC_RESOURCE=${resource}`];
  const requested = parameters.filter(Boolean).join(" and ");
  if (answer.verdict === "refused" && answer.refusal.about === "audience") {
    const seen = `The provider does not know this API${requested && `, ${requested}`}: “${tell(answer.refusal.said)}”`;
    const fix = "Copy the API's identifier from the provider's console exactly, or remove the setting.";
    return error(seen, fix, how);
  }
  if (answer.verdict !== "accepted") return NOT_ACCEPTED;
  if (by === "scope" && scope.split(/\s+/).every((name) => STANDARD_SCOPES.includes(name))) {
    return warning("OIDC_SCOPE contains no scope of an API, so the access token is not for an API.", how);
  }
  if (!requested) {
    if (settings.apiServerUrl === null) return ok("Neither an audience nor API_SERVER_URL is set.");
    if (by === "scope" || by === "none" || by === "console") return ok(`No audience set. ${how}`);
    const seen = "Neither OIDC_AUDIENCE nor OIDC_RESOURCE is set: the access token may be opaque";
    const standard = "Set OIDC_AUDIENCE (or OIDC_RESOURCE, if the provider supports RFC 8707)";
    const fix = how ?? `${standard} to the API's identifier.`;
    return warning(`${seen}, and the message API rejects opaque tokens.`, fix);
  }
  if (by === "scope")
    return ok(`OIDC_SCOPE requests a token for an API. Only the included message API uses ${requested}.`);
  if (by === "console") return ok(`${requested}. ${preset?.audience.how}`);
  const hasNoEffect = by === "none" || (by === "resource" && !resource) || (by === "audience" && !audience);
  if (hasNoEffect) return warning(`${requested} has no effect.`, how);
  return ok(`${requested} is requested and not rejected.`);
}
