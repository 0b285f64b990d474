import { randomUUID } from "node:crypto";
import { cookies } from "next/headers";
import { httpsHeaders } from "../security-headers.ts";
import { getSettings } from "../settings.ts";
import { NO_STORE, readForm, redirectTo } from "./http.ts";
import { type CookieJar, jarOf } from "./session-cookie.ts";

const MAX_FORM_LENGTH = 8_000; // characters

/** What a route of a login does with a request. @param requestId under which the log tells of it */
export type LoginStep = (request: Request, jar: CookieJar, requestId: string) => Promise<Response>;

/**
 * A route by which a login begins or comes back. The middleware leaves these out: there is no session to refresh and no
 * page to guard, and passing through it costs as much as the route itself. What is left to do is done here and in
 * `next.config.ts`, which has the headers that are always the same: an id for the log, whatever the visitor sent under
 * that name, and the header that depends on a setting.
 *
 * HEAD does nothing (RFC 9110, 9.2.1): a link checker must neither use up a code nor begin a login.
 */
export function loginRoute(step: LoginStep): (request: Request) => Promise<Response> {
  return async (request) => {
    const response =
      request.method === "HEAD"
        ? new Response(null, { headers: NO_STORE })
        : await step(request, jarOf(await cookies()), randomUUID());
    for (const [name, value] of Object.entries(httpsHeaders(getSettings().https))) {
      response.headers.set(name, value);
    }
    return response;
  };
}

/**
 * Answers the provider's form posts: its answer to a login (OAuth 2.0 Form Post Response Mode), and a login that it
 * begins (OpenID Connect Core 4). Such a post is cross-site, so our `SameSite=Lax` cookies are missing: the browser is
 * redirected to the same URL by GET, which includes them. A form too long for a URL is treated as empty.
 */
export async function redirectFormPost(request: Request): Promise<Response> {
  const { pathname, searchParams: query } = new URL(request.url);
  const text = await readForm(request, MAX_FORM_LENGTH);
  // A provider never posts multipart (Form Post Response Mode, 2): that is what a visitor typed, which no URL may hold.
  const isTyped = /^multipart\//i.test(request.headers.get("content-type") ?? "");
  const form = new URLSearchParams(isTyped ? "" : text);
  return redirectTo(`${pathname}?${new URLSearchParams([...query, ...form])}`, 303);
}
