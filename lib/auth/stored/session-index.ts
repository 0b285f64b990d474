import { randomUUID } from "node:crypto";
import { nowInSeconds } from "../../clock.ts";
import { getSettings } from "../../settings.ts";
import type { Claims } from "../provider/jwt.ts";
import { digest, ENDED_LIFETIME, keyOf, readRecords, store, updateRecord } from "./records.ts";

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
export type Owner = { readonly iss: string } & ({ readonly sub: string } | { readonly sid: string });

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
  const key = listKey(owner);
  const [list] = await readRecords([key]);
  return entriesOf(list).map(({ name }) => name);
}

/** Notes that all sessions of an owner are being ended, for a login that is not in the list yet. @throws StoreError */
export async function noteEnding(owner: Owner): Promise<void> {
  await store().set(endingKey(owner), randomUUID(), nowInSeconds() + ENDED_LIFETIME);
}

/**
 * What is noted of the end of a session, and of all sessions of its owners: it has changed where they were ended between
 * two calls.
 *
 * @param claims of the session's ID token
 * @throws StoreError
 */
export async function endingsOf(name: string, claims: Claims): Promise<string> {
  return (await store().get([keyOf("ended", name), ...ownersOf(claims).map(endingKey)])).join();
}

function ownersOf(claims: Claims): Owner[] {
  const { sid } = claims;
  const [iss, sub] = [String(claims.iss), String(claims.sub)];
  return [{ iss, sub }, ...(typeof sid === "string" && sid ? [{ iss, sid }] : [])];
}

/**
 * A subject and a `sid` are unique within the issuer of the token, which is not always the one in the settings: each
 * tenant of Entra ID has its own. Sessions of another client are not listed.
 */
function listKey(owner: Owner): string {
  const { clientId } = getSettings().oidc;
  return "sub" in owner
    ? keyOf("subject", digest(owner.iss, clientId, owner.sub))
    : keyOf("sid", digest(owner.iss, clientId, owner.sid));
}

function endingKey(owner: Owner): string {
  return keyOf("ended", digest(listKey(owner)));
}

async function enter(key: string, entry: Entry): Promise<readonly string[]> {
  let tooMany: Entry[] = [];
  await updateRecord(key, async (list) => {
    const entries = await withoutEnded([...entriesOf(list), entry]);
    tooMany = entries.splice(0, Math.max(0, entries.length - MAX_SESSIONS));
    return { value: entries, expiresAt: Math.max(...entries.map(({ expiresAt }) => expiresAt)) };
  });
  return tooMany.map(({ name }) => name);
}

/** Log-outs leave their entry behind: who logs in and out again and again must not lose the session of another device. */
async function withoutEnded(entries: Entry[]): Promise<Entry[]> {
  if (entries.length <= MAX_UNCHECKED) return entries;
  const visits = await store().get(entries.map(({ name }) => keyOf("visit", name)));
  return entries.filter((_, index) => visits[index] !== null);
}

function entriesOf(list: unknown): Entry[] {
  return Array.isArray(list) ? list.filter(({ expiresAt }: Entry) => nowInSeconds() < expiresAt) : [];
}
