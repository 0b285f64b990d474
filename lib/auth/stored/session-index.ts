import { randomUUID } from "node:crypto";
import { nowInSeconds } from "../../clock.ts";
import { getSettings } from "../../settings.ts";
import type { Claims } from "../provider/index.ts";
import { digest, ENDED_LIFETIME, type Kind, keyOf, readRecords, store, updateRecord } from "./records.ts";

/** A person can have this many sessions. One more login ends the oldest session. */
export const MAX_SESSIONS = 100;

/** Ended sessions are removed only from lists that are longer than this. */
const MAX_UNCHECKED = 20;

/** Kinds of store entries: a person's list, the list of a session at the provider (`sid`), and a member of a list. */
export interface ListKind {
  readonly subject: Kind;
  readonly sid: Kind;
  readonly member: Kind;
  /** A list can have this many members. One more ends the first. A member that is added again moves to the end. */
  readonly most: number;
}

const SESSIONS: ListKind = { subject: "subject", sid: "sid", member: "visit", most: MAX_SESSIONS };

/** A session in a list: the digest of its id, and the time at which it ends at the latest (Unix seconds). */
interface Entry {
  readonly name: string;
  readonly expiresAt: number;
}

/** The owner of sessions of this app: a person, or a session at the provider (`sid`, Back-Channel Logout 1.0, 2.1). */
export type Owner = { readonly iss: string } & ({ readonly sub: string } | { readonly sid: string });

/**
 * Adds a session to the list of its person and, if the ID token has a `sid`, to the list of that session at the
 * provider. Store the session first, because sessions that are not in the store are treated as ended.
 *
 * @param claims the claims of the session's ID token
 * @returns the names of the sessions that exceed the limit. The caller must end them
 * @throws SessionsUnavailableError if the store is unavailable
 */
export async function indexSession(
  claims: Claims,
  entry: Entry,
  kind = SESSIONS,
): Promise<readonly string[]> {
  const lists = ownersOf(claims).map((owner) => addToList(listKey(owner, kind), entry, kind));
  return (await Promise.all(lists)).flat();
}

/**
 * Finds the names of all sessions of an owner. Some of these sessions may have ended already.
 *
 * @throws SessionsUnavailableError if the store is unavailable
 */
export async function findSessions(owner: Owner, kind = SESSIONS): Promise<readonly string[]> {
  const [list] = await readRecords([listKey(owner, kind)]);
  return entriesOf(list).map(({ name }) => name);
}

/** Leaves a mark that makes an owner's logins in progress fail. Ends no session. @throws SessionsUnavailableError */
export async function noteEnding(owner: Owner): Promise<void> {
  await store().set(endingKey(owner), `${Date.now()} ${randomUUID()}`, nowInSeconds() + ENDED_LIFETIME);
}

/**
 * Reads the marks that say that a session, or all sessions of one of its owners, were ended. If two calls return
 * different texts, the session was ended between these calls.
 *
 * @param claims  the claims of the session's ID token
 * @param begunAt when the session's tokens were requested, in Unix milliseconds
 * @returns the marks as one text; null if all sessions of an owner were ended after `begunAt`
 * @throws SessionsUnavailableError if the store is unavailable
 */
export async function endingsOf(name: string, claims: Claims, begunAt: number): Promise<string | null> {
  const marks = await store().get([keyOf("ended", name), ...ownersOf(claims).map(endingKey)]);
  const isEnded = marks.slice(1).some((mark) => Number.parseInt(mark ?? "0", 10) > begunAt);
  return isEnded ? null : marks.join();
}

/** Returns the person whom an ID token describes. */
export function personOf({ iss, sub }: { readonly iss?: unknown; readonly sub?: unknown }): Owner {
  return { iss: String(iss), sub: String(sub) };
}

function ownersOf(claims: Claims): Owner[] {
  const { iss, sid } = claims;
  return [personOf(claims), ...(typeof sid === "string" && sid ? [{ iss: String(iss), sid }] : [])];
}

/**
 * The key of an owner's list for this client. It depends on the ID token's `iss`, because `sub` and `sid` are unique
 * only within an issuer. `iss` can differ from OIDC_ISSUER, because each tenant of Entra ID has its own issuer.
 */
function listKey(owner: Owner, { subject, sid } = SESSIONS): string {
  const { clientId } = getSettings().oidc;
  return "sub" in owner
    ? keyOf(subject, digest(owner.iss, clientId, owner.sub))
    : keyOf(sid, digest(owner.iss, clientId, owner.sid));
}

function endingKey(owner: Owner): string {
  return keyOf("ended", digest(listKey(owner)));
}

async function addToList(key: string, entry: Entry, kind: ListKind): Promise<readonly string[]> {
  let tooMany: Entry[] = [];
  await updateRecord(key, async (list) => {
    const others = entriesOf(list).filter(({ name }) => name !== entry.name);
    const entries = await withoutEnded([...others, entry], kind);
    tooMany = entries.splice(0, Math.max(0, entries.length - kind.most));
    return { value: entries, expiresAt: Math.max(...entries.map(({ expiresAt }) => expiresAt)) };
  });
  return tooMany.map(({ name }) => name);
}

/** Removes ended sessions, which a logout leaves in the list. If they filled the list, a login would end live ones. */
async function withoutEnded(entries: Entry[], { member }: ListKind): Promise<Entry[]> {
  if (entries.length <= MAX_UNCHECKED) return entries;
  const members = await store().get(entries.map(({ name }) => keyOf(member, name)));
  return entries.filter((_, index) => members[index] !== null);
}

function entriesOf(list: unknown): Entry[] {
  return Array.isArray(list) ? list.filter(({ expiresAt }: Entry) => nowInSeconds() < expiresAt) : [];
}
