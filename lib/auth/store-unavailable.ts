import { log } from "../log.ts";
import { isStoreError } from "../store/store.ts";
import type { Visit } from "./guard.ts";
import { isScriptRequest, json, NO_STORE, requestIdOf } from "./http.ts";

/** What programs ask for, and read as JSON. */
const FOR_PROGRAMS = /^\/(api(\/|$)|auth\/(me|backchannel-logout)$)/;

/** Seconds after which it is worth asking again. */
const RETRY_AFTER = "5";

/** Says that the answer is for later (RFC 9110, 15.6.4), and that nobody is to keep it. */
export const COME_BACK = { ...NO_STORE, "retry-after": RETRY_AFTER } as const;

/** Has the log tell that the session store is away. @throws whatever else was thrown */
export function noteStoreAway(error: unknown, where: { requestId: string; step: string }): void {
  if (!isStoreError(error)) throw error;
  log.error({ ...where, reason: error.message }, "the session store is away");
}

/**
 * Notes that the session store is away: it is not known who asks, and nobody is logged out by that.
 *
 * @returns the answer to a program or a script; null where a page is to say so
 * @throws whatever else was thrown
 */
export function answerStoreAway(error: unknown, visit: Visit): Response | null {
  noteStoreAway(error, { requestId: visit.requestId, step: "session" });
  if (FOR_PROGRAMS.test(visit.pathname)) {
    const response = json({ error: "Sessions are unavailable" }, 503);
    response.headers.set("retry-after", RETRY_AFTER);
    return response;
  }
  return isScriptRequest(visit.headers) ? new Response(null, { status: 503, headers: COME_BACK }) : null;
}

/** Says the same in plain words, where no page can be drawn. */
export function sayStoreAway(): Response {
  const text =
    "Sessions cannot be reached just now, and nothing was changed. Go back and try again in a moment.\n";
  return new Response(text, { status: 503, headers: COME_BACK });
}

/**
 * Answers a request, and where the store goes away in its midst says so: the middleware asked it a moment before, so
 * this is rare.
 */
export async function withStore(request: Request, answer: () => Promise<Response>): Promise<Response> {
  try {
    return await answer();
  } catch (error) {
    const { pathname, search } = new URL(request.url);
    const { method, headers } = request;
    const visit = { method, pathname, search, headers, requestId: requestIdOf(request) };
    return answerStoreAway(error, visit) ?? sayStoreAway();
  }
}
