import { sharedState } from "../shared-state.ts";
import { lazyStore } from "./lazy-store.ts";
import { openBackend, type StoreClient } from "./open-backend.ts";
import { type Store, StoreError, TIME_LIMITS, type TimeLimits } from "./store.ts";
import { parseStoreUrl } from "./store-url.ts";

/**
 * Has the store use a client or pool that the app has already, instead of opening one. It stays its owner's, who
 * connects and closes it. Call this in instrumentation.ts, before the first request; `SESSION_STORE_URL` still says
 * that there is a store, and of which kind.
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
  return lazyStore(address, () => openBackend(address, provided().client, limits), limits);
}

function provided(): { client: StoreClient | null } {
  return sharedState("store client", () => ({ client: null as StoreClient | null }));
}
