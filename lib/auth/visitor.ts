import { BoundedMap, sharedState } from "../shared-state.ts";
import { requestIdOf } from "./http.ts";
import type { Session } from "./session.ts";

/** Those between the middleware and their page, and those that have no page: of each, session and cookies are kept. */
const MAX_REQUESTS = 200;

interface Found {
  readonly session: Session | null;
  /** Ids of requests are no secret, so one is good for nothing without the same cookies. */
  readonly cookies: string | null;
}

/** Who asks, by the request: what the middleware has found is not looked up again by the page that follows. */
const visitors = () => sharedState("visitors", () => new BoundedMap<string, Found>(MAX_REQUESTS));

/** Remembers who makes a request. @param headers as the page will see them, with what was written into cookies since */
export function rememberVisitor(requestId: string, headers: Headers, session: Session | null): void {
  visitors().set(requestId, { session, cookies: headers.get("cookie") });
}

/**
 * The session found for the request with these headers, told once: it may be big, and has no use after its page.
 *
 * @returns undefined where nobody has looked yet, or it was told already
 */
export function visitorOf(headers: Headers): Session | null | undefined {
  const requestId = requestIdOf({ headers });
  const found = visitors().get(requestId);
  if (!found || found.cookies !== headers.get("cookie")) return undefined;
  visitors().delete(requestId);
  return found.session;
}
