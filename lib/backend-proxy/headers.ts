import { NO_STORE } from "../auth/http.ts";
import { httpsHeaders, ROUTE_HEADERS } from "../security-headers.ts";
import { getSettings } from "../settings.ts";

/** Request headers that are passed to the API. Add those of your API, but no cookie, credentials or `X-Forwarded-*`. */
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

/** Response headers passed to the browser. `Location` is converted; `WWW-Authenticate` could open a password dialog. */
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
 * The API's answers have the app's origin, so nothing in them may run there: no script, no frame, no guessed content
 * type. A document gets an origin of its own (`sandbox`). No cache may keep the answers.
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
  headers.set("accept-encoding", "identity"); // fetch would decompress the answer, and Next.js compress it again
  return headers;
}

/** Headers for the browser, without the encoding and the length of a body that fetch has decompressed. */
export function responseHeaders(given: Headers): Headers {
  const headers = only(RESPONSE_HEADERS, given);
  if (given.has("content-encoding")) headers.delete("content-length");
  for (const [name, value] of Object.entries(safetyHeaders())) headers.set(name, value);
  return headers;
}

/** Only the headers with these names. Headers listed in `Connection` are for one hop and not kept (RFC 9110, 7.6.1). */
function only(names: readonly string[], given: Headers): Headers {
  const forOneHop = (given.get("connection") ?? "").toLowerCase().split(/[\s,]+/);
  const kept = names.filter((name) => !forOneHop.includes(name));
  return new Headers(
    kept.flatMap(
      (name) => [[name, given.get(name) ?? ""]].filter(([, value]) => value) as [string, string][],
    ),
  );
}
