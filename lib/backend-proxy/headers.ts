import { NO_STORE } from "../auth/http.ts";
import { httpsHeaders, ROUTE_HEADERS } from "../security-headers.ts";
import { getSettings } from "../settings.ts";

/** Request headers that the API gets. Add those that your API needs, but no cookies, credentials or `X-Forwarded-*`. */
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

/** The API's headers that the browser gets. `WWW-Authenticate` is missing, because it could open a password dialog. */
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
 * Headers that make the API's responses safe, although these have the app's origin: scripts and frames do not run, and
 * browsers do not guess the content type. `sandbox` gives a document its own origin. No cache may store a response.
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

/** Makes the response headers for the browser. Omits the length of a compressed body, which fetch has decompressed. */
export function responseHeaders(given: Headers): Headers {
  const headers = only(RESPONSE_HEADERS, given);
  if (given.has("content-encoding")) headers.delete("content-length");
  for (const [name, value] of Object.entries(safetyHeaders())) headers.set(name, value);
  return headers;
}

/** Keeps only headers with these names, except those that `Connection` lists as hop-by-hop (RFC 9110, 7.6.1). */
function only(names: readonly string[], given: Headers): Headers {
  const forOneHop = (given.get("connection") ?? "").toLowerCase().split(/[\s,]+/);
  const kept = names.filter((name) => !forOneHop.includes(name));
  return new Headers(
    kept.flatMap(
      (name) => [[name, given.get(name) ?? ""]].filter(([, value]) => value) as [string, string][],
    ),
  );
}
