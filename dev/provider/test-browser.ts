import { createHash, randomBytes } from "node:crypto";
import { createServer } from "node:net";
import type { EmbeddedProvider } from "../provider.ts";

/** Where the tests' app would be; nothing listens there. */
export const APP = "http://app.localhost:4040";

/** An answer of the token endpoint. */
export type Tokens = Record<"access_token" | "id_token" | "refresh_token" | "scope" | "error", string>;

interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly path: string;
}

/** The part of a browser that a log-in needs: cookies, redirects and forms, no scripts. */
export class TestBrowser {
  #cookies: Cookie[] = [];

  /**
   * Opens an address, or submits a form to it, and follows redirects as long as they stay at the provider.
   *
   * @returns where that led, and the page, which is empty where it led to the app
   */
  async open(
    address: string,
    form?: Record<string, string>,
  ): Promise<{ url: URL; status: number; text: string }> {
    const url = new URL(address);
    if (url.origin === APP) return { url, status: 0, text: "" };
    const response = await fetch(url, {
      ...(form && { method: "POST", body: new URLSearchParams(form) }),
      redirect: "manual",
      headers: { accept: "text/html", cookie: this.#cookiesFor(url.pathname) },
    });
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    const location = response.headers.get("location");
    if (location) return this.open(new URL(location, url).href);
    return { url, status: response.status, text: await response.text() };
  }

  #cookiesFor(path: string): string {
    const fitting = this.#cookies.filter((cookie) => `${path}/`.startsWith(cookie.path.replace(/\/?$/, "/")));
    return fitting.map(({ name, value }) => `${name}=${value}`).join("; ");
  }

  #keep(line: string): void {
    const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    const path = /; path=([^;]+)/i.exec(line)?.[1] ?? "/";
    this.#cookies = this.#cookies.filter((cookie) => cookie.name !== name || cookie.path !== path);
    if (value) this.#cookies.push({ name, value, path });
  }
}

/** The tests' app: a public client of a provider. */
export class TestApp {
  readonly #provider: EmbeddedProvider;
  readonly #verifier = randomBytes(32).toString("base64url");

  constructor(provider: EmbeddedProvider) {
    this.#provider = provider;
  }

  /** The address that asks for a log-in. */
  authorizationUrl(parameters: Record<string, string> = {}): string {
    const query = new URLSearchParams({
      client_id: "hello-oidc",
      redirect_uri: `${APP}/auth/callback`,
      response_type: "code",
      scope: "openid profile email offline_access",
      audience: "https://api.hello-oidc.local",
      code_challenge_method: "S256",
      code_challenge: createHash("sha256").update(this.#verifier).digest("base64url"),
      ...parameters,
    });
    return `${this.#provider.issuer}/auth?${query}`;
  }

  /** Logs somebody in who types their e-mail, unless a session makes that needless, and fetches the tokens. */
  async logIn(email: string, options: { browser?: TestBrowser; parameters?: Record<string, string> } = {}) {
    const { browser = new TestBrowser(), parameters } = options;
    let page = await browser.open(this.authorizationUrl(parameters));
    if (page.url.origin !== APP) page = await browser.open(`${page.url}/login`, { email });
    return this.redeem(page.url);
  }

  /** Exchanges the code of a callback URL. */
  async redeem(callback: URL): Promise<Tokens> {
    return this.#token({
      grant_type: "authorization_code",
      code: callback.searchParams.get("code") ?? "",
      redirect_uri: `${APP}/auth/callback`,
      code_verifier: this.#verifier,
    });
  }

  /** Refreshes. */
  async refresh(refreshToken: string): Promise<Tokens> {
    return this.#token({ grant_type: "refresh_token", refresh_token: refreshToken });
  }

  /** Asks userinfo. */
  async userinfo(accessToken: string): Promise<{ status: number; claims: Record<string, unknown> }> {
    const response = await fetch(`${this.#provider.issuer}/me`, {
      headers: { authorization: `Bearer ${accessToken}` },
    });
    return { status: response.status, claims: await response.json() };
  }

  async #token(parameters: Record<string, string>): Promise<Tokens> {
    const body = new URLSearchParams({ client_id: "hello-oidc", ...parameters });
    return (await fetch(`${this.#provider.issuer}/token`, { method: "POST", body })).json();
  }
}

/** A port that nothing listens on. */
export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}
