import { randomUUID } from "node:crypto";
import { cookies } from "next/headers";
import { log } from "../log.ts";
import { CONSTANT_HEADERS, httpsHeaders } from "../security-headers.ts";
import { getSettings } from "../settings.ts";
import { rememberSession } from "./current-user.ts";
import { NO_STORE } from "./http.ts";
import { toLoginError } from "./provider/index.ts";
import { refreshSession } from "./refresh.ts";
import { routeOf } from "./routes.ts";
import type { Session } from "./session.ts";
import { type CookieJar, jarOf } from "./session-cookie.ts";
import { sessions } from "./session-storage.ts";
import { isSessionsUnavailable, routeUnavailable } from "./stored/unavailable.ts"; // part: store

/** The parts of a request that the guard reads. `search` is empty or begins with a question mark. */
export interface RequestContext {
  readonly method: string;
  readonly pathname: string;
  readonly search: string;
  readonly headers: Headers;
  readonly requestId: string;
}

/**
 * Opens the visitor's session, refreshes and renews it if necessary, and updates the cookies. The middleware does this,
 * because server components cannot set cookies. Null if there is no session, or if the route manages it itself.
 * @throws if the session storage is unavailable. The visitor stays logged in
 */
export async function currentSession(jar: CookieJar, context: RequestContext): Promise<Session | null> {
  const { pathname, requestId, headers } = context;
  if (routeOf(pathname)?.access === "session") return null;
  const opened = await sessions().open(jar, (reason) => {
    if (reason !== "expired")
      log.warn({ requestId, step: "session", reason }, "cannot read the session cookie");
  });
  const session = opened && (await refreshAndRenew(jar, opened, context));
  rememberSession(requestId, headers, session);
  return session;
}

async function refreshAndRenew(jar: CookieJar, opened: Session, context: RequestContext) {
  const { pathname, search, requestId } = context;
  // Pages ask `/auth/me?renew=0` whether the session still exists. These requests must not extend it.
  const renew = pathname !== "/auth/me" || new URLSearchParams(search).get("renew") !== "0";
  const refreshed = await refreshSession(opened, requestId);
  if (!refreshed) {
    log.info({ requestId, step: "session" }, "session ended: access token expired and cannot be refreshed");
  }
  try {
    return await sessions().update(jar, opened, refreshed, { renew });
  } catch (error) {
    if (isSessionsUnavailable(error)) throw error; // part: store
    const { reason, message, detail } = toLoginError(error, "session renewal");
    log.error({ requestId, reason, ...detail }, message);
    await sessions().end(jar, opened);
    return null;
  }
}

type SessionHandler = (request: Request, jar: CookieJar, requestId: string) => Promise<Response>;

/**
 * Wraps a route that begins or ends a session. The middleware skips most of these routes, so the wrapper adds the
 * security headers and handles an unavailable store. It ignores HEAD, which must change nothing (RFC 9110, 9.2.1).
 */
export function sessionRoute(handle: SessionHandler): (request: Request) => Promise<Response> {
  return async (request) => {
    const requestId = randomUUID();
    const head = async () => new Response(null, { headers: NO_STORE });
    let answering = request.method === "HEAD" ? head() : handle(request, jarOf(await cookies()), requestId);
    answering = answering.catch((error) => routeUnavailable(error, request, requestId)); // part: store
    const response = await answering;
    const security = { ...CONSTANT_HEADERS, ...httpsHeaders(getSettings().https) };
    for (const [name, value] of Object.entries(security)) response.headers.set(name, value);
    return response;
  };
}
