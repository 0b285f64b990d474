import { randomUUID } from "node:crypto";
import { type NextRequest, NextResponse } from "next/server";
import { refuseAnonymous, withoutPage } from "@/lib/auth/access/anonymous-visits";
import { currentSession, type RequestContext } from "@/lib/auth/guard";
import {
  ANSWER_STATUS_HEADER,
  brokenFormStatus, // part: whole-app
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
 * Runs before pages and routes (see `config`): refreshes the session, redirects visitors without a session, and sets
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
  response.headers.set("cache-control", "private, no-store"); // replaces the value that Next.js sets for a static page
  return response;
}

async function answer(request: NextRequest, context: RequestContext, jar: CookieJar): Promise<Response> {
  // part: whole-app
  // Without this block, Next.js would answer OPTIONS for a page with 400, and a broken form with 500.
  if (/^(OPTIONS|POST)$/.test(request.method) && !isRouteHandler(context.pathname)) {
    const allow = "GET, HEAD, POST, OPTIONS";
    if (request.method === "OPTIONS")
      return withoutPage(new Response(null, { status: 204, headers: { allow } }));
    const status = await brokenFormStatus(request);
    if (status)
      return withoutPage(
        new Response("The form is too long, does not state its length, or cannot be read.\n", { status }),
      );
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
/** Turns an error of {@link answer} into a 503 if the session store is unavailable. @throws any other error */
function unavailable(error: unknown, request: NextRequest, context: RequestContext): Response {
  const response = answerUnavailable(error, context);
  return response ? withoutPage(response) : page(request, context, 503);
}
// end part: store

/** Lets Next.js render the page or run the route, with the current cookies and the headers of the middleware. */
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
  headers.set("content-security-policy", security["content-security-policy"]); // Next.js reads the nonce for its scripts from this header
  // end part: whole-app

  let response = NextResponse.next({ ...(status !== 200 && { status }), request: { headers } });
  // part: store
  if (status === 503) {
    // Not from `nextUrl`, which replaces 127.0.0.1 with localhost: Next.js would treat this host as another server.
    const page = new URL("/unavailable", request.url);
    response = NextResponse.rewrite(page, { status, headers: RETRY_LATER, request: { headers } });
  }
  // end part: store
  for (const [name, value] of Object.entries(security)) response.headers.set(name, value); // part: whole-app
  return response;
}

// part: whole-app
/** Removes surplus cookies on hosts such as Vercel. Elsewhere, `limitRequest` has already removed them. */
function limitCookies({ cookies }: NextRequest): void {
  const surplus = surplusCookies(cookies.getAll().map(({ name }) => name));
  if (surplus.length) cookies.delete(surplus);
}
// end part: whole-app

export const config = {
  runtime: "nodejs", // part: whole-app
  matcher: [
    // The middleware does not run for build output, icons and health checks. It does not run for the routes of login,
    // callback and logout either, because they manage the session themselves (`sessionRoute`).
    // It skips the backend proxy, which refreshes sessions itself. Otherwise Next.js would buffer each proxied request. // part: backend-proxy
    "/((?!_next/static/|favicon\\.ico$|icons?\\.svg$|apple-touch-icon\\.png$|social\\.png$|healthz$|readyz$|api/backend/|(?:auth/)?(?:login|signup|callback|logout)$).*)",
    // part: whole-app
    // The middleware does run for these routes if the request has more than fifty cookies. It removes the surplus,
    // because Next.js needs a long time to copy many cookies.
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
