import type { AccessToken } from "./provider/index.ts";
import { fetchWithProof } from "./provider/index.ts"; // part: fapi

/** A request to an API; by default a GET for JSON. */
export interface ApiRequest {
  readonly method?: string;
  readonly headers?: HeadersInit; // with a session, `authorization` and `dpop` are ignored
  /** With DPoP, this must not be a stream, because the request may be repeated (RFC 9449, 9). */ // part: fapi
  readonly body?: string | URLSearchParams | ArrayBuffer | Uint8Array<ArrayBuffer> | ReadableStream | null;
  readonly timeout?: number; // in ms, until the whole response has arrived. Default: 5,000
  readonly signal?: AbortSignal; // replaces the timeout
}

/** Calls an API with an access token (RFC 6750; RFC 9449, 7). Does not follow redirects. @throws if fetch throws */
export async function callApi(
  url: string,
  session: AccessToken | null,
  { method = "GET", headers: given, body = null, timeout = 5_000, signal }: ApiRequest = {},
): Promise<Response> {
  const headers = new Headers(given);
  if (!headers.has("accept")) headers.set("accept", "application/json");
  const call = { method: method.toUpperCase(), headers, body };
  const rules = {
    redirect: "manual",
    cache: "no-store",
    duplex: "half", // fetch requires this for a stream
    signal: signal ?? AbortSignal.timeout(timeout),
  } as const;
  if (!session) return fetch(url, { ...call, ...rules });
  for (const name of ["authorization", "dpop"]) headers.delete(name);
  if (session.dpopKey) return fetchWithProof(url, session, call, rules); // part: fapi
  headers.set("authorization", `Bearer ${session.accessToken}`);
  return fetch(url, { ...call, ...rules });
}
