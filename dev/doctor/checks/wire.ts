import { boundBody, MAX_ANSWER } from "../../../lib/auth/provider/index.ts";
import type { Tell } from "../report/foreign-text.ts";

/** A request of this process, and its answer. */
export interface Exchange {
  readonly url: URL;
  readonly requestHeaders: Headers;
  readonly requestBody: string;
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
  /** The time halfway between the request and the beginning of the answer, in milliseconds since 1970. */
  readonly time: number;
}

/**
 * Replaces `fetch` in this process and records all requests, so that the checks see what the app really sends. Aborts
 * all requests that are still running at the deadline.
 */
export class Wire {
  readonly exchanges: Exchange[] = [];
  readonly #fetch = globalThis.fetch;
  readonly #deadline: AbortSignal;

  constructor(deadline: AbortSignal) {
    this.#deadline = deadline;
    globalThis.fetch = (input, init) => this.#exchange(input, init);
  }

  /** Restores `fetch`. */
  close(): void {
    globalThis.fetch = this.#fetch;
  }

  /** All requests to this URL, with any query. */
  all(url: string | undefined): Exchange[] {
    const place = (of: URL | null) => of && of.origin + of.pathname;
    const wanted = place(URL.parse(String(url)));
    return this.exchanges.filter((exchange) => place(exchange.url) === wanted);
  }

  /** The last request to this URL, with any query. */
  last(url: string | undefined): Exchange | undefined {
    return this.all(url).at(-1);
  }

  async #exchange(input: Parameters<typeof fetch>[0], init: RequestInit = {}): Promise<Response> {
    const url = new URL(input instanceof Request ? input.url : input);
    const signal = AbortSignal.any([this.#deadline, ...(init.signal ? [init.signal] : [])]);
    const sentAt = Date.now();
    const response = await this.#fetch(input, { ...init, signal });
    const time = (sentAt + Date.now()) / 2;
    const { status, headers } = response;
    const body = await (await boundBody(response, MAX_ANSWER)).text();
    const request = { requestHeaders: new Headers(init.headers), requestBody: String(init.body ?? "") };
    this.exchanges.push({ url, ...request, status, headers, body, time });
    return new Response(body || null, response);
  }
}

/** The target of a redirect; null for any other answer. The app itself follows no redirects of the provider. */
export function redirectOf({
  status,
  headers,
  url,
}: Pick<Exchange, "status" | "headers" | "url">): URL | null {
  const location = headers.get("location");
  return status >= 300 && status < 400 && location ? URL.parse(location, url) : null;
}

/** The status of an answer as text. If the answer is a redirect, the text includes its target. */
export function describeStatus(answer: Exchange, tell: Tell): string {
  const target = redirectOf(answer);
  return `HTTP status ${answer.status}${target ? `, a redirect to ${tell(target.href)}` : ""}`;
}
