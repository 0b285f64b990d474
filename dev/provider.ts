import { randomBytes } from "node:crypto";
import type { RequestListener } from "node:http";
import type { JWK } from "jose";
import type { ClientMetadata } from "oidc-provider";
import { type Intercept, withIntercept } from "./intercept.ts";
import { type Listener, listenOnLoopback } from "./loopback.ts";
import { createClients } from "./provider/clients.ts";
import type { Foundation, Lifetimes } from "./provider/foundation.ts";
import { createSigningKeys } from "./provider/keys.ts";
import { People } from "./provider/people.ts";
import { noRequests } from "./provider/request-counts.ts";
import { createRequestHandler } from "./provider/request-handler.ts";
import { Store } from "./provider/store.ts";

/** How the provider is started. Lifetimes are in seconds. */
export interface ProviderOptions extends Partial<Lifetimes> {
  readonly port: number;
  /** The origins of the app, without a slash at the end: the first is where the pages' links lead. */
  readonly appBaseUrl: string | readonly string[];
  /** The host name in the issuer URL, `localhost` unless said otherwise. It listens on loopback addresses only. */
  readonly host?: string;
  /** Where logout tokens go to; nowhere unless given: an app without a session store takes none. */
  readonly backChannelLogoutUri?: string | undefined;
  /** Clients besides the three of `clients.ts`. */
  readonly clients?: readonly ClientMetadata[];
  /** Private keys to sign with, as `createSigningKeys()` makes them; new ones unless given. */
  readonly signingKeys?: readonly JWK[];
  /** Allows a start with NODE_ENV=production: for the demo command alone, since nobody is asked for a password. */
  readonly allowProduction?: boolean;
}

/**
 * The embedded OpenID provider: oidc-provider, a certified implementation, with accounts in memory. Its lifetimes may
 * be changed while it runs and hold for what is issued next.
 */
export class EmbeddedProvider implements Lifetimes {
  accessTokenTtl: number;
  idTokenTtl: number;
  refreshTokenTtl: number;
  intercept: Intercept | undefined;
  readonly issuer: string;
  readonly people = new People();
  /** Requests since the start or the last `resetCounts()`. */
  readonly counts = noRequests();
  readonly #port: number;
  readonly #store = new Store();
  #foundation: Foundation;
  #handle: RequestListener;
  #listener: Listener | undefined;

  /** Made by `startProvider()`. */
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
   * Listens, on the port it was made for. What it knew when it was stopped it still knows.
   *
   * @throws Error with the code `EADDRINUSE` when the port is taken
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

  /** Frees the port and cuts every connection. Keys, accounts, sessions and grants stay. */
  async stop(): Promise<void> {
    const listener = this.#listener;
    this.#listener = undefined;
    await listener?.close();
  }

  /** Signs with new keys from now on; the old ones are gone from the JWKS. */
  async rotateKeys(): Promise<void> {
    this.#rebuild({ signingKeys: await createSigningKeys() });
  }

  /** What it signs with at present, private keys as JWKs: tests sign in its name. */
  get signingKeys(): readonly JWK[] {
    return this.#foundation.signingKeys;
  }

  /** Knows one more client from now on, in place of the one that had its id, if any. */
  addClient(client: ClientMetadata): void {
    const others = this.#foundation.clients.filter(({ client_id }) => client_id !== client.client_id);
    this.#rebuild({ clients: [...others, client] });
  }

  /** Ends the grants of one person: refreshing gives `invalid_grant`, userinfo refuses their access tokens. */
  revokeGrants(email: string): void {
    const person = this.people.find(email);
    if (person) this.#store.revokeGrantsOf(person.sub);
  }

  /** Forgets every refresh token: refreshing gives `invalid_grant`. */
  revokeAllRefreshTokens(): void {
    this.#store.removeAll("RefreshToken");
  }

  /** Starts counting anew. */
  resetCounts(): void {
    Object.assign(this.counts, noRequests());
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
 * @throws Error with the code `EADDRINUSE` when the port is taken
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
