import { randomBytes } from "node:crypto";
import { after } from "next/server";
import { log } from "../log.ts";
import { getSettings } from "../settings.ts";
import { isPrefetch, NO_STORE, redirectTo, requestIdOf } from "./http.ts";
import { forgetFinishedLogins } from "./login-circle.ts";
import { toLoginError } from "./provider/errors.ts";
import { tryToRevoke } from "./provider/requests.ts";
import { endSessionUrl } from "./provider/urls.ts";
import { withNewestTokens } from "./refresh.ts";
import type { SessionData } from "./session.ts";
import type { CookieJar } from "./session-cookie.ts";
import { sessions } from "./sessions.ts";
import { clearTransactions } from "./transaction.ts";

/**
 * A longer ID token is not sent as a hint: Entra ID refuses URLs of 2 to 4 KB. Without it the provider uses its own
 * session, and may ask the person (RP-Initiated Logout 1.0, 2).
 */
const MAX_HINT_LENGTH = 2_000; // characters

/**
 * Logs out: ends the session here, revokes its refresh token after the answer, and leads on to the provider's own
 * log-out (OpenID Connect RP-Initiated Logout 1.0). Without a session there is nothing to end there either, and the
 * answer leads home. A request that is not the visitor's own changes nothing and gets 403; HEAD changes nothing.
 */
export async function logOut(request: Request, jar: CookieJar): Promise<Response> {
  const requestId = requestIdOf(request);
  if (!isOwnRequest(request.headers)) return rejectForeignRequest(requestId);
  if (request.method === "HEAD") return new Response(null, { headers: NO_STORE });
  const ended = await sessions().end(jar, await sessions().open(jar));
  clearTransactions(jar);
  forgetFinishedLogins(jar);
  if (!ended) return redirectTo("/", 303);
  log.info({ requestId, step: "log-out" }, "logged out");
  revokeLater([ended], requestId);
  return leaveProvider(ended, requestId);
}

/** The answer to a log-out that {@link isOwnRequest} does not accept. */
export function rejectForeignRequest(requestId: string): Response {
  log.warn(
    { requestId, step: "log-out" },
    "refused a log-out that another site, a picture or a prefetch asked for",
  );
  return new Response("Only this app itself can log you out.\n", { status: 403, headers: NO_STORE });
}

/** Leads on to the provider's own log-out, or home where it has none. */
export async function leaveProvider(session: SessionData, requestId: string): Promise<Response> {
  return redirectTo(await placeToGo(session, requestId), 303);
}

/**
 * Revokes the refresh tokens of sessions that have ended, once the answer is on its way: also those of a refresh that
 * this process has just done, or is doing, for a request with the same cookie.
 */
export function revokeLater(ended: readonly SessionData[], requestId: string): void {
  const revoke = async (session: SessionData) =>
    tryToRevoke((await withNewestTokens(session)).refreshToken, requestId);
  after(() => Promise.all(ended.map(revoke)));
}

/**
 * Whether the visitor made this request, by a link or form of this app or by its address. Fetch Metadata decides where
 * the browser sends it; `Origin` decides otherwise. It is `null` below a page with `Referrer-Policy: no-referrer`, so
 * `Sec-Fetch-Site: same-origin` outweighs it.
 */
export function isOwnRequest(headers: Headers): boolean {
  const site = headers.get("sec-fetch-site");
  const destination = headers.get("sec-fetch-dest");
  const origin = headers.get("origin");
  if (isPrefetch(headers)) return false;
  if (destination !== null && destination !== "document") return false; // a picture, a script, a frame
  if (site === "same-origin") return true;
  if (site !== null && site !== "none") return false;
  return origin === null || origin === getSettings().appBaseUrl;
}

async function placeToGo(session: SessionData, requestId: string): Promise<URL | string> {
  const { postLogoutRedirectUri } = getSettings().oidc;
  try {
    const atProvider = await endSessionUrl({
      ...(session.idToken.length <= MAX_HINT_LENGTH && { id_token_hint: session.idToken }),
      post_logout_redirect_uri: postLogoutRedirectUri,
      state: randomBytes(16).toString("base64url"),
    });
    return atProvider ?? auth0LogoutUrl() ?? "/";
  } catch (error) {
    const { message, detail } = toLoginError(error, "log-out at the provider");
    log.warn({ requestId, ...detail }, message);
    return auth0LogoutUrl() ?? "/";
  }
}

/** Auth0 tenants that announce no `end_session_endpoint` have an endpoint of their own. */
function auth0LogoutUrl(): URL | null {
  const { issuer, clientId, postLogoutRedirectUri } = getSettings().oidc;
  const { hostname, origin } = new URL(issuer);
  if (!`.${hostname}`.endsWith(".auth0.com")) return null;
  const query = new URLSearchParams({ client_id: clientId, returnTo: postLogoutRedirectUri });
  return new URL(`/v2/logout?${query}`, origin);
}
