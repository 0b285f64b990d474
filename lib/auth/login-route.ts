import { randomUUID } from "node:crypto";
import { cookies } from "next/headers";
import { httpsHeaders } from "../security-headers.ts";
import { getSettings } from "../settings.ts";
import { type CookieJar, jarOf } from "./session.ts";

/** What a route of a login does with a request. @param requestId under which the log tells of it */
export type LoginStep = (request: Request, jar: CookieJar, requestId: string) => Promise<Response>;

/**
 * A route by which a login begins or comes back. The middleware leaves these out: there is no session to refresh and no
 * page to guard, and passing through it costs as much as the route itself. What is left to do is done here and in
 * `next.config.ts`, which has the headers that are always the same: an id for the log, whatever the visitor sent under
 * that name, and the header that depends on a setting.
 */
export function loginRoute(step: LoginStep): (request: Request) => Promise<Response> {
  return async (request) => {
    const response = await step(request, jarOf(await cookies()), randomUUID());
    for (const [name, value] of Object.entries(httpsHeaders(getSettings().https))) {
      response.headers.set(name, value);
    }
    return response;
  };
}
