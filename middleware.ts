import { randomUUID } from "node:crypto";
import { type NextRequest, NextResponse } from "next/server";
import { refuseAnonymous, withoutPage } from "@/lib/anonymous-visits";
import { answerOptions, currentSession, type Visit } from "@/lib/auth/guard";
import { ANSWER_STATUS_HEADER, PATHNAME_HEADER, REQUEST_ID_HEADER, SEARCH_HEADER } from "@/lib/auth/http";
import { providerOrigins } from "@/lib/auth/provider";
import { type CookieJar, requestCookies } from "@/lib/auth/session-cookie";
import { answerUnavailable, RETRY_LATER } from "@/lib/auth/stored/unavailable"; // part: store
import { isRefused } from "@/lib/page-refusals"; // part: demo
import { surplusCookies } from "@/lib/request-limits";
import { newNonce, securityHeaders } from "@/lib/security-headers";
import { getSettings } from "@/lib/settings";

/**
 * Runs before pages and routes (see `config`): refreshes the session, redirects visitors who are not logged in, and sets
 * the security headers. Guarded pages check for a session themselves as well.
 */
export async function middleware(request: NextRequest): Promise<Response> {
  const { method, headers, nextUrl } = request;
  const { pathname, search } = nextUrl;
  const visit = { method, pathname, search, headers, requestId: randomUUID() };
  limitCookies(request);
  const written: Parameters<NextResponse["cookies"]["set"]>[] = [];
  const jar = requestCookies(request, { cookies: { set: (...cookie) => written.push(cookie) } });

  let answering = answer(request, visit, jar);
  answering = answering.catch((error) => unavailable(error, request, visit)); // part: store
  const answered = await answering;
  if (written.length === 0) return answered;
  const response = answered instanceof NextResponse ? answered : new NextResponse(answered.body, answered);
  for (const cookie of written) response.cookies.set(...cookie);
  response.headers.set("cache-control", "private, no-store"); // a static page has its own
  return response;
}

async function answer(request: NextRequest, visit: Visit, jar: CookieJar): Promise<Response> {
  const options = answerOptions(visit);
  if (options) return withoutPage(options);
  const session = await currentSession(jar, visit);
  const refusal = session ? null : refuseAnonymous(visit);
  if (refusal) return withoutPage(refusal);
  let status = 200;
  if (session && (await isRefused(visit, session))) status = 403; // part: demo
  return page(request, visit, status);
}

// part: store
/** What an error of {@link answer} leads to while sessions are unavailable. @throws any other error */
function unavailable(error: unknown, request: NextRequest, visit: Visit): Response {
  const response = answerUnavailable(error, visit);
  return response ? withoutPage(response) : page(request, visit, 503);
}
// end part: store

/** Goes on to the page or route. It sees the session's cookies as they are now, and what the middleware found out. */
function page(request: NextRequest, { pathname, search, requestId }: Visit, status: number): NextResponse {
  const { https, developmentTools } = getSettings();
  const policy = { https, developmentTools, nonce: newNonce(), providerOrigins: providerOrigins() };
  const security = securityHeaders(policy);
  const headers = new Headers(request.headers);
  headers.set(REQUEST_ID_HEADER, requestId);
  headers.set(PATHNAME_HEADER, pathname);
  headers.set(SEARCH_HEADER, search);
  headers.set("content-security-policy", security["content-security-policy"]); // Next.js reads its nonce there
  headers.delete(ANSWER_STATUS_HEADER);
  if (status !== 200) headers.set(ANSWER_STATUS_HEADER, String(status));

  let response = NextResponse.next({ ...(status !== 200 && { status }), request: { headers } });
  // part: store
  if (status === 503) {
    // By request.url: nextUrl has localhost for 127.0.0.1, which is another server to Next.js.
    const page = new URL("/unavailable", request.url);
    response = NextResponse.rewrite(page, { status, headers: RETRY_LATER, request: { headers } });
  }
  // end part: store
  for (const [name, value] of Object.entries(security)) response.headers.set(name, value);
  return response;
}

/** For hosts where `limitRequests` does not run: where the app has a server of its own, it has done this already. */
function limitCookies({ cookies }: NextRequest): void {
  const surplus = surplusCookies(cookies.getAll().map(({ name }) => name));
  if (surplus.length) cookies.delete(surplus);
}

export const config = {
  runtime: "nodejs",
  matcher: [
    // Not for static files, and not for the routes of a login, which have no session to refresh (`sessionRoute`) ...
    "/((?!_next/static/|icons?\\.svg$|(?:auth/)?(?:login|signup|callback|logout)$).*)",
    // ... unless a request has more than fifty cookies, which Next.js would take long to copy.
    {
      source: "/auth/(login|signup|callback|logout)",
      has: [{ type: "header", key: "cookie", value: "(?:[^;]*;){50}.*" }],
    },
    {
      source: "/(login|signup|callback|logout)",
      has: [{ type: "header", key: "cookie", value: "(?:[^;]*;){50}.*" }],
    },
  ],
};
