import { freshProcess } from "./fresh-process.ts";
import { keepSessionsIn, MemoryStore, STORE_URL } from "./memory-store.ts"; // part: store

/** The places where the app can store sessions, for tests that must pass with each place. */
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

/** Empties the session storage of a process that has the settings of {@link SETTINGS_FOR}. */
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
