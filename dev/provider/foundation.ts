import type { JWK } from "jose";
import type { ClientMetadata } from "oidc-provider";
import type { People } from "./people.ts";
import type { Store } from "./store.ts";

/** Lifetimes in seconds, read at each use, so that tests can change them while the provider runs. */
export interface Lifetimes {
  accessTokenTtl: number;
  idTokenTtl: number;
  refreshTokenTtl: number;
}

/** What an oidc-provider object is made from, and what outlives it: new keys mean a new object on the same foundation. */
export interface Foundation {
  readonly issuer: string;
  /** Where the pages' links back to the app lead. */
  readonly appUrl: string;
  readonly clients: readonly ClientMetadata[];
  readonly cookieKeys: readonly string[];
  readonly signingKeys: readonly JWK[];
  readonly lifetimes: Lifetimes;
  readonly people: People;
  readonly store: Store;
}
