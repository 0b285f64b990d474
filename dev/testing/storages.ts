import { freshProcess } from "./fresh-process.ts";
import { keepSessionsIn, MemoryStore, STORE_URL } from "./memory-store.ts"; // part: store

/** Where the app can store sessions. Many tests run once for each of these storages. */
export const STORAGES = [
  "cookies",
  "a store", // part: store
] as const;

export type StorageKind = (typeof STORAGES)[number];

/** The settings that select each storage. */
export const SETTINGS_FOR: Readonly<Record<StorageKind, Readonly<Record<string, string>>>> = {
  cookies: {},
  "a store": { SESSION_STORE_URL: STORE_URL }, // part: store
};

const prepare: Readonly<Partial<Record<StorageKind, () => void>>> = {
  "a store": () => keepSessionsIn(new MemoryStore()), // part: store
};

/** Makes the session storage empty. The process must already have the storage's settings ({@link SETTINGS_FOR}). */
export function startEmpty(storage: StorageKind): void {
  prepare[storage]?.();
}

/** Like `freshProcess`, but the app stores sessions in the given storage, which is empty at first. */
export function freshProcessWith(
  storage: StorageKind,
  changes: Readonly<Record<string, string | undefined>> = {},
): void {
  freshProcess({ ...SETTINGS_FOR[storage], ...changes });
  startEmpty(storage);
}
