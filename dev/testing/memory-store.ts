import { nowInSeconds } from "@/lib/clock.ts";
import { sharedState } from "@/lib/shared-state.ts";
import { type Entry, type Store, StoreError, storeKey } from "@/lib/store/store.ts";

/** The SESSION_STORE_URL of tests with a {@link MemoryStore}. */
export const STORE_URL = "sqlite:never-opened";

/** A session store in memory, whose entries a test can read and change. */
export class MemoryStore implements Store {
  readonly entries = new Map<string, Entry>();
  /** The name and the keys of each operation so far, oldest first. */
  readonly operations: { readonly name: keyof Store; readonly keys: readonly string[] }[] = [];
  /** Called before each operation. A test sets it to delay operations, or to throw {@link unavailable}. */
  before: (name: keyof Store, keys: readonly string[]) => Promise<void> | void = () => undefined;

  async get(keys: readonly string[]): Promise<(string | null)[]> {
    await this.#begin("get", keys);
    return keys.map((key) => this.#find(key)?.value ?? null);
  }

  async set(key: string, value: string, expiresAt: number): Promise<void> {
    await this.#begin("set", [key]);
    this.entries.set(key, { value, expiresAt });
  }

  async add(key: string, value: string, expiresAt: number): Promise<boolean> {
    await this.#begin("add", [key]);
    if (this.#find(key)) return false;
    this.entries.set(key, { value, expiresAt });
    return true;
  }

  async replace(key: string, expected: string, next: Entry | null): Promise<boolean> {
    await this.#begin("replace", [key]);
    if (this.#find(key)?.value !== expected) return false;
    if (next) this.entries.set(key, next);
    else this.entries.delete(key);
    return true;
  }

  async delete(keys: readonly string[]): Promise<void> {
    await this.#begin("delete", keys);
    for (const key of keys) this.entries.delete(key);
  }

  async close(): Promise<void> {}

  /** Lists the keys of all entries of one kind, except expired entries. */
  keys(kind: string): string[] {
    return [...this.entries.keys()].filter((key) => key.startsWith(storeKey(kind, "")) && this.#find(key));
  }

  async #begin(name: keyof Store, keys: readonly string[]): Promise<void> {
    this.operations.push({ name, keys });
    await this.before(name, keys);
  }

  #find(key: string): Entry | undefined {
    const entry = this.entries.get(key);
    return entry && nowInSeconds() < entry.expiresAt ? entry : undefined;
  }
}

/** Throws the error of a store that cannot be reached. */
export function unavailable(): never {
  throw new StoreError("the store of the tests is unavailable");
}

/** Makes the app use this store. Call it after `freshProcess({ SESSION_STORE_URL: STORE_URL })`. */
export function keepSessionsIn(store: Store): void {
  sharedState("stores", () => new Map<string, Store>()).set(STORE_URL, store);
}
