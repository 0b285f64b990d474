import { getSettings } from "../../settings.ts";
import { redirectTo } from "../http.ts";
import { type CookieJar, cookieName, cookieOptions } from "../session-cookie.ts";

const COOKIE = "notice";
const LIFETIME = 300; // seconds

/** Has the home page confirm a logout, for five minutes or until the next login. */
export function leaveNotice(jar: CookieJar): void {
  jar.write(cookieName(COOKIE), "logged-out", cookieOptions(LIFETIME));
}

export function hasLoggedOut(jar: CookieJar): boolean {
  return jar.read(cookieName(COOKIE)) === "logged-out";
}

/**
 * The provider adds `state` to the URL to which it returns after a logout (RP-Initiated Logout 1.0, 3). It has no use there,
 * so the browser is redirected to the URL without it. @returns null for any other visit
 */
export function withoutLogoutState(url: URL, jar: CookieJar): Response | null {
  const { appBaseUrl, oidc } = getSettings();
  const { pathname } = new URL(oidc.postLogoutRedirectUri);
  if (url.pathname !== pathname || !url.searchParams.has("state") || !hasLoggedOut(jar)) return null;
  const target = new URL(url.pathname + url.search, appBaseUrl); // Next.js needs an absolute URL here
  target.searchParams.delete("state");
  return redirectTo(target, 303);
}
