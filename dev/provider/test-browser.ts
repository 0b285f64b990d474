import { createHash, randomBytes } from "node:crypto";
import { type APIRequestContext, type Cookie, request } from "playwright";
import { afterAll } from "vitest";
import { SITE } from "../../lib/site.ts";
import { freePort } from "../testing/local-server.ts";
import { type EmbeddedProvider, startProvider } from "./provider.ts";

/** The origin of the app in these tests. No server listens there. */
export const APP = "http://app.localhost:4040";

/** Starts a provider for all tests of a file. */
export async function startTestProvider(): Promise<EmbeddedProvider> {
  const provider = await startProvider({ port: await freePort(), appBaseUrl: APP });
  afterAll(() => provider.stop());
  return provider;
}

/** A token response, or an error response of the token endpoint. */
export type Tokens = Record<"access_token" | "id_token" | "refresh_token" | "scope" | "error", string>;

/** The parts of a browser that a login needs: cookies, redirects and forms. */
export class TestBrowser {
  readonly #requests: Promise<APIRequestContext>;

  constructor(cookies: Cookie[] = []) {
    this.#requests = request.newContext({ storageState: { cookies, origins: [] } });
  }

  /**
   * Opens a URL, or submits a form to it. Follows redirects, but sends no request to the app.
   * @returns the last URL and its page; the page is empty if the last URL is a URL of the app
   */
  async open(
    address: string,
    form?: Record<string, string>,
  ): Promise<{ url: URL; status: number; text: string }> {
    const url = new URL(address);
    if (url.origin === APP) return { url, status: 0, text: "" };
    const response = await (await this.#requests).fetch(address, {
      ...(form && { method: "POST", form }),
      maxRedirects: 0,
      headers: { accept: "text/html" },
    });
    const { location } = response.headers();
    if (location) return this.open(new URL(location, url).href);
    return { url, status: response.status(), text: await response.text() };
  }
}

/** Acts as the app in these tests. The app is a public client. */
export class TestApp {
  readonly #issuer: string;
  readonly #verifier = randomBytes(32).toString("base64url");

  constructor({ issuer }: { readonly issuer: string }) {
    this.#issuer = issuer;
  }

  /** The URL of an authorization request. */
  authorizationUrl(parameters: Record<string, string> = {}): string {
    const query = new URLSearchParams({
      client_id: SITE.id,
      redirect_uri: `${APP}/auth/callback`,
      response_type: "code",
      scope: "openid profile email offline_access",
      audience: `https://api.${SITE.id}.local`,
      code_challenge_method: "S256",
      code_challenge: createHash("sha256").update(this.#verifier).digest("base64url"),
      ...parameters,
    });
    return `${this.#issuer}/auth?${query}`;
  }

  /** Logs in, and exchanges the code. If the provider shows no login page, `email` has no effect. */
  async logIn(email: string, options: { browser?: TestBrowser; parameters?: Record<string, string> } = {}) {
    const { browser = new TestBrowser(), parameters } = options;
    let page = await browser.open(this.authorizationUrl(parameters));
    if (page.url.origin !== APP) page = await browser.open(`${page.url}/login`, { email });
    return this.redeem(page.url);
  }

  /** Exchanges the code in a callback URL for tokens. */
  async redeem(callback: URL): Promise<Tokens> {
    return this.#token({
      grant_type: "authorization_code",
      code: callback.searchParams.get("code") ?? "",
      redirect_uri: `${APP}/auth/callback`,
      code_verifier: this.#verifier,
    });
  }

  refresh(refresh_token: string): Promise<Tokens> {
    return this.#token({ grant_type: "refresh_token", refresh_token });
  }

  async userinfo(accessToken: string): Promise<{ status: number; claims: Record<string, unknown> }> {
    const headers = { authorization: `Bearer ${accessToken}` };
    const response = await fetch(`${this.#issuer}/me`, { headers });
    return { status: response.status, claims: await response.json() };
  }

  async #token(parameters: Record<string, string>): Promise<Tokens> {
    const body = new URLSearchParams({ client_id: SITE.id, ...parameters });
    return (await fetch(`${this.#issuer}/token`, { method: "POST", body })).json();
  }
}
