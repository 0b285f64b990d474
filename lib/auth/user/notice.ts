import { getSettings } from "../../settings.ts";
import { redirectTo } from "../http.ts";
import { type CookieJar, cookieName, cookieOptions } from "../session-cookie.ts";

const COOKIE = "notice";
const LIFETIME = 300; // seconds

const NOTICES = ["logged-out", "session-ended"] as const;
/** Why somebody is not logged in any more. */
type Notice = (typeof NOTICES)[number];

/** Has the home page say what happened, for five minutes or until the next login. */
export function leaveNotice(jar: CookieJar, notice: Notice): void {
  jar.write(cookieName(COOKIE), notice, cookieOptions(LIFETIME));
}

export function readNotice(jar: CookieJar): Notice | null {
  const value = jar.read(cookieName(COOKIE));
  return NOTICES.find((notice) => notice === value) ?? null;
}

/**
 * The provider adds `state` to the URL to which it returns after a logout (RP-Initiated Logout 1.0, 3). It has no use there,
 * so the browser is redirected to the URL without it. @returns null for any other visit
 */
export function withoutLogoutState(url: URL, jar: CookieJar): Response | null {
  const { appBaseUrl, oidc } = getSettings();
  const { pathname } = new URL(oidc.postLogoutRedirectUri);
  if (url.pathname !== pathname || !url.searchParams.has("state") || !readNotice(jar)) return null;
  const target = new URL(url.pathname + url.search, appBaseUrl); // Next.js needs an absolute URL here
  target.searchParams.delete("state");
  return redirectTo(target, 303);
}
