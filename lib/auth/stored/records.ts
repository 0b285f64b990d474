import { hash } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { log } from "../../log.ts";
import { getSettings } from "../../settings.ts";
import { BoundedMap, sharedState } from "../../shared-state.ts";
import { openStore } from "../../store/open-store.ts";
import { isStoreError, type Store, storeKey } from "../../store/store.ts";
import { decrypt, encrypt } from "../seal.ts";
import { SessionsUnavailableError } from "./unavailable.ts";

/** The kinds of entries in the session store. Each kind has its own keys. */
export type Kind =
  /** A session's tokens and times. Expires at the session's `expiresAt`. Only logins and refreshes write this entry. */
  | "session"
  /** The time and the browser of a session's last visit. Expires with the session's idle time. */
  | "visit"
  /** Marks an ended session, or an `Owner` whose sessions were all ended. Outlasts every request that began before. */
  | "ended"
  /** The inspector's trace of a session's login. */ // part: inspector
  | "trace" // part: inspector
  /** A list of sessions: those of a person (`subject`), or those of a session at the provider (`sid`). */
  | "subject"
  | "sid"
  /** How the last refresh failed. Other processes then do not repeat the request to the provider. */
  | "failed"
  /** A lock that is held during a refresh. */
  | "lock"
  /** A test entry, written to check that the store accepts writes. Each process has its own. */
  | "probe"
  /** The progress of a login whose authorization response has arrived: `pending`, `finished` or `failed`. */
  | "answered"
  // part: broker
  /** A program's login, or a list of programs: those of a person, or those of a session at the provider (`sid`). */
  | "program"
  | "programs"
  | "programs-sid"
  /** An authorization code of the broker. */
  | "code"
  /** A device code for which a program has just polled. */
  | "polled"
  /** The broker's signing keys. */
  | "keys"
  // end part: broker
  /** A logout token that was used or is being used. */
  | "jti";

/** The app remembers for this time that a session was ended. No request that began before the end takes longer. */
export const ENDED_LIFETIME = 600; // seconds

const MAX_KEPT = 2_000; // this process keeps at most this many decrypted entries
const MAX_KEPT_LENGTH = 32_000; // characters; the process does not keep longer entries

/** An update is repeated if another process has changed the entry meanwhile. Times in ms. */
const UPDATE_PATIENCE = 15_000; // the update fails after this time
const UPDATE_PAUSE = 50; // the longest pause between two attempts

interface Kept {
  readonly encrypted: string;
  readonly value: unknown;
}

/** Caches decrypted entries, because decrypting costs more than fetching. `readRecord` compares the stored text. */
const kept = () => sharedState("session records", () => new BoundedMap<string, Kept>(MAX_KEPT));

/** The operations of {@link store}. If the store fails, they throw a `SessionsUnavailableError`. */
type SessionStore = Omit<Store, "close">;

/**
 * Returns the store of `SESSION_STORE_URL`.
 *
 * @throws Error if the setting is absent. Only code that requires a store may call this function
 */
export function store(): SessionStore {
  const { sessionStoreUrl } = getSettings();
  if (sessionStoreUrl === null) throw new Error("SESSION_STORE_URL is not set");
  const opened = openStore(sessionStoreUrl);
  return {
    get: (...args) => opened.get(...args).catch(unavailable),
    set: (...args) => opened.set(...args).catch(unavailable),
    add: (...args) => opened.add(...args).catch(unavailable),
    replace: (...args) => opened.replace(...args).catch(unavailable),
    delete: (...args) => opened.delete(...args).catch(unavailable),
  };
}

function unavailable(error: unknown): never {
  throw isStoreError(error) ? new SessionsUnavailableError(error.message, { cause: error }) : error;
}

/** Hashes values for a store key, because keys must not contain secret or personal values. */
export function digest(...parts: string[]): string {
  return hash("sha256", JSON.stringify(parts), "base64url");
}

/** Returns the key of an entry. @param name a {@link digest}, or a random id */
export function keyOf(kind: Kind, name: string): string {
  return storeKey(kind, name);
}

/**
 * Reads entries in one round trip. Returns null for an entry that is absent, corrupt or forged.
 *
 * @throws SessionsUnavailableError if the store is unavailable
 */
export async function readRecords(keys: readonly string[]): Promise<unknown[]> {
  const found = await store().get(keys);
  return Promise.all(keys.map((key, index) => readRecord(key, found[index] ?? null)));
}

/** Writes an entry. @param expiresAt Unix seconds @throws SessionsUnavailableError if the store is unavailable */
export async function writeRecord(key: string, value: object, expiresAt: number): Promise<void> {
  await store().set(key, await encrypt("store", value, key), expiresAt);
}

/**
 * Changes an entry with compare-and-set. If another process changes the entry at the same time, calls `change` again
 * with the new value.
 *
 * @param change gets the value (null if it is absent or unreadable), and returns the new one. `expiresAt`: Unix seconds
 * @throws SessionsUnavailableError if the store is unavailable, or if other processes keep changing the entry
 */
export async function updateRecord(
  key: string,
  change: (current: unknown) => Promise<{ readonly value: object; readonly expiresAt: number }>,
): Promise<void> {
  const giveUpAt = performance.now() + UPDATE_PATIENCE;
  do {
    const [before = null] = await store().get([key]);
    const { value, expiresAt } = await change(await readRecord(key, before));
    const next = { value: await encrypt("store", value, key), expiresAt };
    const isWritten =
      before === null ? store().add(key, next.value, expiresAt) : store().replace(key, before, next);
    if (await isWritten) return;
    await pause(Math.random() * UPDATE_PAUSE); // random, so that waiting processes do not all retry at the same moment
  } while (performance.now() < giveUpAt);
  throw new SessionsUnavailableError("other processes keep changing an entry of the session store");
}

async function readRecord(key: string, encrypted: string | null): Promise<unknown> {
  if (encrypted === null) return null;
  const known = kept().get(key);
  if (known?.encrypted === encrypted) return known.value;
  try {
    const value: unknown = await decrypt("store", encrypted, key);
    if (encrypted.length <= MAX_KEPT_LENGTH) kept().set(key, { encrypted, value });
    return value;
  } catch (error) {
    const reason = error instanceof Error ? error.message : "unknown";
    log.warn({ step: "session", entry: key, reason }, "cannot read an entry of the session store");
    return null;
  }
}
