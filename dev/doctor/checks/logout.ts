import { randomUUID } from "node:crypto";
import { endSessionUrl, toLoginError } from "../../../lib/auth/provider/index.ts";
import { endpointError, error, ok, type ProviderContext, type Result, skipped, warning } from "../check.ts";
import { advice, inConsole } from "../presets/presets.ts";
import { browse, type Refusal } from "./browse.ts";

/** The check "Logout": whether the provider has a logout endpoint, and accepts the app's URL to return to. */
export async function checkLogOut(context: ProviderContext): Promise<Result> {
  const { settings, preset, tell } = context;
  const url = await logoutUrlOf(context);
  if (!url) {
    const said = "The provider announces no logout endpoint, so a logout ends only the session of the app.";
    if (preset?.logOut.by === "none") return ok(`${said} ${preset.name} has no such endpoint.`);
    const how = advice(preset, preset?.logOut.how);
    return warning(said, how, "If the endpoint exists, set OIDC_END_SESSION_ENDPOINT to its URL.");
  }
  const { postLogoutRedirectUri } = settings.oidc;
  try {
    const { exit, isBack, refusal } = await browse(url, postLogoutRedirectUri, context);
    if (isBack) return ok(`The provider returns people to ${postLogoutRedirectUri}.`);
    if (refusal) return judge(refusal, context);
    const where = exit ? `redirects to ${tell(exit.origin)}` : "shows a page";
    return ok(`The provider ${where}, and does not reject ${postLogoutRedirectUri}.`);
  } catch (thrown) {
    const { message, detail } = toLoginError(thrown, "logout request");
    const seen = `The logout endpoint ${tell(url.origin + url.pathname)} does not answer`;
    return endpointError("end_session_endpoint", `${seen}: ${tell(detail.cause ?? message)}.`);
  }
}

/** The URL of a logout request (RP-Initiated Logout 1.0, 2) without `id_token_hint`; null if there is no endpoint. */
async function logoutUrlOf({ settings }: ProviderContext): Promise<URL | null> {
  const { issuer, clientId, postLogoutRedirectUri } = settings.oidc;
  const state = randomUUID();
  const url = await endSessionUrl({ post_logout_redirect_uri: postLogoutRedirectUri, state });
  if (url || !new URL(issuer).hostname.endsWith(".auth0.com")) return url; // see lib/auth/logout.ts
  const query = new URLSearchParams({ client_id: clientId, returnTo: postLogoutRedirectUri });
  return new URL(`/v2/logout?${query}`, issuer);
}

function judge(refusal: Refusal, { settings, preset, tell }: ProviderContext): Result {
  const { postLogoutRedirectUri, clientId, endpoints } = settings.oidc;
  const words = tell(refusal.said);
  const how = advice(preset, preset?.logOut.how);
  const by = preset?.logOut.by;
  const needsHint = "The provider checks the logout URL only in requests with an ID token.";
  if ((by === "id_token_hint" && refusal.about !== "URL") || /id_token_hint/.test(words))
    return skipped(`${needsHint} Log out once to test it.`);
  if (by === "own parameters" && !endpoints.end_session_endpoint)
    return error(`The provider rejects the logout request: “${words}”`, how);
  if (refusal.about === "client") {
    const seen = `The provider does not know the client ${clientId} at its logout endpoint: “${words}”`;
    return error(seen, `Check OIDC_CLIENT_ID. ${inConsole(preset, "clientId")}.`);
  }
  const seen = `The provider rejects the logout URL ${postLogoutRedirectUri}${words && `: “${words}”`}`;
  if (preset && !preset.console.logoutUrl) return error(seen, how);
  const other = "If another URL is registered, set OIDC_POST_LOGOUT_REDIRECT_URI to it.";
  const add = `${inConsole(preset, "logoutUrl")}: add ${postLogoutRedirectUri}, including the slash.`;
  return error(seen, add, by === "own parameters" ? how : other);
}
