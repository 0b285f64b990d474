import { randomUUID } from "node:crypto";
import { exportJWK, generateKeyPair, importJWK, type JWK } from "jose";
import { nowInSeconds } from "../../clock.ts";
import { sharedState } from "../../shared-state.ts";
import { digest, keyOf, readRecords, updateRecord } from "../stored/records.ts";

/** Every key is for this algorithm, because some servers reject a key set with keys of different types. */
export const ALGORITHM = "RS256";

const SIGN_FOR = 86_400; // a key signs tokens for this many seconds
/** A key is published this many seconds before it signs, so that all instances and other servers know it by then. */
const ANNOUNCE = 900;
/** A key stays published for about this many seconds, or longer, after its last signature. Tokens expire sooner. */
const KEEP = 86_400;
/** An instance reads the keys again after this many seconds. The time must be shorter than ANNOUNCE. */
const REREAD_AFTER = 300;
/** For an unknown `kid`, which anyone can send, the keys are read at most once in this many seconds. */
const REREAD_UNKNOWN_AFTER = 10;
/** The store entry with the keys expires after this time, because every entry must. Each new key extends it. */
const RECORD_LIFETIME = 366 * 86_400; // seconds

/** A private key in the store. Entries of the store are encrypted. */
interface StoredKey {
  readonly kid: string;
  readonly privateJwk: JWK;
  /** Unix seconds. */
  readonly signsFrom: number;
}

interface KnownKeys {
  keys: readonly StoredKey[];
  readAt: number;
  reading: Promise<readonly StoredKey[]> | undefined;
}

const RECORD = () => keyOf("keys", digest("broker"));

const known = () =>
  sharedState<KnownKeys>("broker keys", () => ({ keys: [], readAt: 0, reading: undefined }));

/** Keys that `jose` can use, by their use and id. Each bundle of Next.js has its own map. */
const imported = new Map<string, Promise<CryptoKey>>();

/** The current signing key. @throws SessionsUnavailableError if no key is known yet and the store is unavailable */
export async function signingKey(): Promise<{ readonly kid: string; readonly key: CryptoKey }> {
  const current = signerOf(await currentKeys());
  if (!current) throw new Error("there is no signing key");
  return { kid: current.kid, key: await importKey(current.kid, "sign", current.privateJwk) };
}

/**
 * The public key with this id. A known key is returned without waiting for the store. If the known keys are old, they
 * are read again in the background.
 *
 * @returns undefined if this app has no such key
 * @throws SessionsUnavailableError if the key is not known yet and the store is unavailable
 */
export async function verificationKey(kid: string): Promise<CryptoKey | undefined> {
  const { keys, readAt } = known();
  const age = nowInSeconds() - readAt;
  const find = (candidates: readonly StoredKey[]) => candidates.find((key) => key.kid === kid);
  let found = find(keys);
  if (found && age >= REREAD_AFTER) readKeys().catch(() => undefined); // a later request tries again
  if (!found && age >= REREAD_UNKNOWN_AFTER) found = find(await readKeys());
  return found && importKey(kid, "verify", publicJwk(found));
}

/** The public keys as a JWK Set (RFC 7517, 5): the current key, the previous keys, and the next key. */
export async function publishedKeys(): Promise<{ readonly keys: readonly JWK[] }> {
  return { keys: (await currentKeys()).map(publicJwk) };
}

async function currentKeys(): Promise<readonly StoredKey[]> {
  const { keys, readAt } = known();
  if (keys.length > 0 && nowInSeconds() - readAt < REREAD_AFTER) return keys;
  return readKeys().catch((error: unknown) => {
    if (signerOf(keys) === undefined) throw error;
    return keys; // the store is unavailable: use the known keys
  });
}

/** Reads the keys. Parallel callers share one read of the store, so they create at most one new key. */
function readKeys(): Promise<readonly StoredKey[]> {
  const state = known();
  state.reading ??= readAndRotate()
    .then((keys) => {
      Object.assign(state, { keys, readAt: nowInSeconds() });
      return keys;
    })
    .finally(() => {
      state.reading = undefined;
    });
  return state.reading;
}

/** Reads the keys, and adds the next one if it is due. Instances that do this at the same time agree on one key. */
async function readAndRotate(): Promise<readonly StoredKey[]> {
  let [keys] = (await readRecords([RECORD()])).map(toKeys);
  if (keys && !needsNextKey(keys)) return keys;
  const next = await generateKey();
  await updateRecord(RECORD(), async (current) => {
    keys = withNext(toKeys(current), next);
    return { value: keys, expiresAt: nowInSeconds() + RECORD_LIFETIME };
  });
  return keys ?? [];
}

/** Adds the next key, unless another instance has added a key in the meantime. */
function withNext(keys: readonly StoredKey[], next: Omit<StoredKey, "signsFrom">): readonly StoredKey[] {
  if (!needsNextKey(keys)) return keys;
  const now = nowInSeconds();
  const signer = signerOf(keys);
  const kept = keys.filter((key) => key === signer || now < key.signsFrom + SIGN_FOR + KEEP);
  return [{ ...next, signsFrom: signer ? now + ANNOUNCE : now }, ...kept];
}

/** Whether it is time to add the next key. Keys are ordered by age, the newest first. */
function needsNextKey(keys: readonly StoredKey[]): boolean {
  const [newest] = keys;
  return newest === undefined || nowInSeconds() >= newest.signsFrom + SIGN_FOR - ANNOUNCE;
}

function signerOf(keys: readonly StoredKey[]): StoredKey | undefined {
  return keys.find(({ signsFrom }) => signsFrom <= nowInSeconds());
}

async function generateKey(): Promise<Omit<StoredKey, "signsFrom">> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true, modulusLength: 2048 });
  return { kid: randomUUID(), privateJwk: await exportJWK(privateKey) };
}

function toKeys(record: unknown): readonly StoredKey[] {
  return Array.isArray(record) ? record : [];
}

function publicJwk({ kid, privateJwk: { kty, n, e } }: StoredKey): JWK {
  return { kty, n, e, kid, use: "sig", alg: ALGORITHM } as JWK;
}

function importKey(kid: string, use: "sign" | "verify", jwk: JWK): Promise<CryptoKey> {
  const name = `${use} ${kid}`;
  const key = imported.get(name) ?? (importJWK(jwk, ALGORITHM) as Promise<CryptoKey>);
  imported.set(name, key); // the map grows by two keys a day
  return key;
}
