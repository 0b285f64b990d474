import { hash } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { log } from "../../log.ts";
import { getSettings } from "../../settings.ts";
import { BoundedMap, sharedState } from "../../shared-state.ts";
import { SITE } from "../../site.ts";
import { openStore } from "../../store/open-store.ts";
import { type Store, StoreError } from "../../store/store.ts";
import { decrypt, encrypt } from "../seal.ts";

/** What the session store holds, each kind under keys of its own. */
type Kind =
  /** A session's tokens and times, until its absolute end. Written by its login and by a refresh, by nothing else. */
  | "session"
  /** When its visitor was last here, until its idle time is over. */
  | "visit"
  /** That it was ended, or all of an owner's, for as long as a request that began before may still be under way. */
  | "ended"
  /** Which sessions a person has, and which belong to one session at the provider. */
  | "subject"
  | "sid"
  /** How a refresh failed a moment ago, so that not every process asks the provider anew. */
  | "failed"
  /** Somebody is refreshing a session. */
  | "lock"
  /** Nothing but that the store takes entries: one for each process. */
  | "probe"
  /** A login that was answered, or is being answered. */
  | "answered"
  /** A logout token that was used, or is being used. */
  | "jti";

/** For how long an end is remembered: longer than any request that may have begun before. */
export const ENDED_LIFETIME = 600; // seconds

const MAX_KEPT = 2_000; // entries kept decrypted in this process
const MAX_KEPT_LENGTH = 32_000; // characters of one of them

/** In ms: for how long an entry that others change is tried, and the longest pause between two attempts. */
const UPDATE_PATIENCE = 15_000;
const UPDATE_PAUSE = 50;

interface Kept {
  readonly encrypted: string;
  readonly value: unknown;
}

/** Decrypted entries, good as long as the store holds the same: decrypting and parsing cost more than fetching. */
const kept = () => sharedState("session records", () => new BoundedMap<string, Kept>(MAX_KEPT));

/**
 * The store of `SESSION_STORE_URL`.
 *
 * @throws Error where the setting is absent: only code that runs with a store calls this
 */
export function store(): Store {
  const { sessionStoreUrl } = getSettings();
  if (sessionStoreUrl === null) throw new Error("SESSION_STORE_URL is not set");
  return openStore(sessionStoreUrl);
}

/** A short name of something secret or personal, fit for a key. */
export function digest(...parts: string[]): string {
  return hash("sha256", JSON.stringify(parts), "base64url");
}

/** The key that something is stored under. @param name a {@link digest} */
export function keyOf(kind: Kind, name: string): string {
  return `${SITE.id}:${kind}:${name}`;
}

/**
 * Reads entries in one round trip. One that is corrupt, or was put there by somebody else, counts as absent.
 *
 * @throws StoreError
 */
export async function readRecords(keys: readonly string[]): Promise<unknown[]> {
  const found = await store().get(keys);
  return Promise.all(keys.map((key, index) => open(key, found[index] ?? null)));
}

/**
 * Writes an entry. @param expiresAt Unix seconds
 *
 * @throws StoreError
 */
export async function writeRecord(key: string, value: object, expiresAt: number): Promise<void> {
  await store().set(key, await encrypt("store", value, key), expiresAt);
}

/**
 * Changes an entry that other processes may change at the same time. It is written only where it is still what `change`
 * was given; otherwise `change` is asked again, with what is there now.
 *
 * @param change given what is there, null for nothing; returns what to write. `expiresAt` is in Unix seconds
 * @throws StoreError
 */
export async function updateRecord(
  key: string,
  change: (current: unknown) => Promise<{ readonly value: object; readonly expiresAt: number }>,
): Promise<void> {
  const giveUpAt = performance.now() + UPDATE_PATIENCE;
  do {
    const [before = null] = await store().get([key]);
    const { value, expiresAt } = await change(await open(key, before));
    const next = { value: await encrypt("store", value, key), expiresAt };
    const isWritten =
      before === null ? store().add(key, next.value, expiresAt) : store().replace(key, before, next);
    if (await isWritten) return;
    await pause(Math.random() * UPDATE_PAUSE); // those who came together do not come back together
  } while (performance.now() < giveUpAt);
  throw new StoreError("an entry of the session store changes all the time");
}

async function open(key: string, encrypted: string | null): Promise<unknown> {
  if (encrypted === null) return null;
  const known = kept().get(key);
  if (known?.encrypted === encrypted) return known.value;
  try {
    const value: unknown = await decrypt("store", encrypted, key);
    if (encrypted.length <= MAX_KEPT_LENGTH) kept().set(key, { encrypted, value });
    return value;
  } catch (error) {
    const reason = error instanceof Error ? error.message : "unknown";
    log.warn({ step: "session", entry: key, reason }, "an entry of the session store cannot be read");
    return null;
  }
}
