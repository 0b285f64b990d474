import { randomUUID } from "node:crypto";
import { exportJWK, generateKeyPair, type JWK, type JWTHeaderParameters, SignJWT } from "jose";
import { type Answerer, type LocalServer, startLocalServer } from "./local-server.ts";

/** The nonce in the scripted provider's ID tokens, unless a test sets another. */
export const NONCE = "the-nonce-of-this-login";
export const ACCESS_TOKEN = "an-opaque-access-token";
/** The event that every logout token contains (OpenID Connect Back-Channel Logout 1.0, 2.4). */
export const LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout";

type Claims = Record<string, unknown>;

/**
 * A small OpenID provider whose responses a test can replace, even with responses that no correct provider sends. A
 * test's replacements are the script. Tokens are signed with ES256, or with the algorithm that {@link rotateKeys} sets.
 */
export class ScriptedProvider {
  /** Claims that replace the usual claims of ID tokens; undefined removes a claim. */
  claims: Claims = {};
  header: Partial<JWTHeaderParameters> = {};
  /** Fields that replace the usual fields of the discovery document; undefined removes a field. */
  metadata: Record<string, unknown> = {};
  /** Fields that replace the usual fields of the token response; undefined removes a field. */
  tokenResponse: Record<string, unknown> = {};
  /** Maps a path to a function that replaces the provider's usual answer at this path. */
  answers: Record<string, Answerer> = {};
  /** The path of the issuer URL, for example `/tenant`. */
  issuerPath = "";
  /** The public keys at the JWK Set endpoint. */
  published: readonly JWK[] = [];
  #signing!: { readonly header: { alg: string; kid: string }; readonly key: CryptoKey };
  #server!: LocalServer;

  static async start(): Promise<ScriptedProvider> {
    const provider = new ScriptedProvider();
    provider.#server = await startLocalServer((request) => provider.#answer(request));
    await provider.rotateKeys("first");
    return provider;
  }

  get issuer(): string {
    return this.#server.origin + this.issuerPath;
  }

  /** The paths of all requests so far, in order, without their queries. */
  get asked(): string[] {
    return this.#server.requests.map(({ path }) => path.replace(/\?.*/, ""));
  }

  /** Returns the last request whose path starts with `path`. */
  requestTo(path: string) {
    return this.#server.requests.findLast((request) => request.path.startsWith(path));
  }

  /** Removes the script and the recorded requests. Keeps the keys. */
  reset(): void {
    this.#server.requests.length = 0;
    Object.assign(this, { claims: {}, header: {}, metadata: {}, tokenResponse: {}, answers: {} });
    this.issuerPath = "";
  }

  /** From now on, signs with a new key and publishes only that key. */
  async rotateKeys(kid: string, alg = "ES256"): Promise<void> {
    const { privateKey, publicKey } = await generateKeyPair(alg);
    this.#signing = { header: { alg, kid }, key: privateKey };
    this.published = [{ ...(await exportJWK(publicKey)), kid, alg }];
  }

  /** From now on, signs with a new key that is not published, under the `kid` of the published key. */
  async signWithForeignKey(): Promise<void> {
    const { header } = this.#signing;
    this.#signing = { header, key: (await generateKeyPair(header.alg)).privateKey };
  }

  /** Makes an ID token with the usual claims, except for those that the script replaces. */
  idToken(): Promise<string> {
    return this.sign({ ...this.#usualClaims(300), nonce: NONCE, ...this.claims }, this.header);
  }

  /** Makes a logout token (OpenID Connect Back-Channel Logout 1.0, 2.4). `claims` replace the usual claims. */
  logoutToken(claims: Claims = {}, header: Partial<JWTHeaderParameters> = {}): Promise<string> {
    const usual = { ...this.#usualClaims(120), jti: randomUUID(), events: { [LOGOUT_EVENT]: {} } };
    return this.sign({ ...usual, ...claims }, { typ: "logout+jwt", ...header });
  }

  /** Makes a JWT, and signs it with the current key. Omits undefined claims. */
  sign(claims: Claims, header: Partial<JWTHeaderParameters> = {}): Promise<string> {
    const { header: usual, key } = this.#signing;
    return new SignJWT(claims).setProtectedHeader({ ...usual, ...header }).sign(key);
  }

  /** Returns the callback URL with the parameters of an authorization response. */
  callback(parameters: Record<string, string> = { code: "the-code", state: "the-state" }): URL {
    return new URL(`https://app.example.com/auth/callback?${new URLSearchParams(parameters)}`);
  }

  /** Runs `work`. Until it ends, ID tokens have this nonce, unless the script sets another. */
  async withNonce<T>(nonce: string | null | undefined, work: () => Promise<T>): Promise<T> {
    const scripted = this.claims;
    this.claims = { nonce, ...scripted };
    return work().finally(() => {
      this.claims = scripted;
    });
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  #answer(request: Parameters<Answerer>[0]): ReturnType<Answerer> {
    const path = request.path.replace(/\?.*/, "");
    const answer = this.answers[path] ?? this.#usualAnswers()[path];
    return answer ? answer(request) : { status: 404, text: "not found" };
  }

  #usualAnswers(): Record<string, Answerer> {
    const usual = { access_token: ACCESS_TOKEN, refresh_token: "refresh-1", token_type: "Bearer" };
    const grant = { expires_in: 3600, scope: "openid profile" };
    return {
      [`${this.issuerPath.replace(/\/$/, "")}/.well-known/openid-configuration`]: () => ({
        json: { ...this.#usualMetadata(), ...this.metadata },
      }),
      "/jwks": () => ({ json: { keys: this.published } }),
      "/userinfo": () => ({ json: { sub: "alice", email: "alice@example.com" } }),
      "/token": async () => ({
        json: { ...usual, ...grant, id_token: await this.idToken(), ...this.tokenResponse },
      }),
    };
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
      id_token_signing_alg_values_supported: [this.#signing.header.alg],
      token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post", "none"],
    };
  }
}
