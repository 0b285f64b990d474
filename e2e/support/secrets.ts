import type { IncomingMessage, ServerResponse } from "node:http";
import { expect } from "playwright/test";

// Two base64url parts, the first of which is a JSON object: the beginning of any JWT, also in a URL or a script.
const JWT = /eyJ[\w-]{8,}\.eyJ[\w-]{8,}/;

/**
 * What must never leave the server: everything that looks like a JWT, and the opaque tokens that the provider of
 * this stack has issued.
 */
export class Secrets {
  readonly #issued = new Set<string>();

  /** Notes a value that must not be seen anywhere from now on. */
  add(value: string): void {
    this.#issued.add(value);
  }

  /** Notes the tokens in the provider's answer to a token request (OpenID Connect Core 3.1.3.3), when it is sent. */
  addTokensOf(request: IncomingMessage, response: ServerResponse): void {
    if (request.method !== "POST" || request.url !== "/token") return;
    const end = response.end.bind(response);
    response.end = ((...args: Parameters<typeof end>) => {
      if (response.statusCode === 200) this.addTokenResponse(String(args[0]));
      return end(...args);
    }) as typeof response.end;
  }

  /** Notes the tokens in such an answer. */
  addTokenResponse(body: string): void {
    const tokens = JSON.parse(body) as Record<string, unknown>;
    for (const name of ["access_token", "id_token", "refresh_token"]) {
      const token = tokens[name];
      if (typeof token === "string") this.add(token);
    }
  }

  /** How many values are known, so that a test can see that its search was for something. */
  get count(): number {
    return this.#issued.size;
  }

  /** The first secret in a text, or null when there is none. */
  findIn(text: string): string | null {
    const jwt = JWT.exec(text);
    if (jwt) return jwt[0];
    for (const secret of this.#issued) if (text.includes(secret)) return secret;
    return null;
  }

  /**
   * Fails the test when a text holds a token.
   *
   * @param text HTML, an RSC payload, a script, JSON, a URL
   * @param where what the text is, for the message
   */
  expectNoneIn(text: string, where: string): void {
    expect(this.findIn(text), `a raw token in ${where}`).toBeNull();
  }
}
