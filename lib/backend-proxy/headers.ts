import { NO_STORE } from "../auth/http.ts";
import { httpsHeaders, ROUTE_HEADERS } from "../security-headers.ts";
import { getSettings } from "../settings.ts";

/** Request headers for the API. Add headers that your API needs, but no cookie, credentials or `X-Forwarded-*`. */
const REQUEST_HEADERS = [
  "accept",
  "accept-language",
  "content-language",
  "content-length",
  "content-type",
  "idempotency-key",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "last-event-id",
  "prefer",
  "range",
];

/** Response headers for the browser. `WWW-Authenticate` is not included, because it could open a password dialog. */
const RESPONSE_HEADERS = [
  "accept-ranges",
  "allow",
  "content-disposition",
  "content-language",
  "content-length",
  "content-range",
  "content-type",
  "etag",
  "last-modified",
  "link",
  "preference-applied",
  "retry-after",
];

/**
 * The API's responses have the app's origin, so nothing in them may run: no script, no frame, no guessed content type.
 * `sandbox` gives a document an origin of its own. No cache may store the responses.
 */
export function safetyHeaders(): Record<string, string> {
  return {
    ...ROUTE_HEADERS,
    ...NO_STORE,
    ...httpsHeaders(getSettings().https),
    "content-security-policy": `${ROUTE_HEADERS["content-security-policy"]}; sandbox`,
    "cross-origin-resource-policy": "same-origin",
  };
}

export function requestHeaders(given: Headers): Headers {
  const headers = only(REQUEST_HEADERS, given);
  headers.set("accept-encoding", "identity"); // otherwise fetch decompresses the response, and Next.js compresses it
  return headers;
}

/** Headers for the browser. If fetch has decompressed the body, the encoding and the length are omitted. */
export function responseHeaders(given: Headers): Headers {
  const headers = only(RESPONSE_HEADERS, given);
  if (given.has("content-encoding")) headers.delete("content-length");
  for (const [name, value] of Object.entries(safetyHeaders())) headers.set(name, value);
  return headers;
}

/** Keeps only headers with these names. Removes headers that `Connection` lists as hop-by-hop (RFC 9110, 7.6.1). */
function only(names: readonly string[], given: Headers): Headers {
  const forOneHop = (given.get("connection") ?? "").toLowerCase().split(/[\s,]+/);
  const kept = names.filter((name) => !forOneHop.includes(name));
  return new Headers(
    kept.flatMap(
      (name) => [[name, given.get(name) ?? ""]].filter(([, value]) => value) as [string, string][],
    ),
  );
}
