import { nowInSeconds } from "../clock.ts";
import { getSettings } from "../settings.ts";
import { StoreError } from "../store/store.ts";
import type { Claims } from "./jwt.ts";
import { digest, keyOf, readRecords, store, writeRecord } from "./session-records.ts";
import { inTurn } from "./store-lock.ts";

/** Sessions that one person may have at a time; the oldest beyond them is ended by a further login. */
export const MAX_SESSIONS = 100;

/** A list that is longer than this is freed from sessions that have ended, before any living one is. */
const MAX_UNCHECKED = 20;

/** One session in a list: the digest of its id, and its absolute end in Unix seconds. */
interface Entry {
  readonly name: string;
  readonly expiresAt: number;
}

/** Whose sessions, or of which session at the provider (`sid`, OpenID Connect Back-Channel Logout 1.0, 2.1). */
export type Owner = { readonly sub: string } | { readonly sid: string };

/**
 * Enters a session into the lists by which it is found: that of its subject, and that of the provider's session. It is
 * stored already: who is not counts as ended.
 *
 * @param claims of its ID token
 * @returns the names of sessions that are one too many
 * @throws StoreError
 */
export async function enterSession(claims: Claims, entry: Entry): Promise<readonly string[]> {
  const lists = ownersOf(claims).map((owner) => enter(listKey(owner), entry));
  return (await Promise.all(lists)).flat();
}

/**
 * The names of the sessions of a person or of a session at the provider; some may have ended since.
 *
 * @throws StoreError
 */
export async function findSessions(owner: Owner): Promise<readonly string[]> {
  return (await read(listKey(owner))).map(({ name }) => name);
}

function ownersOf({ sub, sid }: Claims): Owner[] {
  return [{ sub: String(sub) }, ...(typeof sid === "string" && sid ? [{ sid }] : [])];
}

/** A subject is unique within its issuer, a `sid` likewise; sessions of another client are none of ours. */
function listKey(owner: Owner): string {
  const { issuer, clientId } = getSettings().oidc;
  return "sub" in owner
    ? keyOf("subject", digest(issuer, clientId, owner.sub))
    : keyOf("sid", digest(issuer, clientId, owner.sid));
}

/** Two logins at a time must not overwrite each other's entry, so they take turns. */
async function enter(key: string, entry: Entry): Promise<readonly string[]> {
  const tooMany = await inTurn(digest(key), async () => {
    const entries = await withoutEnded([...(await read(key)), entry]);
    const tooMany = entries.splice(0, Math.max(0, entries.length - MAX_SESSIONS));
    await writeRecord(key, entries, Math.max(...entries.map(({ expiresAt }) => expiresAt)));
    return tooMany.map(({ name }) => name);
  });
  if (!tooMany) throw new StoreError("the session store's lock is held for too long");
  return tooMany;
}

/** Log-outs leave their entry behind: who logs in and out again and again must not lose the session of another device. */
async function withoutEnded(entries: Entry[]): Promise<Entry[]> {
  if (entries.length <= MAX_UNCHECKED) return entries;
  const visits = await store().get(entries.map(({ name }) => keyOf("visit", name)));
  return entries.filter((_, index) => visits[index] !== null);
}

async function read(key: string): Promise<Entry[]> {
  const [entries] = await readRecords([key]);
  return Array.isArray(entries) ? entries.filter(({ expiresAt }: Entry) => nowInSeconds() < expiresAt) : [];
}
