import type { JWK } from "jose";
import type { ClientMetadata } from "oidc-provider";
import type { People } from "./people.ts";
import type { Store } from "./store.ts";

/** Lifetimes in seconds. They are read at each use, so that tests can change them while the provider runs. */
export interface Lifetimes {
  accessTokenTtl: number;
  idTokenTtl: number;
  refreshTokenTtl: number;
}

/** What an oidc-provider object is built from. New keys or clients need a new object; everything else here is kept. */
export interface Foundation {
  readonly issuer: string;
  /** The target of the links back to the app. */
  readonly appUrl: string;
  readonly clients: readonly ClientMetadata[];
  readonly cookieKeys: readonly string[];
  readonly signingKeys: readonly JWK[];
  readonly lifetimes: Lifetimes;
  readonly people: People;
  readonly store: Store;
}
