import { boundBody, isObject, MAX_ANSWER } from "../../../lib/auth/provider/index.ts";
import type { Hide, Tell } from "../report/foreign-text.ts";

/** The members of a JSON object; none if the text is anything else. */
export function membersIn(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

/** The recorded requests of this process, and functions that send and find requests. */
export type Wire = ReturnType<typeof recordRequests>;

/** A request that this process has sent, and the response. */
export interface Exchange {
  readonly url: URL;
  readonly request: { readonly headers: Headers; readonly body: string };
  readonly response: Response;
  readonly status: number;
  /** The target of a redirect; null for any other response. */
  readonly redirect: URL | null;
  /** The body of the response, without secrets. */
  readonly body: string;
  /** The members of the original body if it is a JSON object. */
  readonly members: Readonly<Record<string, unknown>>;
  /** The status of the response and the target of a redirect, for people. */
  readonly outcome: string;
  /** The time halfway between the request and the beginning of the response, in milliseconds since 1970. */
  readonly time: number;
}

/**
 * Replaces `fetch` in this process and records all requests that get a response, so that the checks see what the app's
 * code really sends. Aborts all requests that are still running at the deadline.
 * @returns `exchanges`: the requests so far; `send`: sends a request, and follows no redirect; `all` and `last`: find
 * the requests to a URL, with any query; `close`: restores `fetch`
 */
export function recordRequests(deadline: AbortSignal, { hide, tell }: { hide: Hide; tell: Tell }) {
  const exchanges: Exchange[] = [];
  const original = globalThis.fetch;
  const record = async (input: Parameters<typeof fetch>[0], init: RequestInit = {}): Promise<Exchange> => {
    const url = new URL(input instanceof Request ? input.url : input);
    const signal = AbortSignal.any([deadline, ...(init.signal ? [init.signal] : [])]);
    const sentAt = Date.now();
    const response = await original(input, { ...init, signal });
    const time = (sentAt + Date.now()) / 2;
    const { status } = response;
    const text = await (await boundBody(response, MAX_ANSWER)).text();
    const location = status >= 300 && status < 400 ? response.headers.get("location") : null;
    const redirect = location ? URL.parse(location, url) : null;
    const exchange = {
      url,
      request: { headers: new Headers(init.headers), body: String(init.body ?? "") },
      response: new Response(text || null, response),
      status,
      redirect,
      body: hide(text),
      members: membersIn(text),
      outcome: `HTTP status ${status}${redirect ? `, a redirect to ${tell(redirect.href)}` : ""}`,
      time,
    };
    exchanges.push(exchange);
    return exchange;
  };
  const place = (url: URL | null) => url && url.origin + url.pathname;
  const all = (url: string | undefined) =>
    exchanges.filter((exchange) => place(exchange.url) === place(URL.parse(String(url))));
  globalThis.fetch = async (...request) => (await record(...request)).response;
  const send = (url: URL | string, init: RequestInit) => record(url, { ...init, redirect: "manual" });
  const close = () => {
    globalThis.fetch = original;
  };
  return { exchanges, send, all, last: (url: string | undefined) => all(url).at(-1), close };
}
