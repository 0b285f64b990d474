import { freshProcess } from "./fresh-process.ts";
import { keepSessionsIn, MemoryStore, STORE_URL } from "./memory-store.ts"; // part: store

/** Where sessions may be kept: for tests of what the rest of the app sees, which is the same with either. */
export const STORAGES = [
  "cookies",
  "a store", // part: store
] as const;

export type StorageKind = (typeof STORAGES)[number];

/** The settings for each. */
export const SETTINGS_FOR: Readonly<Record<StorageKind, Readonly<Record<string, string>>>> = {
  cookies: {},
  "a store": { SESSION_STORE_URL: STORE_URL }, // part: store
};

const prepare: Readonly<Partial<Record<StorageKind, () => void>>> = {
  "a store": () => keepSessionsIn(new MemoryStore()), // part: store
};

/** Gives a process with {@link SETTINGS_FOR} an empty place for its sessions. */
export function startEmpty(storage: StorageKind): void {
  prepare[storage]?.();
}

/** As `freshProcess`, in a server that keeps its sessions there, without any session yet. */
export function freshProcessWith(
  storage: StorageKind,
  changes: Readonly<Record<string, string | undefined>> = {},
): void {
  freshProcess({ ...SETTINGS_FOR[storage], ...changes });
  startEmpty(storage);
}
