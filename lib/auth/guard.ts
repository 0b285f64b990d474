import { NextResponse } from "next/server";
import { log } from "../log.ts";
import { getSettings } from "../settings.ts";
import { toLoginError } from "./provider-errors.ts";
import { refreshSession } from "./refresh.ts";
import { isScriptRequest, json, NO_STORE, redirectTo } from "./request.ts";
import { loginPath } from "./return-to.ts";
import { type CookieJar, endSession, isForgotten, openSession, saveSession } from "./session.ts";
import {
  hasExpiredAccessToken,
  needsIdleRenewal,
  needsRefresh,
  renewIdleTime,
  type SessionData,
} from "./session-data.ts";

/** Pages and routes that want a login, each with all that lies below it. */
const GUARDED_PAGES = ["/profile", "/dashboard", "/protected", "/admin"];
const GUARDED_ROUTES = ["/api"];

/** Routes that deal with the session themselves: a refresh before them would be in vain. */
const LOGIN_ROUTES = /^\/((auth\/)?(login|signup|callback|logout))$/;

/** One visit of the app, as the guard sees it. */
export interface Visit {
  readonly pathname: string;
  /** The query with its question mark, or nothing. */
  readonly search: string;
  readonly headers: Headers;
  readonly requestId: string;
}

/**
 * The visitor's session, refreshed and renewed where it is time: written back into the jar, so that the render which
 * follows sees it. This is the one place that refreshes, because a server component cannot set a cookie.
 *
 * @returns null for a visitor who is not logged in
 */
export async function currentSession(jar: CookieJar, visit: Visit): Promise<SessionData | null> {
  const { requestId, pathname } = visit;
  if (LOGIN_ROUTES.test(pathname)) return null;
  const opened = await openSession(jar, (reason) => {
    if (reason !== "expired")
      log.warn({ requestId, step: "session", reason }, "session cookie cannot be read");
  });
  if (!opened) return null;
  const refreshed = needsRefresh(opened)
    ? await refreshSession(opened, requestId)
    : { session: opened, changed: false };
  if (isForgotten(opened)) return null; // meanwhile logged out, or logged in anew: the cookies are not ours to write
  if (!refreshed || (hasExpiredAccessToken(refreshed.session) && !refreshed.session.refreshToken)) {
    await endSession(jar, opened);
    log.info({ requestId, step: "session" }, "session ended: its access token has expired for good");
    return null;
  }
  const { session, changed } = refreshed;
  if (!changed && !needsIdleRenewal(session)) return session;
  const renewed = renewIdleTime(session);
  try {
    await saveSession(jar, renewed);
    return renewed;
  } catch (error) {
    const { reason, message, detail } = toLoginError(error, "session renewal");
    log.error({ requestId, reason, ...detail }, message);
    await endSession(jar, opened);
    return null;
  }
}

/**
 * The answer to a visitor without a session where one is wanted: 401 as JSON from a route; a redirect to the login for
 * a person; a bare 401 for Next's router, which then loads the page in full, and so logs in.
 *
 * @returns null where no login is wanted
 */
export function refuseAnonymous({ pathname, search, headers }: Visit): Response | null {
  if (isBelow(pathname, GUARDED_ROUTES)) return json({ error: "Authentication required" }, 401);
  if (!isBelow(pathname, GUARDED_PAGES)) return null;
  if (isScriptRequest(headers)) return new NextResponse(null, { status: 401, headers: NO_STORE });
  return redirectTo(new URL(loginPath(pathname, search), getSettings().appBaseUrl), 307); // Next wants it absolute here
}

function isBelow(pathname: string, roots: readonly string[]): boolean {
  return roots.some((root) => pathname === root || pathname.startsWith(`${root}/`));
}
