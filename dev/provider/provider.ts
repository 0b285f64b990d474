import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from "jose";
import type { ClientMetadata } from "oidc-provider";
import { LoopbackServer } from "../loopback.ts";
import { createClients } from "./clients.ts";
import { createRequestHandler, type Foundation, zeroCounts } from "./configuration.ts";
import { type BrokenLogins, type Effect, FAULTS, type FaultId } from "./faults.ts";
import { People } from "./people.ts";
import { Store } from "./store.ts";

export * from "./clients.ts";
export type { FaultId } from "./faults.ts";

interface ProviderOptions {
  readonly port: number;
  /** The origins of the app, without a slash at the end. Links in the provider's pages lead to the first origin. */
  readonly appBaseUrl: string | readonly string[];
  /** The URL for logout tokens. By default, none are sent, because an app without a session store would reject them. */
  readonly backChannelLogoutUri?: string | undefined;
  /** Clients in addition to the three clients of `clients.ts`. */
  readonly clients?: readonly ClientMetadata[];
  /** The private keys that sign tokens, as `createSigningKeys()` returns them. The default is new keys. */
  readonly signingKeys?: readonly JWK[];
  /** Lets browsers switch faults on, at `/faults`. Only `npm run dev`, `demo` and `provider` and tests set this option. */
  readonly faultSwitches?: boolean;
  /** Allows NODE_ENV=production. Only the demo command sets this, because the provider asks for no passwords. */
  readonly allowProduction?: boolean;
}

/**
 * The embedded OpenID provider: oidc-provider, a certified implementation, with accounts in memory. It keeps its keys,
 * accounts, sessions and grants while it is stopped.
 */
export class EmbeddedProvider extends LoopbackServer implements Foundation {
  accessTokenTtl = 3600; // seconds
  readonly issuer: string;
  readonly appUrl: string;
  readonly hasFaultSwitches: boolean;
  readonly people = new People();
  readonly store = new Store();
  readonly brokenLogins: BrokenLogins = { next: null, effects: new Map() };
  readonly counts = zeroCounts();
  clients: readonly ClientMetadata[];
  /** The private keys as JWKs, so that tests can forge tokens of this provider. */
  signingKeys: readonly JWK[];
  #handle: RequestListener;

  /** Use {@link startProvider} instead, which also starts the server. */
  constructor(options: ProviderOptions & { readonly signingKeys: readonly JWK[] }) {
    super(options.port);
    const appBaseUrls = [options.appBaseUrl].flat();
    this.issuer = `http://localhost:${options.port}`;
    this.appUrl = appBaseUrls[0] ?? "";
    this.hasFaultSwitches = options.faultSwitches ?? false;
    this.clients = [...createClients(appBaseUrls, options.backChannelLogoutUri), ...(options.clients ?? [])];
    this.signingKeys = options.signingKeys;
    this.#handle = createRequestHandler(this);
  }

  protected override handle(request: IncomingMessage, response: ServerResponse): void {
    this.#handle(request, response);
  }

  /** Replaces the signing keys. The JWK Set no longer contains the old keys. */
  async rotateKeys(): Promise<void> {
    this.signingKeys = await createSigningKeys();
    this.#handle = createRequestHandler(this);
  }

  /** Adds a client, or replaces the client with the same id. */
  addClient(client: ClientMetadata): void {
    this.clients = [...this.clients.filter(({ client_id }) => client_id !== client.client_id), client];
    this.#handle = createRequestHandler(this);
  }

  /** Breaks the next login in any browser, with one of the FAULTS or with a test's own effect. `null` cancels this. */
  breakNextLogin(fault: FaultId | Effect | null): void {
    this.brokenLogins.next = typeof fault === "string" ? FAULTS[fault] : fault;
  }

  /** Deletes all refresh tokens. A later refresh with one of them gets `invalid_grant`. */
  revokeAllRefreshTokens(): void {
    this.store.remove(({ model }) => model === "RefreshToken");
  }

  /** Resets the request counts to zero. */
  resetCounts(): void {
    Object.assign(this.counts, zeroCounts());
  }
}

/**
 * Starts the embedded provider.
 * @throws Error when NODE_ENV is `production` and `allowProduction` is not set
 * @throws Error with the code `EADDRINUSE` when the port is in use
 */
export async function startProvider(options: ProviderOptions): Promise<EmbeddedProvider> {
  if (process.env.NODE_ENV === "production" && !options.allowProduction) {
    const reason = "asks for no passwords, so it does not start with NODE_ENV=production.";
    throw new Error(`The embedded provider ${reason}`);
  }
  const signingKeys = options.signingKeys ?? (await createSigningKeys());
  return new EmbeddedProvider({ ...options, signingKeys }).start();
}

/**
 * Creates signing keys: an RSA key, an EC key for ES256 and an Ed25519 key. The RSA key signs access tokens with RS256,
 * and ID tokens with RS256 unless the client's metadata names another algorithm.
 * @returns the private keys as JWKs (RFC 7517)
 */
export async function createSigningKeys(): Promise<JWK[]> {
  return Promise.all(
    ["RS256", "ES256", "Ed25519"].map(async (algorithm) => {
      const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
      const jwk = await exportJWK(privateKey);
      return { ...jwk, kid: await calculateJwkThumbprint(jwk), use: "sig" };
    }),
  );
}
