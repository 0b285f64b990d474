import { randomUUID } from "node:crypto";
import { cookies } from "next/headers";
import { refuseAnonymous } from "../auth/access/anonymous-visits.ts";
import { callApi } from "../auth/call-api.ts";
import { currentSession } from "../auth/guard.ts";
import { json } from "../auth/http.ts";
import { isFromThisOrigin } from "../auth/logout.ts";
import { hasExpiredAccessToken, needsRefresh, type Session } from "../auth/session.ts";
import { jarOf } from "../auth/session-cookie.ts";
import { routeUnavailable } from "../auth/stored/unavailable.ts"; // part: store
import { log, quote, quoteCause } from "../log.ts";
import { getSettings } from "../settings.ts";
import { requestHeaders, responseHeaders, safetyHeaders } from "./headers.ts";
import { relay, TooLongError, Watchdog } from "./relay.ts";
import { locationFor, targetOf } from "./target.ts";

/** The maximum lengths of bodies, in bytes. The limits save traffic, not memory, because most bodies are streamed. */
const MAX_REQUEST = 10_000_000;
const MAX_ANSWER = 100_000_000;
/** Matches an allowed `Sec-Fetch-Dest`. Pages must not load scripts, styles, workers, frames or fonts from the API. */
const DESTINATIONS = /^(empty|document|image|audio|video)$/;
const REDIRECTS = [301, 302, 303, 307, 308];

/**
 * Handles `/api/backend/…`: calls the API at BACKEND_PROXY_URL with the visitor's access token. Refreshes the session
 * itself, because the middleware usually skips this route. Otherwise, Next.js would buffer each request body.
 */
export async function proxyToBackend(request: Request): Promise<Response> {
  const requestId = randomUUID();
  let answering = answer(request, requestId);
  answering = answering.catch((error) => routeUnavailable(error, request, requestId)); // part: store
  const response = await answering;
  for (const [name, value] of Object.entries(safetyHeaders())) response.headers.set(name, value);
  return response;
}

async function answer(request: Request, requestId: string): Promise<Response> {
  const { method, headers, url } = request;
  const { pathname, search } = new URL(url);
  const destination = headers.get("sec-fetch-dest") ?? "empty";
  if (!isFromThisOrigin(headers) || !DESTINATIONS.test(destination)) {
    log.warn(
      { requestId, step: "backend" },
      "rejected a request from another origin, or with a Sec-Fetch-Dest that is not allowed",
    );
    return json({ error: "This API can only be called from pages of this app" }, 403);
  }
  const context = { method, pathname, search, headers, requestId };
  const session = await currentSession(jarOf(await cookies()), context);
  if (!session) return refuseAnonymous(context) ?? json({ error: "Authentication required" }, 401);
  const { url: baseUrl, methods } = getSettings().backendProxy;
  if (baseUrl === null) return json({ error: "BACKEND_PROXY_URL is not set" }, 404);
  if (!isAllowed(method, methods)) return json({ error: "This method is not allowed" }, 405);
  const target = targetOf(url, baseUrl);
  if (!target) return json({ error: "This path is not allowed" }, 400);
  if (Number(headers.get("content-length")) > MAX_REQUEST) return tooLong();
  if (hasExpiredAccessToken(session) && needsRefresh(session)) {
    return json({ error: "The provider cannot be reached" }, 503);
  }
  return call(request, session, target, { baseUrl, requestId });
}

function isAllowed(method: string, methods: readonly string[]): boolean {
  return methods.includes(method === "HEAD" ? "GET" : method);
}

type Call = { readonly baseUrl: string; readonly requestId: string };

async function call(
  request: Request,
  session: Session,
  target: URL,
  { baseUrl, requestId }: Call,
): Promise<Response> {
  const watchdog = new Watchdog();
  const context = { requestId, step: "backend", url: `${target.origin}${target.pathname}` };
  try {
    let body: ReadableStream | ArrayBuffer | null = bodyOf(request, watchdog);
    // Buffer the body: the request is repeated if the API wants a nonce in the DPoP proof (RFC 9449, 9). // part: fapi
    if (body && session.dpopKey) body = await new Response(body).arrayBuffer(); // part: fapi
    const response = await callApi(target.href, session, {
      method: request.method,
      headers: requestHeaders(request.headers),
      body,
      signal: AbortSignal.any([request.signal, watchdog.signal]),
    });
    watchdog.expectMore("api");
    const headers = responseHeaders(response.headers);
    const location = response.headers.get("location");
    const translated = location && locationFor(location, target, baseUrl);
    if (translated) headers.set("location", translated);
    else if (REDIRECTS.includes(response.status)) {
      watchdog.abort(new Error("redirect"));
      log.warn(
        { ...context, status: response.status },
        "the API's redirect does not lead to a URL below BACKEND_PROXY_URL",
      );
      return json({ error: "The API redirects elsewhere" }, 502);
    }
    return new Response(passedOn(response, watchdog), { status: response.status, headers });
  } catch (error) {
    watchdog.stop();
    if (request.signal.aborted) return new Response(null, { status: 499 }); // the visitor has left, so nobody gets this
    return failed(error, watchdog, context);
  }
}

/** Returns the request body as a stream that the watchdog observes. Null if there is no body, or for GET and HEAD. */
function bodyOf({ method, headers, body }: Request, watchdog: Watchdog): ReadableStream | null {
  const hasBody = headers.has("transfer-encoding") || Number(headers.get("content-length")) > 0;
  if (!body || !hasBody || /^(GET|HEAD)$/.test(method)) {
    watchdog.expectFirstByte();
    return null;
  }
  watchdog.expectMore("browser");
  return relay(body, {
    maxBytes: MAX_REQUEST,
    onChunk: () => watchdog.expectMore("browser"),
    onEnd: () => watchdog.expectFirstByte(),
    onTooLong: (error) => watchdog.abort(error),
  });
}

function passedOn({ status, body }: Response, watchdog: Watchdog): ReadableStream | null {
  if (!body || [204, 205, 304].includes(status)) {
    watchdog.stop();
    return null;
  }
  return relay(body, {
    maxBytes: MAX_ANSWER,
    onChunk: () => watchdog.expectMore("api"),
    onEnd: () => watchdog.stop(),
    onTooLong: (error) => watchdog.abort(error),
  });
}

function failed(error: unknown, { signal, waitsFor }: Watchdog, context: object): Response {
  if (signal.reason instanceof TooLongError) return tooLong();
  const isTimeout = signal.aborted;
  if (isTimeout && waitsFor === "browser") return json({ error: "The request takes too long" }, 408);
  log.warn({ ...context, reason: isTimeout ? "timeout" : "unreachable", ...quoteCause(error) }, quote(error));
  if (isTimeout) return json({ error: "The API takes too long" }, 504);
  return json({ error: "The API cannot be reached" }, 502);
}

function tooLong(): Response {
  return json({ error: `The request body must not exceed ${MAX_REQUEST} bytes` }, 413);
}
