import { randomBytes } from "node:crypto";
import { after } from "next/server";
import { log } from "../log.ts";
import { getSettings } from "../settings.ts";
import { isPrefetch, NO_STORE, redirectTo } from "./http.ts";
import { clearTrace } from "./inspector/trace.ts"; // part: inspector
import { endSessionUrl, toLoginError, tryToRevoke } from "./provider/index.ts";
import { withNewestTokens } from "./refresh.ts";
import type { Session } from "./session.ts";
import type { CookieJar } from "./session-cookie.ts";
import { sessions } from "./session-storage.ts";
import { clearLogins } from "./transaction.ts";
import { leaveNotice } from "./user/notice.ts"; // part: demo

/** Omits a longer `id_token_hint`, because Entra ID rejects long URLs. The provider may then ask for confirmation. */
const MAX_HINT_LENGTH = 2_000; // characters

/** Ends the session and logs out at the provider (OpenID Connect RP-Initiated Logout 1.0). Other sites get 403. */
export async function logOut(request: Request, jar: CookieJar, requestId: string): Promise<Response> {
  if (!isSameOrigin(request.headers)) return rejectCrossSite(requestId);
  const ended = await sessions().end(jar, await sessions().open(jar));
  clearLogins(jar);
  clearTrace(jar); // part: inspector
  leaveNotice(jar, "logged-out"); // part: demo
  if (!ended) return redirectTo("/", 303);
  log.info({ requestId, step: "logout" }, "logged out");
  revokeLater([ended], requestId);
  return redirectToProviderLogout(ended, requestId);
}

/** Whether the visitor opened this URL through a link or form of this app, or by typing it. */
export function isSameOrigin(headers: Headers): boolean {
  const destination = headers.get("sec-fetch-dest") ?? "document";
  if (isPrefetch(headers) || destination !== "document") return false; // an image, script or frame
  return isFromThisOrigin(headers);
}

/**
 * Whether the request comes from a page of this app, or from no page (a typed URL). `Sec-Fetch-Site` takes precedence
 * over `Origin`, because `Origin` is `null` on a page with `Referrer-Policy: no-referrer`.
 */
export function isFromThisOrigin(headers: Headers): boolean {
  const { appBaseUrl } = getSettings();
  const site = headers.get("sec-fetch-site") ?? "none";
  if (site === "same-origin") return true;
  return site === "none" && (headers.get("origin") ?? appBaseUrl) === appBaseUrl;
}

export function rejectCrossSite(requestId: string): Response {
  log.warn({ requestId, step: "logout" }, "rejected cross-site or prefetched logout request");
  return new Response("To log out, use the app's own link or form.\n", { status: 403, headers: NO_STORE });
}

/** After the response, revokes the newest refresh tokens of ended sessions. Waits for a refresh in progress. */
export function revokeLater(ended: readonly Session[], requestId: string): void {
  const revoke = async (session: Session) =>
    tryToRevoke((await withNewestTokens(session)).refreshToken, requestId);
  after(() => Promise.all(ended.map(revoke)));
}

/** Redirects to the provider's logout. If there is none, or its URL cannot be fetched, redirects to the home page. */
export async function redirectToProviderLogout({ idToken }: Session, requestId: string): Promise<Response> {
  const request = {
    ...(idToken.length <= MAX_HINT_LENGTH && { id_token_hint: idToken }),
    post_logout_redirect_uri: getSettings().oidc.postLogoutRedirectUri,
    state: randomBytes(16).toString("base64url"),
  };
  const atProvider = await endSessionUrl(request).catch((error: unknown) => {
    const { message, detail } = toLoginError(error, "logout at the provider");
    log.warn({ requestId, ...detail }, message);
    return null;
  });
  return redirectTo(atProvider ?? auth0LogoutUrl() ?? "/", 303);
}

/** Auth0's own logout endpoint, for Auth0 tenants without metadata, or whose metadata has no `end_session_endpoint`. */
function auth0LogoutUrl(): URL | null {
  const { issuer, clientId, postLogoutRedirectUri } = getSettings().oidc;
  const { hostname, origin } = new URL(issuer);
  if (!`.${hostname}`.endsWith(".auth0.com")) return null;
  const query = new URLSearchParams({ client_id: clientId, returnTo: postLogoutRedirectUri });
  return new URL(`/v2/logout?${query}`, origin);
}
