import { randomUUID } from "node:crypto";
import { type NextRequest, NextResponse } from "next/server";
import {
  answerOptions, // part: whole-app
  currentSession,
  refuseAnonymous,
  type Visit,
} from "@/lib/auth/guard";
import { ANSWER_STATUS_HEADER, PATHNAME_HEADER, REQUEST_ID_HEADER, SEARCH_HEADER } from "@/lib/auth/http";
import { providerOrigins } from "@/lib/auth/provider"; // part: whole-app
import { type CookieJar, requestCookies } from "@/lib/auth/session-cookie";
import { answerUnavailable, RETRY_LATER } from "@/lib/auth/stored/unavailable"; // part: store
import { isRefused } from "@/lib/page-refusals"; // part: demo
import { surplusCookies } from "@/lib/request-limits"; // part: whole-app
import {
  httpsHeaders,
  newNonce, // part: whole-app
  ROUTE_HEADERS,
  securityHeaders, // part: whole-app
} from "@/lib/security-headers";
import { getSettings } from "@/lib/settings";

/**
 * Runs before pages and routes (see `config`): refreshes the session, redirects visitors who are not logged in, and sets
 * the security headers. Guarded pages check for a session themselves as well.
 */
export async function middleware(request: NextRequest): Promise<Response> {
  const { method, headers, nextUrl } = request;
  const { pathname, search } = nextUrl;
  const visit = { method, pathname, search, headers, requestId: randomUUID() };
  limitCookies(request); // part: whole-app
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
  const options = answerOptions(visit); // part: whole-app
  if (options) return withoutPage(options); // part: whole-app
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

/** An answer that shows no page, so it needs no nonce. */
function withoutPage(response: Response): Response {
  const security = { ...ROUTE_HEADERS, ...httpsHeaders(getSettings().https) };
  for (const [name, value] of Object.entries(security)) response.headers.set(name, value);
  return response;
}

/** Goes on to the page or route. It sees the session's cookies as they are now, and what the middleware found out. */
function page(request: NextRequest, { pathname, search, requestId }: Visit, status: number): NextResponse {
  const headers = new Headers(request.headers);
  headers.set(REQUEST_ID_HEADER, requestId);
  headers.set(PATHNAME_HEADER, pathname);
  headers.set(SEARCH_HEADER, search);
  headers.delete(ANSWER_STATUS_HEADER);
  if (status !== 200) headers.set(ANSWER_STATUS_HEADER, String(status));
  // part: whole-app
  const { https, developmentTools } = getSettings();
  const policy = { https, developmentTools, nonce: newNonce(), providerOrigins: providerOrigins() };
  const security = securityHeaders(policy);
  headers.set("content-security-policy", security["content-security-policy"]); // Next.js reads its nonce there
  // end part: whole-app

  let response = NextResponse.next({ ...(status !== 200 && { status }), request: { headers } });
  // part: store
  if (status === 503) {
    // By request.url: nextUrl has localhost for 127.0.0.1, which is another server to Next.js.
    const page = new URL("/unavailable", request.url);
    response = NextResponse.rewrite(page, { status, headers: RETRY_LATER, request: { headers } });
  }
  // end part: store
  for (const [name, value] of Object.entries(security)) response.headers.set(name, value); // part: whole-app
  return response;
}

// part: whole-app
/** For hosts where `limitRequests` does not run: where the app has a server of its own, it has done this already. */
function limitCookies({ cookies }: NextRequest): void {
  const surplus = surplusCookies(cookies.getAll().map(({ name }) => name));
  if (surplus.length) cookies.delete(surplus);
}
// end part: whole-app

export const config = {
  runtime: "nodejs", // part: whole-app
  matcher: [
    // Not for static files, and not for the routes of a login, which have no session to refresh (`sessionRoute`).
    "/((?!_next/static/|favicon\\.ico$|icons?\\.svg$|(?:auth/)?(?:login|signup|callback|logout)$).*)",
    // part: whole-app
    // These routes as well if a request has more than fifty cookies, which Next.js would take long to copy.
    {
      source: "/auth/(login|signup|callback|logout)",
      has: [{ type: "header", key: "cookie", value: "(?:[^;]*;){50}.*" }],
    },
    {
      source: "/(login|signup|callback|logout)",
      has: [{ type: "header", key: "cookie", value: "(?:[^;]*;){50}.*" }],
    },
    // end part: whole-app
  ],
};
