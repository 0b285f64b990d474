import { randomUUID } from "node:crypto";
import { nowInSeconds } from "../../clock.ts";
import { getSettings } from "../../settings.ts";
import type { Claims } from "../provider/index.ts";
import { digest, ENDED_LIFETIME, type Kind, keyOf, readRecords, store, updateRecord } from "./records.ts";

/** The number of sessions that a person may have at a time. A further login ends the oldest session. */
export const MAX_SESSIONS = 100;

/** Members that have ended are removed only from a list that is longer than this. */
const MAX_UNCHECKED = 20;

/** The kinds of the store's keys for a person's list, for the list of a session at the provider, and for a member. */
export interface ListKind {
  readonly subject: Kind;
  readonly sid: Kind;
  readonly member: Kind;
  /** The maximum number of members. Adding another ends the member that was added least recently. */
  readonly most: number;
}

const SESSIONS: ListKind = { subject: "subject", sid: "sid", member: "visit", most: MAX_SESSIONS };

/** One session in a list: the digest of its id, and its absolute end in Unix seconds. */
interface Entry {
  readonly name: string;
  readonly expiresAt: number;
}

/** A person, or a session at the provider (`sid`, OpenID Connect Back-Channel Logout 1.0, 2.1). */
export type Owner = { readonly iss: string } & ({ readonly sub: string } | { readonly sid: string });

/**
 * Adds a session to the list of its subject, and to the list of the provider's session (`sid`). Store the session
 * first, because sessions that are not in the store are treated as ended.
 *
 * @param claims of the session's ID token
 * @returns the names of sessions beyond the limit
 * @throws SessionsUnavailableError
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
 * The names of the sessions of a person, or of a session at the provider. Some of them may have ended already.
 *
 * @throws SessionsUnavailableError
 */
export async function findSessions(owner: Owner, kind = SESSIONS): Promise<readonly string[]> {
  const [list] = await readRecords([listKey(owner, kind)]);
  return entriesOf(list).map(({ name }) => name);
}

/** Marks all sessions of an owner as ended, so that an unfinished login fails, too. @throws SessionsUnavailableError */
export async function noteEnding(owner: Owner): Promise<void> {
  await store().set(endingKey(owner), `${Date.now()} ${randomUUID()}`, nowInSeconds() + ENDED_LIFETIME);
}

/**
 * The marks of a session and of its owners as one text. The texts of two calls differ if the session, or all sessions
 * of an owner, were ended in between.
 *
 * @param claims  of the session's ID token
 * @param begunAt when the session's code exchange began, in Unix milliseconds
 * @returns null if all sessions of an owner were ended after `begunAt`
 * @throws SessionsUnavailableError
 */
export async function endingsOf(name: string, claims: Claims, begunAt: number): Promise<string | null> {
  const marks = await store().get([keyOf("ended", name), ...ownersOf(claims).map(endingKey)]);
  const isEnded = marks.slice(1).some((mark) => Number.parseInt(mark ?? "0", 10) > begunAt);
  return isEnded ? null : marks.join();
}

/** The person behind the claims of an ID token. */
export function personOf({ iss, sub }: { readonly iss?: unknown; readonly sub?: unknown }): Owner {
  return { iss: String(iss), sub: String(sub) };
}

function ownersOf(claims: Claims): Owner[] {
  const { iss, sid } = claims;
  return [personOf(claims), ...(typeof sid === "string" && sid ? [{ iss: String(iss), sid }] : [])];
}

/**
 * The key of an owner's list. It contains the token's issuer, within which `sub` and `sid` are unique. This is not
 * always the issuer in the settings, because each tenant of Entra ID has its own. Each client has its own lists.
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

/** A logout leaves its entry in the list. Ended entries are removed here, so that they push no other device off it. */
async function withoutEnded(entries: Entry[], { member }: ListKind): Promise<Entry[]> {
  if (entries.length <= MAX_UNCHECKED) return entries;
  const members = await store().get(entries.map(({ name }) => keyOf(member, name)));
  return entries.filter((_, index) => members[index] !== null);
}

function entriesOf(list: unknown): Entry[] {
  return Array.isArray(list) ? list.filter(({ expiresAt }: Entry) => nowInSeconds() < expiresAt) : [];
}
