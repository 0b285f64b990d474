/**
 * A key-value store with expiring entries, shared by every process that opens the same one. Keys are short ASCII, at
 * most 120 characters; values are text of at most 400 KB. Times are Unix seconds. Every method throws a `StoreError`.
 */
export interface Store {
  /** The living values of the keys, in their order; null for what is not there or has expired. One round trip. */
  get(keys: readonly string[]): Promise<(string | null)[]>;
  /** Writes a value over whatever is there. */
  set(key: string, value: string, expiresAt: number): Promise<void>;
  /** Writes a value only where no living one is, atomically among all processes. @returns whether it was written */
  add(key: string, value: string, expiresAt: number): Promise<boolean>;
  /**
   * Writes `next` over a value, or removes it where `next` is null, only while it is `expected`: atomically among all
   * processes, so that nobody overwrites or removes what another has written meanwhile. @returns whether it was done
   */
  replace(key: string, expected: string, next: Entry | null): Promise<boolean>;
  /** Takes entries away; absent ones do no harm. */
  delete(keys: readonly string[]): Promise<void>;
  /** Gives back the connections that were opened here; a client that was passed in stays open. */
  close(): Promise<void>;
}

/** What an entry is replaced by. */
export interface Entry {
  readonly value: string;
  readonly expiresAt: number;
}

/**
 * The store cannot be reached, answers with an error, or takes too long. The message is fit for a log: it names the
 * kind of store and where it is, and holds no credentials. Tell it by its `name`: Next bundles the middleware apart
 * from pages and routes, so that one bundle's class is foreign to the other.
 */
export class StoreError extends Error {
  override readonly name = "StoreError";
}

/** What a back end is to be: a store whose methods throw whatever its driver throws. */
export interface Backend extends Store {
  /** An operation has outlived its time: what hangs on a connection that all share gives that up. */
  onDeadline?(): void;
}

/** How long things may take, in milliseconds. */
export interface TimeLimits {
  readonly operation: number;
  readonly connect: number;
}

/** A store that takes two seconds is slow; one that takes ten is down. */
export const TIME_LIMITS: TimeLimits = { operation: 10_000, connect: 5_000 };

/** Whether something thrown is a `StoreError`, of either bundle. */
export function isStoreError(error: unknown): error is StoreError {
  return error instanceof Error && error.name === "StoreError";
}
