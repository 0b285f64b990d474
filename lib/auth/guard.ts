import { NextResponse } from "next/server";
import { log } from "../log.ts";
import { getSettings } from "../settings.ts";
import { isStoreError } from "../store/store.ts";
import { isScriptRequest, json, NO_STORE, redirectTo } from "./http.ts";
import { toLoginError } from "./provider/errors.ts";
import { refreshSession } from "./refresh.ts";
import { loginPath } from "./return-to.ts";
import { hasExpiredAccessToken, needsRefresh, type Session } from "./session.ts";
import type { CookieJar } from "./session-cookie.ts";
import { sessions } from "./sessions.ts";
import { rememberVisitor } from "./visitor.ts";

/**
 * Who may see a page or a route, and everything below it; of several entries the longest decides. Each page and route that
 * is not open has to ask for the session itself: `app/without-middleware.test.ts` calls every one of them without it.
 */
const ACCESS: Readonly<Record<string, "open" | "logged in">> = {
  "/": "open", // nothing below it
  "/public": "open",
  "/unavailable": "open",
  "/auth/error": "open",
  "/profile": "logged in",
  "/dashboard": "logged in",
  "/protected": "logged in",
  "/admin": "logged in",
  "/api": "logged in",
};

/**
 * Routes that deal with the session themselves: a refresh before them would be in vain. Of those of a login only the
 * aliases come this way; the middleware leaves the others out.
 */
const LOGIN_ROUTES = /^\/((auth\/)?(login|signup|callback|logout)|auth\/(sessions|backchannel-logout))$/;

/** Those of them that begin or end a session: without its store they would spend a code, or end nothing. */
const KEEPING_ROUTES = /^\/((auth\/)?(callback|logout)|auth\/(sessions|backchannel-logout))$/;

/** One visit of the app, as the guard sees it. */
export interface Visit {
  readonly method: string;
  readonly pathname: string;
  /** The query with its question mark, or nothing. */
  readonly search: string;
  /** Those of the request; their cookies are the jar's. */
  readonly headers: Headers;
  readonly requestId: string;
}

/**
 * The visitor's session, refreshed and renewed where it is time: written back into the jar, so that the render which
 * follows sees it. This is the one place that refreshes, because a server component cannot set a cookie.
 *
 * @returns null for a visitor who is not logged in
 * @throws StoreError while the session store cannot be reached; nobody is logged out by that
 */
export async function currentSession(jar: CookieJar, visit: Visit): Promise<Session | null> {
  if (LOGIN_ROUTES.test(visit.pathname)) {
    const leadsOn = visit.method === "POST" && visit.pathname === "/callback"; // to a GET of the same
    if (KEEPING_ROUTES.test(visit.pathname) && !leadsOn) await sessions().ensureAvailable();
    return null;
  }
  const opened = await sessions().open(jar, (reason) => {
    if (reason !== "expired")
      log.warn({ requestId: visit.requestId, step: "session", reason }, "session cookie cannot be read");
  });
  const session = opened && (await broughtUpToDate(jar, opened, visit.requestId));
  rememberVisitor(visit.requestId, visit.headers, session);
  return session;
}

async function broughtUpToDate(jar: CookieJar, opened: Session, requestId: string): Promise<Session | null> {
  const isOld = needsRefresh(opened);
  const refreshed = isOld ? await refreshSession(opened, requestId) : { session: opened, changed: false };
  const isToBeKept = refreshed !== null && (refreshed.changed || sessions().needsRenewal(refreshed.session));
  // Meanwhile logged out, or logged in anew: the cookies are not ours to write.
  if ((isOld || isToBeKept) && (await sessions().hasEnded(opened))) return null;
  if (!refreshed || (hasExpiredAccessToken(refreshed.session) && !refreshed.session.refreshToken)) {
    await sessions().end(jar, opened);
    log.info({ requestId, step: "session" }, "session ended: its access token has expired for good");
    return null;
  }
  if (!isToBeKept) return refreshed.session;
  try {
    return await sessions().renew(jar, refreshed.session);
  } catch (error) {
    if (isStoreError(error)) throw error;
    const { reason, message, detail } = toLoginError(error, "session renewal");
    log.error({ requestId, reason, ...detail }, message);
    await sessions().end(jar, opened);
    return null;
  }
}

/**
 * The answer to a visitor without a session where one is needed: 401 as JSON from a route; a redirect to the login for
 * a person; a bare 401 for Next's router, which then loads the page in full, and so logs in. A server action answers
 * for itself, by `requireUser`: only the action knows what to do with the visitor's input.
 *
 * @returns null where no login is needed
 */
export function refuseAnonymous({ method, pathname, search, headers }: Visit): Response | null {
  if (accessTo(pathname) !== "logged in") return null;
  if (isBelow(pathname, "/api")) return json({ error: "Authentication required" }, 401);
  if (isServerAction(method, headers)) return null;
  if (isScriptRequest(headers)) return new NextResponse(null, { status: 401, headers: NO_STORE });
  const login = new URL(loginPath(pathname, search), getSettings().appBaseUrl); // Next needs it absolute here
  return redirectTo(login, method === "POST" ? 303 : 307); // the login is reached by GET
}

/** Whether a page's server action is called: by Next's router, or by a form where there is no JavaScript. */
function isServerAction(method: string, headers: Headers): boolean {
  const isForm = headers.get("content-type")?.startsWith("multipart/form-data") ?? false;
  return method === "POST" && (headers.has("next-action") || isForm);
}

/** Everything below these is a route, which answers OPTIONS itself; `/auth/error` is a page. */
const ROUTES = /^\/(api|auth(?!\/error$)|login|signup|callback|logout)(\/|$)/;

/**
 * The answer to OPTIONS on a page, which Next.js would refuse with 400.
 *
 * @returns null for another method, and for routes
 */
export function answerOptions({ method, pathname }: Visit): Response | null {
  if (method !== "OPTIONS" || ROUTES.test(pathname)) return null;
  return new NextResponse(null, { status: 204, headers: { allow: "GET, HEAD, POST, OPTIONS" } });
}

/** Whether a page or a route is meant for visitors without a session, too. */
export function isOpenToAll(pathname: string): boolean {
  return accessTo(pathname) === "open" || LOGIN_ROUTES.test(pathname);
}

function accessTo(pathname: string) {
  const entries = Object.keys(ACCESS).filter((root) => isBelow(pathname, root));
  const [longest = ""] = entries.sort((a, b) => b.length - a.length);
  return ACCESS[longest];
}

function isBelow(pathname: string, root: string): boolean {
  return pathname === root || pathname.startsWith(`${root}/`);
}
