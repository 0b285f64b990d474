import type { NextResponse } from "next/server";
import { getSettings } from "../../settings.ts";
import { redirectTo } from "../http.ts";
import { type CookieJar, cookieName, cookieOptions } from "../session-cookie.ts";

const COOKIE = "notice";
const LIFETIME = 300; // seconds

const NOTICES = ["logged-out", "session-ended"] as const;
export type Notice = (typeof NOTICES)[number];

/** Makes the home page say that the session has ended, for five minutes or until the next login. */
export function leaveNotice(jar: CookieJar, notice: Notice): void {
  jar.write(cookieName(COOKIE), notice, cookieOptions(LIFETIME));
}

/** Leaves the notice `session-ended` if the middleware has deleted the session cookie because the refresh failed. */
export function noticeEnd(jar: CookieJar, written: NextResponse["cookies"]): void {
  if (written.get(cookieName("session"))?.value === "") leaveNotice(jar, "session-ended");
}

export function readNotice(jar: CookieJar): Notice | null {
  const value = jar.read(cookieName(COOKIE));
  return NOTICES.find((notice) => notice === value) ?? null;
}

/**
 * After a logout, the provider adds `state` to the URL that it redirects to (RP-Initiated Logout 1.0, 3). The app does
 * not need `state`, so this function redirects to the URL without `state`. @returns null for any other request
 */
export function withoutLogoutState(url: URL, jar: CookieJar): Response | null {
  const { appBaseUrl, oidc } = getSettings();
  const { pathname } = new URL(oidc.postLogoutRedirectUri);
  if (url.pathname !== pathname || !url.searchParams.has("state") || readNotice(jar) !== "logged-out")
    return null;
  const target = new URL(url.pathname + url.search, appBaseUrl); // Next.js needs an absolute URL here
  target.searchParams.delete("state");
  return redirectTo(target, 303);
}
