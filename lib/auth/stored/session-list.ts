import { log } from "../../log.ts";
import { getSettings } from "../../settings.ts";
import { isStoreError } from "../../store/store.ts";
import { digest } from "./records.ts";
import { findSessions, noteEnding, type Owner } from "./session-index.ts";
import { readSession, removeSession, type StoredSession } from "./stored-session.ts";

/** One of a person's sessions, as the profile lists it. Times are Unix seconds. */
export interface SessionSummary {
  /** Names the session without giving it away: the digest of its id. */
  readonly name: string;
  readonly createdAt: number;
  readonly seenAt: number;
  readonly userAgent: string | null;
  /** Whether it is the session of the browser that asks. */
  readonly isCurrent: boolean;
}

/** Whose session asks for the others. */
interface Asking {
  readonly id: string;
  readonly idTokenClaims: { readonly iss?: unknown; readonly sub?: unknown };
}

/**
 * A person's living sessions: the one that asks first, then the others, the last seen first.
 *
 * @returns null without a store, and while it is away
 */
export async function listSessions(asking: Asking): Promise<SessionSummary[] | null> {
  if (getSettings().sessionStoreUrl === null) return null;
  return summaries(asking).catch((error: unknown) => {
    if (!isStoreError(error)) throw error;
    log.error({ step: "session", reason: error.message }, "the session store is away");
    return null;
  });
}

async function summaries(asking: Asking): Promise<SessionSummary[]> {
  const current = digest(asking.id);
  const found = (await living(ownerOf(asking))).map(({ name, session }) => ({
    name,
    createdAt: session.createdAt,
    seenAt: session.visit.seenAt,
    userAgent: session.visit.userAgent,
    isCurrent: name === current,
  }));
  return found.sort((a, b) => Number(b.isCurrent) - Number(a.isCurrent) || b.seenAt - a.seenAt);
}

/**
 * Ends one of a person's sessions.
 *
 * @param name of a session in {@link listSessions}; one that is not this person's is left alone
 * @returns what was ended, with its last tokens; nothing where it had ended already
 * @throws StoreError
 */
export async function endOneSession(asking: Asking, name: string): Promise<readonly StoredSession[]> {
  const found = (await living(ownerOf(asking))).filter((entry) => entry.name === name);
  return endAll(found);
}

/**
 * Ends every session of a person, the one that asks included.
 *
 * @returns what was ended, with its last tokens
 * @throws StoreError
 */
export async function endAllSessions(asking: Asking): Promise<readonly StoredSession[]> {
  return endSessionsOf(ownerOf(asking));
}

/**
 * Ends all sessions of a subject, or those of one session at the provider. A login that finishes meanwhile, and is not
 * in the list yet, finds the note and fails.
 *
 * @param sub where both are known, the sessions of `sid` must be this subject's
 * @returns what was ended, with its last tokens
 * @throws StoreError
 */
export async function endSessionsOf(owner: Owner, sub?: string): Promise<readonly StoredSession[]> {
  await noteEnding(owner);
  const found = await living(owner);
  return endAll(found.filter(({ session }) => sub === undefined || subjectOf(session) === sub));
}

interface Found {
  readonly name: string;
  readonly session: StoredSession;
}

async function living(owner: Owner): Promise<Found[]> {
  const names = await findSessions(owner);
  const found = await Promise.all(names.map(async (name) => ({ name, session: await readSession(name) })));
  return found.filter((entry): entry is Found => entry.session !== null);
}

async function endAll(found: readonly Found[]): Promise<readonly StoredSession[]> {
  const ended = await Promise.all(found.map(({ name }) => removeSession(name)));
  return ended.filter((session) => session !== null);
}

function ownerOf(asking: Asking): Owner {
  return { iss: String(asking.idTokenClaims.iss), sub: subjectOf(asking) };
}

function subjectOf({ idTokenClaims }: Asking): string {
  return String(idTokenClaims.sub);
}
