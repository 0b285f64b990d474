import { randomBytes } from "node:crypto";
import type { RequestListener } from "node:http";
import type { JWK } from "jose";
import type { ClientMetadata } from "oidc-provider";
import { type Intercept, withIntercept } from "../start/intercept.ts";
import { type Listener, listenOnLoopback } from "../start/loopback.ts";
import { createClients } from "./clients.ts";
import type { Foundation, Lifetimes } from "./foundation.ts";
import { createSigningKeys } from "./keys.ts";
import { People } from "./people.ts";
import { zeroCounts } from "./request-counts.ts";
import { createRequestHandler } from "./request-handler.ts";
import { Store } from "./store.ts";

/** Options of {@link startProvider}. Lifetimes are in seconds. */
export interface ProviderOptions extends Partial<Lifetimes> {
  readonly port: number;
  /** The origins of the app, without a slash at the end. Links in the provider's pages lead to the first. */
  readonly appBaseUrl: string | readonly string[];
  /** The host name in the issuer URL; default `localhost`. The provider listens on loopback addresses only. */
  readonly host?: string;
  /** Where to send logout tokens. By default none are sent, because an app without a session store rejects them. */
  readonly backChannelLogoutUri?: string | undefined;
  /** Clients in addition to the three of `clients.ts`. */
  readonly clients?: readonly ClientMetadata[];
  /** Private keys to sign with, in the form of `createSigningKeys()`; by default new ones. */
  readonly signingKeys?: readonly JWK[];
  /** Allows a start with NODE_ENV=production. Only the demo command sets it, because the provider asks for no passwords. */
  readonly allowProduction?: boolean;
}

/**
 * The embedded OpenID provider: oidc-provider, a certified implementation, with accounts in memory. Lifetimes can be
 * changed while it runs, and apply to the tokens that are issued afterwards.
 */
export class EmbeddedProvider implements Lifetimes {
  accessTokenTtl: number;
  idTokenTtl: number;
  refreshTokenTtl: number;
  intercept: Intercept | undefined;
  readonly issuer: string;
  readonly people = new People();
  /** Requests since the start or the last `resetCounts()`. */
  readonly counts = zeroCounts();
  readonly #port: number;
  readonly #store = new Store();
  #foundation: Foundation;
  #handle: RequestListener;
  #listener: Listener | undefined;

  /** Use {@link startProvider}. */
  constructor(options: ProviderOptions & { readonly signingKeys: readonly JWK[] }) {
    const appBaseUrls = [options.appBaseUrl].flat();
    this.accessTokenTtl = options.accessTokenTtl ?? 3600;
    this.idTokenTtl = options.idTokenTtl ?? 3600;
    this.refreshTokenTtl = options.refreshTokenTtl ?? 14 * 86_400;
    this.issuer = `http://${options.host ?? "localhost"}:${options.port}`;
    this.#port = options.port;
    this.#foundation = {
      issuer: this.issuer,
      appUrl: appBaseUrls[0] ?? "",
      clients: [...createClients(appBaseUrls, options.backChannelLogoutUri), ...(options.clients ?? [])],
      cookieKeys: [randomBytes(32).toString("base64url")],
      signingKeys: options.signingKeys,
      lifetimes: this,
      people: this.people,
      store: this.#store,
    };
    this.#handle = createRequestHandler(this.#foundation, this.counts);
  }

  /**
   * Listens on its port. After a `stop()`, it still has its keys, accounts, sessions and grants.
   *
   * @throws Error with the code `EADDRINUSE` when the port is in use
   */
  async start(): Promise<void> {
    this.#listener ??= await listenOnLoopback(
      this.#port,
      withIntercept(
        (request, response) => this.#handle(request, response),
        () => this.intercept,
      ),
    );
  }

  /** Frees the port and closes every connection. Keys, accounts, sessions and grants are kept. */
  async stop(): Promise<void> {
    const listener = this.#listener;
    this.#listener = undefined;
    await listener?.close();
  }

  /** Replaces the signing keys. The JWK Set no longer contains the old ones. */
  async rotateKeys(): Promise<void> {
    this.#rebuild({ signingKeys: await createSigningKeys() });
  }

  /** The current private keys as JWKs, so that tests can forge tokens of this provider. */
  get signingKeys(): readonly JWK[] {
    return this.#foundation.signingKeys;
  }

  /** Adds a client, or replaces the one with the same id. */
  addClient(client: ClientMetadata): void {
    const others = this.#foundation.clients.filter(({ client_id }) => client_id !== client.client_id);
    this.#rebuild({ clients: [...others, client] });
  }

  /** Revokes the grants of one person: a refresh gets `invalid_grant`, and userinfo rejects their access tokens. */
  revokeGrants(email: string): void {
    const person = this.people.find(email);
    if (person) this.#store.revokeGrantsOf(person.sub);
  }

  /** Deletes every refresh token: a refresh gets `invalid_grant`. */
  revokeAllRefreshTokens(): void {
    this.#store.removeAll("RefreshToken");
  }

  /** Resets the request counts to zero. */
  resetCounts(): void {
    Object.assign(this.counts, zeroCounts());
  }

  #rebuild(changes: Partial<Foundation>): void {
    this.#foundation = { ...this.#foundation, ...changes };
    this.#handle = createRequestHandler(this.#foundation, this.counts);
  }
}

/**
 * Starts the embedded provider.
 *
 * @throws Error when NODE_ENV is `production` and `allowProduction` is not set
 * @throws Error with the code `EADDRINUSE` when the port is in use
 */
export async function startProvider(options: ProviderOptions): Promise<EmbeddedProvider> {
  if (process.env.NODE_ENV === "production" && !options.allowProduction) {
    throw new Error(
      "The embedded provider asks for no passwords, so it does not start with NODE_ENV=production.",
    );
  }
  const signingKeys = options.signingKeys ?? (await createSigningKeys());
  const provider = new EmbeddedProvider({ ...options, signingKeys });
  await provider.start();
  return provider;
}
