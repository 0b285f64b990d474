import type { DatabaseSync } from "node:sqlite";
import { sharedState } from "../shared-state.ts";
import { lazyStore } from "./lazy-store.ts";
import { type Backend, type Store, StoreError, TIME_LIMITS, type TimeLimits } from "./store.ts";
import { parseStoreUrl, type StoreAddress } from "./store-url.ts";

/** A client or pool that the app has already. It stays its owner's: nothing here closes it. */
export type StoreClient = { readonly sqlite: DatabaseSync };

/**
 * Has the store use a client or pool that is there already, instead of opening one. Call it in instrumentation.ts,
 * before the first request; `SESSION_STORE_URL` still names the kind of store.
 */
export function provideStoreClient(client: StoreClient): void {
  provided().client = client;
}

/**
 * The store at an address: the same one for the same address throughout this process. Nothing is connected here, and
 * no driver loaded; the first operation does that. A server that is down makes operations fail, and no more.
 *
 * @param url the value of `SESSION_STORE_URL`
 * @throws StoreError where the URL is none of a store
 */
export function openStore(url: string): Store {
  const stores = sharedState("stores", () => new Map<string, Store>());
  const store = stores.get(url) ?? createStore(url);
  stores.set(url, store);
  return store;
}

/** A store of its own, as {@link openStore} gives it; tests shorten its time limits. */
export function createStore(url: string, limits: TimeLimits = TIME_LIMITS): Store {
  const address = parseStoreUrl(url);
  if ("problem" in address) throw new StoreError(`SESSION_STORE_URL ${address.problem}`);
  return lazyStore(address, () => openBackend(address, limits), limits);
}

/** Only the chosen store's driver is loaded: each of these modules imports one. */
async function openBackend({ kind, target }: StoreAddress, limits: TimeLimits): Promise<Backend> {
  const client: StoreClient | Record<string, never> = provided().client ?? {};
  switch (kind) {
    case "sqlite": {
      const { openSqlite, sqliteDatabase } = await import("./sqlite-database.ts");
      const { sqlStore } = await import("./sql-store.ts");
      return sqlStore("sqlite" in client ? sqliteDatabase(client.sqlite) : openSqlite(target));
    }
    default:
      throw new Error(`${kind} ${limits.connect}`);
  }
}

function provided(): { client: StoreClient | null } {
  return sharedState("store client", () => ({ client: null as StoreClient | null }));
}
