import { BoundedMap, sharedState } from "../shared-state.ts";
import { type CookieJar, sessionCookieKey } from "./session.ts";
import type { Session } from "./session-data.ts";

const MAX_REQUESTS = 1_000;

/** Who asks, by the request: what the middleware has found is not looked up again by the page that follows. */
const visitors = () =>
  sharedState("visitors", () => new BoundedMap<string, { session: Session | null }>(MAX_REQUESTS));

/** Remembers who makes a request. @param jar the request's cookies, with what was written into them since */
export function rememberVisitor(requestId: string, jar: CookieJar, session: Session | null): void {
  visitors().set(keyOf(requestId, jar), { session });
}

/** The session found for this request and these cookies; undefined where nobody has looked yet. */
export function visitorOf(requestId: string, jar: CookieJar): Session | null | undefined {
  return visitors().get(keyOf(requestId, jar))?.session;
}

/** Ids of requests are no secret, so one is good for nothing without the same cookies. */
function keyOf(requestId: string, jar: CookieJar): string {
  return `${requestId} ${sessionCookieKey(jar)}`;
}
