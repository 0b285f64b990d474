import { randomUUID } from "node:crypto";
import { type NextRequest, NextResponse } from "next/server";
import { answerOptions, currentSession, refuseAnonymous } from "@/lib/auth/guard";
import { ANSWER_STATUS_HEADER, PATHNAME_HEADER, REQUEST_ID_HEADER, SEARCH_HEADER } from "@/lib/auth/http";
import { providerOrigins } from "@/lib/auth/provider/origins";
import { requestCookies } from "@/lib/auth/session-cookie";
import { answerStoreAway, COME_BACK } from "@/lib/auth/store-unavailable";
import { isRefused } from "@/lib/page-refusals";
import { surplusCookies } from "@/lib/request-limits";
import { newNonce, securityHeaders } from "@/lib/security-headers";
import { getSettings } from "@/lib/settings";

/** Runs before pages and routes, see `config`: refreshes the session, turns anonymous visitors away, sets the headers. */
export async function middleware(request: NextRequest): Promise<NextResponse> {
  const { pathname, search } = request.nextUrl;
  const requestId = randomUUID();
  const security = securityHeaders({
    ...getSettings(),
    nonce: newNonce(),
    providerOrigins: providerOrigins(),
  });
  limitCookies(request);
  const written: Parameters<NextResponse["cookies"]["set"]>[] = [];
  const jar = requestCookies(request, { cookies: { set: (...cookie) => written.push(cookie) } });

  const visit = { method: request.method, pathname, search, headers: request.headers, requestId };
  const options = answerOptions(visit);
  const found = options
    ? { session: null, refusal: options, isStoreAway: false }
    : await currentSession(jar, visit).then(
        (session) => ({ session, refusal: session ? null : refuseAnonymous(visit), isStoreAway: false }),
        (error) => ({ session: null, refusal: answerStoreAway(error, visit), isStoreAway: true }),
      );
  const { session, refusal, isStoreAway } = found;

  const headers = new Headers(request.headers); // with the session's cookies as they are now
  headers.set(REQUEST_ID_HEADER, requestId);
  headers.set(PATHNAME_HEADER, pathname);
  headers.set(SEARCH_HEADER, search);
  headers.delete(ANSWER_STATUS_HEADER);
  headers.set("content-security-policy", security["content-security-policy"]); // Next reads its nonce there

  let response: NextResponse;
  if (refusal) {
    response = new NextResponse(refusal.body, refusal);
  } else if (isStoreAway) {
    headers.set(ANSWER_STATUS_HEADER, "503");
    const page = new URL("/unavailable", request.url); // nextUrl has localhost for 127.0.0.1: to Next another server
    response = NextResponse.rewrite(page, { status: 503, headers: COME_BACK, request: { headers } });
  } else if (
    session &&
    /^(GET|HEAD)$/.test(request.method) &&
    (await isRefused(pathname, session, requestId))
  ) {
    // Not for POST: a server action sets its own status.
    headers.set(ANSWER_STATUS_HEADER, "403");
    response = NextResponse.next({ status: 403, request: { headers } });
  } else {
    response = NextResponse.next({ request: { headers } });
  }
  for (const cookie of written) response.cookies.set(...cookie);
  if (written.length) response.headers.set("cache-control", "private, no-store"); // a static page has its own
  for (const [name, value] of Object.entries(security)) response.headers.set(name, value);
  return response;
}

/** `limitRequests` has done this already where the app runs on a server of its own; other hosts do without that. */
function limitCookies({ cookies }: NextRequest): void {
  const surplus = surplusCookies(cookies.getAll().map(({ name }) => name));
  if (surplus.length) cookies.delete(surplus);
}

export const config = {
  runtime: "nodejs",
  matcher: [
    // Left out: what does not change, and the routes of a login, which see to themselves (`loginRoute`) ...
    "/((?!_next/static/|icons?\\.svg$|auth/(?:login|signup|callback)$).*)",
    // ... but not where a request brings more than fifty cookies, which Next.js would take long to copy.
    {
      source: "/auth/(login|signup|callback)",
      has: [{ type: "header", key: "cookie", value: "(?:[^;]*;){50}.*" }],
    },
  ],
};
