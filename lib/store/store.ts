import { SITE } from "../site.ts";

/**
 * A key-value store with expiring entries, shared by all processes that open the same database. {@link storeKey} makes
 * the keys. A value is a text of at most 400 KB. Times are Unix seconds. A method that fails throws a `StoreError`.
 */
export interface Store {
  /** Reads values in one round trip, in the order of the keys. Null stands for an absent or expired entry. */
  get(keys: readonly string[]): Promise<(string | null)[]>;
  /** Writes a value. Overwrites the key's existing value. */
  set(key: string, value: string, expiresAt: number): Promise<void>;
  /** Writes a value if the key has none. Atomic across all processes. @returns whether the value was written */
  add(key: string, value: string, expiresAt: number): Promise<boolean>;
  /**
   * Compare-and-set: if the value is still `expected`, writes `next`, or removes the entry if `next` is null. Atomic
   * across all processes, so that no process overwrites the change of another. @returns whether the entry was changed
   */
  replace(key: string, expected: string, next: Entry | null): Promise<boolean>;
  /** Removes entries. Keys without an entry are ignored. */
  delete(keys: readonly string[]): Promise<void>;
  /** Closes the connections that the store opened. A client that was passed to the store stays open. */
  close(): Promise<void>;
}

/** The new value that `replace` writes, and when it expires. */
export interface Entry {
  readonly value: string;
  readonly expiresAt: number;
}

/** The app's name in a database: a part of the names of connections, tables and keys. */
export const APP = SITE.id;

/** The name of the table in SQL databases, and of the collection in MongoDB. */
export const TABLE = `${APP.replaceAll("-", "_")}_sessions`;

/** The key of an entry, in every store: at most 120 ASCII characters. */
export function storeKey(kind: string, name: string): string {
  return `${APP}:${kind}:${name}`;
}

/**
 * Thrown if the store cannot be reached, responds with an error, or takes too long. The message is safe to log: it
 * contains the kind of store and its address, but no credentials. Use {@link isStoreError} instead of `instanceof`,
 * because Next.js bundles this class twice: for the middleware, and for pages and routes.
 */
export class StoreError extends Error {
  override readonly name = "StoreError";
}

/** Whether an error is a `StoreError`, even one that code in the other bundle of Next.js threw. */
export function isStoreError(error: unknown): error is StoreError {
  return error instanceof Error && error.name === "StoreError";
}

/** The interface that each database implements: a store whose methods throw the driver's errors. */
export interface Backend extends Store {
  /** Called when an operation exceeds its time limit. A back end with a single connection closes the connection. */
  onTimeout?(): void;
}

/** Time limits in milliseconds. */
export interface TimeLimits {
  readonly operation: number;
  readonly connect: number;
}

/** A store that answers after two seconds is slow, but works. If it needs ten seconds, it is treated as unavailable. */
export const TIME_LIMITS: TimeLimits = { operation: 10_000, connect: 5_000 };
