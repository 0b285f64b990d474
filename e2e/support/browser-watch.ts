import { type BrowserContext, expect } from "playwright/test";
import type { Secrets } from "./secrets.ts";

/**
 * Watches what a visitor's browser complains of: console errors, which include every violation of the
 * Content-Security-Policy, errors that no script has caught, and tokens in the URLs it asks for.
 */
export class BrowserWatch {
  readonly #complaints: string[] = [];
  readonly #expected: RegExp[] = [];
  readonly #secrets: Secrets;

  constructor(secrets: Secrets) {
    this.#secrets = secrets;
  }

  /** Watches every page of a browser context, those it opens later as well. */
  follow(context: BrowserContext): void {
    context.on("console", (message) => {
      if (message.type() !== "error") return;
      this.#complaints.push(`console: ${message.text()} (${message.location().url})`);
    });
    context.on("weberror", (webError) => {
      this.#complaints.push(`uncaught: ${webError.error().stack ?? webError.error().message}`);
    });
    context.on("request", (request) => {
      const url = new URL(request.url());
      // The one place where a token may be in a URL (OpenID Connect RP-Initiated Logout 2).
      url.searchParams.delete("id_token_hint");
      if (this.#secrets.findIn(decodeURIComponent(url.href.replace(/%(?![\da-f]{2})/gi, "%25")))) {
        this.#complaints.push(`a raw token in the URL ${url.origin}${url.pathname}`);
      }
    });
  }

  /**
   * Announces an error that belongs to the test: Chromium reports every 4xx and 5xx on the console.
   *
   * @param pattern what the complaint matches, e.g. `/status of 404/`
   */
  allow(pattern: RegExp): void {
    this.#expected.push(pattern);
  }

  /** Fails the test when the browser complained of anything that was not announced. */
  expectQuiet(): void {
    const unexpected = this.#complaints.filter(
      (line) => !this.#expected.some((pattern) => pattern.test(line)),
    );
    expect(unexpected, "what the browser complained of").toEqual([]);
  }
}
