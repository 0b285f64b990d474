import { randomUUID } from "node:crypto";
import { type NextRequest, NextResponse } from "next/server";
import { refuseAnonymous, withoutPage } from "@/lib/auth/access/anonymous-visits";
import { currentSession, type RequestContext } from "@/lib/auth/guard";
import {
  ANSWER_STATUS_HEADER,
  isBrokenForm, // part: whole-app
  PATHNAME_HEADER,
  REQUEST_ID_HEADER,
  SEARCH_HEADER,
} from "@/lib/auth/http";
import { providerOrigins } from "@/lib/auth/provider"; // part: whole-app
import { isRouteHandler } from "@/lib/auth/routes"; // part: whole-app
import { type CookieJar, requestCookies } from "@/lib/auth/session-cookie";
import { answerUnavailable, RETRY_LATER } from "@/lib/auth/stored/unavailable"; // part: store
import { noticeEnd, withoutLogoutState } from "@/lib/auth/user/notice"; // part: demo
import { isRefused } from "@/lib/page-refusals"; // part: demo
import { securityHeaders } from "@/lib/security-headers"; // part: whole-app
import { getSettings } from "@/lib/settings"; // part: whole-app
import { surplusCookies } from "@/scripts/request-limits"; // part: whole-app

/**
 * Runs before pages and routes (see `config`): refreshes the session, redirects visitors who are not logged in, and sets
 * the security headers. Guarded pages also check for a session themselves.
 */
export async function middleware(request: NextRequest): Promise<Response> {
  const { method, headers, nextUrl } = request;
  const { pathname, search } = nextUrl;
  const context = { method, pathname, search, headers, requestId: randomUUID() };
  limitCookies(request); // part: whole-app
  const written = new NextResponse().cookies;
  const jar = requestCookies(request, { cookies: written });

  let answering = answer(request, context, jar);
  answering = answering.catch((error) => unavailable(error, request, context)); // part: store
  const answered = await answering;
  noticeEnd(jar, written); // part: demo
  if (written.getAll().length === 0) return answered;
  const response = answered instanceof NextResponse ? answered : new NextResponse(answered.body, answered);
  for (const cookie of written.getAll()) response.cookies.set(cookie);
  response.headers.set("cache-control", "private, no-store"); // replaces the value of a static page
  return response;
}

async function answer(request: NextRequest, context: RequestContext, jar: CookieJar): Promise<Response> {
  // part: whole-app
  // Next.js would answer OPTIONS for a page with 400, and a broken form with 500.
  if (/^(OPTIONS|POST)$/.test(request.method) && !isRouteHandler(context.pathname)) {
    const allow = "GET, HEAD, POST, OPTIONS";
    if (request.method === "OPTIONS")
      return withoutPage(new Response(null, { status: 204, headers: { allow } }));
    const isBroken = await isBrokenForm(request);
    if (isBroken) return withoutPage(new Response("The form cannot be read.\n", { status: 400 }));
  }
  // end part: whole-app
  const afterLogout = withoutLogoutState(request.nextUrl, jar); // part: demo
  if (afterLogout) return withoutPage(afterLogout); // part: demo
  const session = await currentSession(jar, context);
  const refusal = session ? null : refuseAnonymous(context);
  if (refusal) return withoutPage(refusal);
  let status = 200;
  if (session && (await isRefused(context, session))) status = 403; // part: demo
  return page(request, context, status);
}

// part: store
/** The answer if {@link answer} failed because sessions are unavailable. @throws any other error */
function unavailable(error: unknown, request: NextRequest, context: RequestContext): Response {
  const response = answerUnavailable(error, context);
  return response ? withoutPage(response) : page(request, context, 503);
}
// end part: store

/** Continues to the page or route. Passes the current cookies and the results of the middleware on to it. */
function page(
  request: NextRequest,
  { pathname, search, requestId }: RequestContext,
  status: number,
): NextResponse {
  const headers = new Headers(request.headers);
  headers.set(REQUEST_ID_HEADER, requestId);
  headers.set(PATHNAME_HEADER, pathname);
  headers.set(SEARCH_HEADER, search);
  headers.delete(ANSWER_STATUS_HEADER);
  if (status !== 200) headers.set(ANSWER_STATUS_HEADER, String(status));
  // part: whole-app
  const { https, developmentTools } = getSettings();
  const security = securityHeaders({ https, developmentTools, providerOrigins: providerOrigins() });
  headers.set("content-security-policy", security["content-security-policy"]); // Next.js reads its nonce there
  // end part: whole-app

  let response = NextResponse.next({ ...(status !== 200 && { status }), request: { headers } });
  // part: store
  if (status === 503) {
    // Not from nextUrl, which has localhost instead of 127.0.0.1: Next.js would treat that as another server.
    const page = new URL("/unavailable", request.url);
    response = NextResponse.rewrite(page, { status, headers: RETRY_LATER, request: { headers } });
  }
  // end part: store
  for (const [name, value] of Object.entries(security)) response.headers.set(name, value); // part: whole-app
  return response;
}

// part: whole-app
/** For hosts that do not run the app's own server. On a server, `limitRequest` has already removed these cookies. */
function limitCookies({ cookies }: NextRequest): void {
  const surplus = surplusCookies(cookies.getAll().map(({ name }) => name));
  if (surplus.length) cookies.delete(surplus);
}
// end part: whole-app

export const config = {
  runtime: "nodejs", // part: whole-app
  matcher: [
    // The middleware does not run for static files, health checks, and the routes of login, callback and logout, which
    // manage the session themselves (`sessionRoute`), ...
    // ... nor for the proxy, which refreshes the session itself: Next.js would read the whole request, ... // part: backend-proxy
    "/((?!_next/static/|favicon\\.ico$|icons?\\.svg$|apple-touch-icon\\.png$|social\\.png$|healthz$|readyz$|api/backend/|(?:auth/)?(?:login|signup|callback|logout)$).*)",
    // part: whole-app
    // ... unless a request has more than fifty cookies, which take Next.js a long time to copy.
    {
      source: "/auth/(login|signup|callback|logout)",
      has: [{ type: "header", key: "cookie", value: "(?:[^;]*;){50}.*" }],
    },
    {
      source: "/(login|signup|callback|logout)",
      has: [{ type: "header", key: "cookie", value: "(?:[^;]*;){50}.*" }],
    },
    // end part: whole-app
    // part: backend-proxy
    {
      source: "/api/backend/:path*",
      has: [{ type: "header", key: "cookie", value: "(?:[^;]*;){50}.*" }],
    },
    // end part: backend-proxy
  ],
};
