import { MAX_ANSWER } from "../../../lib/auth/provider/fetch.ts";
import { boundBody } from "../../../lib/bounded-body.ts";
import type { Tell } from "../report/foreign-text.ts";

/** A request of this process, and its answer. */
export interface Exchange {
  readonly url: URL;
  readonly method: string;
  readonly requestHeaders: Headers;
  readonly requestBody: string;
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
  /** When the request was sent, and when the answer began, in milliseconds. */
  readonly sentAt: number;
  readonly answeredAt: number;
}

type Answered = Pick<Exchange, "url" | "status" | "headers">;

/**
 * Records the requests of this process's `fetch`, so that the checks see the requests that the app really sends, and
 * aborts them all at a deadline.
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
    if (!url || !URL.canParse(url)) return [];
    return this.exchanges.filter((exchange) => withoutQuery(exchange.url) === withoutQuery(new URL(url)));
  }

  /** The last of them. */
  last(url: string | undefined): Exchange | undefined {
    return this.all(url).at(-1);
  }

  async #exchange(input: Parameters<typeof fetch>[0], init: RequestInit = {}): Promise<Response> {
    const url = new URL(input instanceof Request ? input.url : input);
    const signal = AbortSignal.any([this.#deadline, ...(init.signal ? [init.signal] : [])]);
    const sentAt = Date.now();
    const response = await this.#fetch(input, { ...init, signal });
    const answeredAt = Date.now();
    const { status, statusText, headers } = response;
    const body = await boundBody(response, MAX_ANSWER).arrayBuffer();
    this.exchanges.push({
      url,
      method: init.method ?? "GET",
      requestHeaders: new Headers(init.headers),
      requestBody: String(init.body ?? ""),
      status,
      headers,
      body: new TextDecoder().decode(body),
      sentAt,
      answeredAt,
    });
    return new Response(body.byteLength ? body : null, { status, statusText, headers });
  }
}

/** The target of a redirect; null for any other answer. The app follows no redirects. */
export function redirectOf({ status, headers, url }: Answered): URL | null {
  const location = headers.get("location");
  return status >= 300 && status < 400 && location ? URL.parse(location, url) : null;
}

/** The status of an answer as text, with the target of a redirect. */
export function describeStatus(answer: Answered, tell: Tell): string {
  const target = redirectOf(answer);
  return `HTTP status ${answer.status}${target ? `, a redirect to ${tell(target.href)}` : ""}`;
}

function withoutQuery({ origin, pathname }: URL): string {
  return origin + pathname;
}
