import { randomUUID } from "node:crypto";
import type { JWK, JWTHeaderParameters } from "jose";
import { type Answer, type Answerer, type LocalServer, startLocalServer } from "./local-server.ts";
import { SigningKeys, withoutUndefined } from "./signing-keys.ts";

/** The nonce that the ID tokens of the scripted provider carry. */
export const NONCE = "the-nonce-of-this-login";
export const ACCESS_TOKEN = "an-opaque-access-token";
/** What a logout token is about (OpenID Connect Back-Channel Logout 1.0, 2.4). */
export const LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout";

/**
 * A small OpenID provider that says what a test tells it to, also what no honest provider would. Unscripted it answers
 * every request as it should. Its ID tokens are signed with ES256, unless its keys are rotated to another algorithm.
 */
export class ScriptedProvider {
  /** Claims over the usual ones; undefined takes one away. */
  claims: Record<string, unknown> = {};
  header: Partial<JWTHeaderParameters> = {};
  /** Fields over the usual ones of the discovery document; undefined takes one away. */
  metadata: Record<string, unknown> = {};
  /** Fields over the usual ones of the token response; undefined takes one away. */
  tokenResponse: Record<string, unknown> = {};
  /** Answers instead of the usual ones, by path. */
  answers: Record<string, Answerer> = {};
  /** The path at which the issuer has its discovery document. */
  issuerPath = "";
  #server!: LocalServer;
  readonly #keys = new SigningKeys();

  static async start(): Promise<ScriptedProvider> {
    const provider = new ScriptedProvider();
    provider.#server = await startLocalServer((request) => provider.#answer(request));
    await provider.rotateKeys("first");
    return provider;
  }

  get issuer(): string {
    return this.#server.origin + this.issuerPath;
  }

  /** The public keys that it publishes. */
  get published(): readonly JWK[] {
    return this.#keys.published;
  }

  /** The paths asked for so far, in order, without their queries. */
  get asked(): string[] {
    return this.#server.requests.map(({ path }) => path.replace(/\?.*/, ""));
  }

  /** The last request to a path. */
  requestTo(path: string) {
    return this.#server.requests.findLast((request) => request.path.startsWith(path));
  }

  /** Unscripts everything and forgets the requests. Keys stay. */
  reset(): void {
    this.#server.requests.length = 0;
    Object.assign(this, { claims: {}, header: {}, metadata: {}, tokenResponse: {}, answers: {} });
    this.issuerPath = "";
  }

  /** Signs with a new key from now on and publishes it alone. */
  rotateKeys(kid: string, alg?: string): Promise<void> {
    return this.#keys.rotate(kid, alg);
  }

  /** Signs with a key that is not the published one of that name. */
  signWithForeignKey(): Promise<void> {
    return this.#keys.rotateUnpublished();
  }

  /** An ID token as scripted. */
  idToken(): Promise<string> {
    return this.sign({ ...this.#usualClaims(300), nonce: NONCE, ...this.claims }, this.header);
  }

  /** A logout token (OpenID Connect Back-Channel Logout 1.0, 2.4), with claims over the usual ones. */
  logoutToken(
    claims: Record<string, unknown> = {},
    header: Partial<JWTHeaderParameters> = {},
  ): Promise<string> {
    const usual = { ...this.#usualClaims(120), jti: randomUUID(), events: { [LOGOUT_EVENT]: {} } };
    return this.sign({ ...usual, ...claims }, { typ: "logout+jwt", ...header });
  }

  /** A JWT signed with the current key; a claim that is undefined is left out. */
  sign(claims: Record<string, unknown>, header: Partial<JWTHeaderParameters> = {}): Promise<string> {
    return this.#keys.sign(withoutUndefined(claims), header);
  }

  /** The authorization response as it comes back to the app. */
  callback(parameters: Record<string, string> = { code: "the-code", state: "the-state" }): URL {
    return new URL(`https://app.example.com/auth/callback?${new URLSearchParams(parameters)}`);
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  async #answer(request: Parameters<Answerer>[0]): Promise<Answer> {
    const path = request.path.replace(/\?.*/, "");
    const scripted = this.answers[path];
    if (scripted) return scripted(request);
    if (path === `${this.issuerPath.replace(/\/$/, "")}/.well-known/openid-configuration`) {
      return { json: withoutUndefined({ ...this.#usualMetadata(), ...this.metadata }) };
    }
    if (path === "/jwks") return { json: { keys: this.#keys.published } };
    if (path === "/userinfo") return { json: { sub: "alice", email: "alice@example.com" } };
    if (path !== "/token") return { status: 404, text: "not found" };
    const usual = {
      access_token: ACCESS_TOKEN,
      token_type: "Bearer",
      expires_in: 3600,
      refresh_token: "refresh-1",
      scope: "openid profile",
      id_token: await this.idToken(),
    };
    return { json: withoutUndefined({ ...usual, ...this.tokenResponse }) };
  }

  #usualClaims(lifetime: number) {
    const now = Math.floor(Date.now() / 1000);
    return { iss: this.issuer, sub: "alice", aud: "the-client", iat: now, exp: now + lifetime };
  }

  #usualMetadata() {
    const { origin } = this.#server;
    return {
      issuer: this.issuer,
      authorization_endpoint: `${origin}/authorize`,
      token_endpoint: `${origin}/token`,
      userinfo_endpoint: `${origin}/userinfo`,
      jwks_uri: `${origin}/jwks`,
      id_token_signing_alg_values_supported: [this.#keys.alg],
      token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post", "none"],
    };
  }
}
