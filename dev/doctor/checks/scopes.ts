import { advice, inConsole, type ProviderContext } from "../context.ts";
import { error, ok, type Result, skipped, warning } from "../report/finding.ts";
import type { Answer } from "./authentication-request.ts";

const OFFLINE = "offline_access";

/** "Scopes": the provider knows all that are asked for. */
export function checkScope(answer: Answer, { settings, metadata, preset, tell }: ProviderContext): Result {
  const asked = settings.oidc.scope.split(/\s+/);
  const announced = metadata.scopes_supported;
  const unknown = announced ? asked.filter((scope) => !announced.includes(scope)) : [];
  if (answer.verdict === "refused" && answer.refusal.about === "scope") {
    const { said } = answer.refusal;
    const named = asked.filter((scope) => scope !== "openid" && said.includes(scope));
    const culprits =
      [named, unknown, [OFFLINE]].find((list) => list.some((scope) => asked.includes(scope))) ?? [];
    const rest = asked.filter((scope) => !culprits.includes(scope));
    return error(
      `The provider refuses a scope: “${tell(said)}”`,
      rest.length < asked.length
        ? `Set OIDC_SCOPE="${rest.join(" ")}"`
        : "Set OIDC_SCOPE to scopes that the provider knows.",
      ...(culprits.includes(OFFLINE)
        ? advice(preset, preset?.refresh.how)
        : [`Or allow it: ${inConsole(preset, preset?.console.scopes, "see the client's scopes")}.`]),
    );
  }
  if (answer.verdict !== "accepted") return skipped("The authentication request was not accepted.");
  // Scopes of an API are announced by few; the others are OpenID Connect's own.
  const own = unknown.filter((scope) => /^(openid|profile|email|address|phone)$/.test(scope));
  if (own.length > 0) {
    return warning(
      `The provider takes ${settings.oidc.scope}, but does not announce ${own.join(", ")}.`,
      "What it does not know it may leave out of the tokens without a word.",
    );
  }
  return ok(`The provider takes ${settings.oidc.scope}.`);
}

/** "Refresh tokens": there will be one, so that a session outlives its access token. */
export function checkRefreshToken(answer: Answer, context: ProviderContext): Result {
  const { settings, metadata, preset } = context;
  if (answer.verdict === "refused" && answer.refusal.about === "scope")
    return skipped("The scopes are refused.");
  const isAsked = settings.oidc.scope.split(/\s+/).includes(OFFLINE);
  const how = advice(preset, preset?.refresh.how);
  const parameters = parametersOf(context);
  if (metadata.grant_types_supported && !metadata.grant_types_supported.includes("refresh_token")) {
    return warning("The provider announces no refresh tokens: a session ends with its access token.", ...how);
  }
  switch (preset?.refresh.by) {
    case "nothing":
      return ok(`${preset.refresh.how}${isAsked ? " OIDC_SCOPE asks for it." : ""}`);
    case "access_type=offline":
      if (parameters.access_type === "offline")
        return ok("access_type=offline is asked for, and so there will be one.");
      return warning("There will be no refresh token: a session ends with its access token.", ...how);
    case "offline_access and prompt=consent":
      if (isAsked && !/\bconsent\b/.test(parameters.prompt ?? "")) {
        return warning(
          "offline_access is asked for, but without prompt=consent there may be no refresh token.",
          ...how,
        );
      }
      break;
    case "undocumented":
      if (isAsked) break;
      return ok(`${preset.name} documents no refresh tokens. ${preset.refresh.how}`);
    case "offline_access":
    case undefined:
      break;
  }
  return isAsked ? asked(context, how) : notAsked(context, how);
}

/** What is set to be asked of the provider beside the app's own parameters. */
function parametersOf({ settings, metadata }: ProviderContext): Readonly<Record<string, string>> {
  const inEndpoint = URL.parse(String(metadata.authorization_endpoint))?.searchParams ?? [];
  return { ...Object.fromEntries(inEndpoint), ...settings.oidc.authorizationParams };
}

function asked(context: ProviderContext, how: string[]): Result {
  const { metadata, preset } = context;
  const announced = metadata.scopes_supported;
  if (announced && !announced.includes(OFFLINE)) {
    return warning(
      "OIDC_SCOPE asks for offline_access, which the provider does not announce: there may be no refresh token, and a session ends with its access token then.",
      ...how,
    );
  }
  const note = preset ? ` ${preset.refresh.how}` : "";
  return ok(
    `OIDC_SCOPE asks for offline_access${announced ? ", which the provider announces" : ""}.${note} The dashboard shows whether one came.${consentNote(context)}`,
  );
}

/** OpenID Connect Core 11: a provider may ignore offline_access unless the person is asked for consent. */
function consentNote(context: ProviderContext): string {
  const { authorizationParams } = context.settings.oidc;
  const { prompt = "" } = parametersOf(context);
  if (context.preset || /\bconsent\b/.test(prompt)) return "";
  const parameters = new URLSearchParams({ ...authorizationParams, prompt: `${prompt} consent`.trim() });
  return ` If none came, set OIDC_AUTHORIZATION_PARAMS=${parameters}: some providers issue one only then.`;
}

function notAsked({ settings, metadata }: ProviderContext, how: string[]): Result {
  const mayAsk = metadata.scopes_supported?.includes(OFFLINE) ?? false;
  return warning(
    "OIDC_SCOPE does not ask for offline_access: without a refresh token, a session ends with its access token.",
    ...(mayAsk ? [`Set OIDC_SCOPE="${settings.oidc.scope} ${OFFLINE}"`] : []),
    ...how,
  );
}
