import type { IncomingMessage, ServerResponse } from "node:http";
import { expect } from "playwright/test";

// Matches the beginning of every JWT, also within a URL or a script: two JSON objects in base64url.
const JWT = /eyJ[\w-]{8,}\.eyJ[\w-]{8,}/;

/**
 * Values that must never leave the server: anything that looks like a JWT, the tokens that the provider of this stack
 * has issued, and the values that a test has added.
 */
export class Secrets {
  readonly #issued = new Set<string>();

  /** Adds a value that must not appear anywhere from now on. */
  add(value: string): void {
    this.#issued.add(value);
  }

  /** Adds the tokens of the provider's token response (OpenID Connect Core 3.1.3.3) when the provider sends it. */
  addTokensOf(request: IncomingMessage, response: ServerResponse): void {
    if (request.method !== "POST" || request.url !== "/token") return;
    const end = response.end.bind(response);
    response.end = ((...args: Parameters<typeof end>) => {
      if (response.statusCode === 200) this.addTokenResponse(String(args[0]));
      return end(...args);
    }) as typeof response.end;
  }

  /** Adds the tokens of a token response. */
  addTokenResponse(body: string): void {
    const tokens = JSON.parse(body) as Record<string, unknown>;
    for (const name of ["access_token", "id_token", "refresh_token"]) {
      const token = tokens[name];
      if (typeof token === "string") this.add(token);
    }
  }

  /** The number of known values, so that a test can check that it searched for something. */
  get count(): number {
    return this.#issued.size;
  }

  /** A secret that the text contains: a JWT, or an added value. Null if there is none. */
  findIn(text: string): string | null {
    const jwt = JWT.exec(text);
    if (jwt) return jwt[0];
    for (const secret of this.#issued) if (text.includes(secret)) return secret;
    return null;
  }

  /**
   * Fails the test if a text contains a token.
   *
   * @param text HTML, an RSC payload, a script, JSON, a URL
   * @param where names the text in the failure message
   */
  expectNoneIn(text: string, where: string): void {
    expect(this.findIn(text), `a raw token in ${where}`).toBeNull();
  }
}
