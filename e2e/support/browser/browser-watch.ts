import { type BrowserContext, expect } from "playwright/test";
import type { Secrets } from "./secrets.ts";

/**
 * Watches the browsers of a test. Records console errors (including each violation of the Content-Security-Policy),
 * uncaught errors, and requests whose URL contains a token.
 */
export class BrowserWatch {
  readonly #complaints: string[] = [];
  readonly #expected: RegExp[] = [];
  readonly #secrets: Secrets;

  constructor(secrets: Secrets) {
    this.#secrets = secrets;
  }

  /** Watches every page of a browser context, including those that it opens later. */
  follow(context: BrowserContext): void {
    context.on("console", (message) => {
      if (message.type() !== "error") return;
      const { url } = message.location();
      // Without a session, Next.js's router gets 401 for a guarded page, and then loads the page in full.
      if (/status of 401/.test(message.text()) && url.includes("_rsc=")) return;
      // While the provider is down, the user's picture cannot be loaded, so the header shows the initials instead.
      if (/ERR_CONNECTION_REFUSED/.test(message.text()) && /\/people\/[\w-]+\.svg$/.test(url)) return;
      this.#complaints.push(`console: ${message.text()} (${message.location().url})`);
    });
    context.on("weberror", (webError) => {
      this.#complaints.push(`uncaught: ${webError.error().stack ?? webError.error().message}`);
    });
    context.on("request", (request) => {
      const url = new URL(request.url());
      // Only the parameter `id_token_hint` may contain a token (OpenID Connect RP-Initiated Logout 2).
      url.searchParams.delete("id_token_hint");
      if (this.#secrets.findIn(decodeURIComponent(url.href.replace(/%(?![\da-f]{2})/gi, "%25")))) {
        this.#complaints.push(`a raw token in the URL ${url.origin}${url.pathname}`);
      }
    });
  }

  /**
   * Allows an error that the test provokes: Chromium reports every 4xx and 5xx on the console.
   *
   * @param pattern matches the error, e.g. `/status of 404/`
   */
  allow(pattern: RegExp): void {
    this.#expected.push(pattern);
  }

  /** Fails the test if there was an error that was not allowed. */
  expectQuiet(): void {
    const unexpected = this.#complaints.filter(
      (line) => !this.#expected.some((pattern) => pattern.test(line)),
    );
    expect(unexpected, "errors that the browser reported").toEqual([]);
  }
}
