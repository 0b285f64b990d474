import { randomUUID } from "node:crypto";
import { nowInSeconds } from "../../clock.ts";
import { getSettings } from "../../settings.ts";
import type { Claims } from "../provider/index.ts";
import { digest, ENDED_LIFETIME, type Kind, keyOf, readRecords, store, updateRecord } from "./records.ts";

/** The maximum number of sessions of a person. One more login ends the oldest session. */
export const MAX_SESSIONS = 100;

/** Only a list that is longer than this is searched for ended sessions. */
const MAX_UNCHECKED = 20;

/** The kinds of store entries: a person's list, the list of a session at the provider (`sid`), and a list member. */
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
 * @returns the names of the sessions that exceed the limit. The caller must end them
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

/** Marks all sessions of an owner as ended. A login in progress then fails, too. @throws SessionsUnavailableError */
export async function noteEnding(owner: Owner): Promise<void> {
  await store().set(endingKey(owner), `${Date.now()} ${randomUUID()}`, nowInSeconds() + ENDED_LIFETIME);
}

/**
 * Returns the marks of a session and of its owners as one text. If two calls return different texts, the session (or
 * all sessions of an owner) was ended in between.
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

/** The person that an ID token is about. */
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

/** Removes ended sessions, which a logout leaves in the list. Otherwise they would displace live sessions. */
async function withoutEnded(entries: Entry[], { member }: ListKind): Promise<Entry[]> {
  if (entries.length <= MAX_UNCHECKED) return entries;
  const members = await store().get(entries.map(({ name }) => keyOf(member, name)));
  return entries.filter((_, index) => members[index] !== null);
}

function entriesOf(list: unknown): Entry[] {
  return Array.isArray(list) ? list.filter(({ expiresAt }: Entry) => nowInSeconds() < expiresAt) : [];
}
