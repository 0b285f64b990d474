import { NO_STORE } from "../auth/http.ts";
import { httpsHeaders, ROUTE_HEADERS } from "../security-headers.ts";
import { getSettings } from "../settings.ts";

/** Headers of the browser that the API gets. Add those of your API. No cookie, no credentials, no `X-Forwarded-*`. */
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

/** Headers of the API that the browser gets. `Location` is translated. A `WWW-Authenticate` could open a password dialog. */
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
 * The API's answers have the app's origin, so they must not run there: no script, no frame, no guessed content type, and
 * a document of them has an origin of its own (`sandbox`). No cache keeps them.
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
  headers.set("accept-encoding", "identity"); // fetch would decompress, only for Next.js to compress it again
  return headers;
}

/** What fetch has decompressed is no longer encoded, nor of that length. */
export function responseHeaders(given: Headers): Headers {
  const headers = only(RESPONSE_HEADERS, given);
  if (given.has("content-encoding")) headers.delete("content-length");
  for (const [name, value] of Object.entries(safetyHeaders())) headers.set(name, value);
  return headers;
}

/** Without what `Connection` names, which is for the next hop only (RFC 9110, 7.6.1). */
function only(names: readonly string[], given: Headers): Headers {
  const forOneHop = (given.get("connection") ?? "").toLowerCase().split(/[\s,]+/);
  const kept = names.filter((name) => !forOneHop.includes(name));
  return new Headers(
    kept.flatMap(
      (name) => [[name, given.get(name) ?? ""]].filter(([, value]) => value) as [string, string][],
    ),
  );
}
