import { randomUUID } from "node:crypto";
import { cookies } from "next/headers";
import { newSecurityHeaders } from "./answer-headers.ts";
import { type CookieJar, jarOf } from "./session.ts";

/** What a route of a login does with a request. @param requestId under which the log tells of it */
export type LoginStep = (request: Request, jar: CookieJar, requestId: string) => Promise<Response>;

/**
 * A route by which a login begins or comes back. The middleware leaves these out: there is no session to refresh and no
 * page to guard, and passing through it costs as much as the route itself. What is left for them to do is done here: an
 * id for the log, whatever the visitor sent under that name, and the security headers.
 */
export function loginRoute(step: LoginStep): (request: Request) => Promise<Response> {
  return async (request) => {
    const response = await step(request, jarOf(await cookies()), randomUUID());
    for (const [name, value] of Object.entries(newSecurityHeaders())) response.headers.set(name, value);
    return response;
  };
}
