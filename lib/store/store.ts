import { SITE } from "../site.ts";

/**
 * A key-value store with expiring entries, shared by every process that opens the same one. Keys are made by
 * {@link storeKey}, values are text of at most 400 KB, times are Unix seconds. Every method throws a `StoreError`.
 */
export interface Store {
  /** The values of the keys, in their order; null for an entry that is absent or expired. One round trip. */
  get(keys: readonly string[]): Promise<(string | null)[]>;
  /** Writes a value. Overwrites an existing value of the key. */
  set(key: string, value: string, expiresAt: number): Promise<void>;
  /** Writes a value if the key has none. Atomic among all processes. @returns whether it was written */
  add(key: string, value: string, expiresAt: number): Promise<boolean>;
  /**
   * If the value is still `expected`, writes `next`, or removes the entry if `next` is null (compare-and-set). Atomic
   * among all processes, so that no process overwrites the change of another one. @returns whether it was done
   */
  replace(key: string, expected: string, next: Entry | null): Promise<boolean>;
  /** Removes entries. Keys without an entry are ignored. */
  delete(keys: readonly string[]): Promise<void>;
  /** Closes the connections that were opened here. A client that was passed in stays open. */
  close(): Promise<void>;
}

/** The new value that `replace` writes, and when it expires. */
export interface Entry {
  readonly value: string;
  readonly expiresAt: number;
}

/** The app's name in a database: in the names of connections, tables and keys. */
export const APP = SITE.id;

/** The name of the table in SQL databases, and of the collection in MongoDB. */
export const TABLE = `${APP.replaceAll("-", "_")}_sessions`;

/** The key of an entry, in every store: at most 120 ASCII characters. */
export function storeKey(kind: string, name: string): string {
  return `${APP}:${kind}:${name}`;
}

/**
 * The store cannot be reached, answers with an error, or takes too long. The message is safe to log: it contains the
 * kind of store and its address, and no credentials. Use {@link isStoreError} instead of `instanceof`: Next.js
 * bundles the middleware separately from pages and routes, so each of the two has its own class.
 */
export class StoreError extends Error {
  override readonly name = "StoreError";
}

/** Whether an error is a `StoreError` from either bundle. */
export function isStoreError(error: unknown): error is StoreError {
  return error instanceof Error && error.name === "StoreError";
}

/** The interface that each database implements: a store whose methods throw the driver's errors. */
export interface Backend extends Store {
  /** Called when an operation has exceeded its time limit, so that a connection that all operations share is closed. */
  onTimeout?(): void;
}

/** In milliseconds. */
export interface TimeLimits {
  readonly operation: number;
  readonly connect: number;
}

/** A store that takes two seconds is slow; a store that takes ten seconds is treated as down. */
export const TIME_LIMITS: TimeLimits = { operation: 10_000, connect: 5_000 };
