import { log } from "../../log.ts";
import { getSettings } from "../../settings.ts";
import { endPrograms } from "../broker/index.ts"; // part: broker
import { digest } from "../stored/records.ts";
import { findSessions, noteEnding, type Owner, personOf } from "../stored/session-index.ts";
import { readSession, removeSession, type StoredSession } from "../stored/stored-session.ts";
import { isSessionsUnavailable } from "../stored/unavailable.ts";

/** A session in the list on the profile page. Times are Unix seconds. */
export interface SessionSummary {
  /** A hash of the session's id. The hash does not reveal the id. */
  readonly name: string;
  readonly createdAt: number;
  readonly seenAt: number;
  readonly userAgent: string | null;
  /** Whether the current request belongs to this session. */
  readonly isCurrent: boolean;
}

interface CurrentSession {
  readonly id: string;
  readonly idTokenClaims: { readonly iss?: unknown; readonly sub?: unknown };
}

/**
 * Lists the sessions of a person: the current session, then the others, beginning with the most recently used one.
 *
 * @returns null if there is no session store, or if the store is unavailable
 */
export async function listSessions(current: CurrentSession): Promise<SessionSummary[] | null> {
  if (getSettings().sessionStoreUrl === null) return null;
  return summaries(current).catch((error: unknown) => {
    if (!isSessionsUnavailable(error)) throw error;
    log.error({ step: "session", reason: error.message }, "the session store is unavailable");
    return null;
  });
}

async function summaries(current: CurrentSession): Promise<SessionSummary[]> {
  const ownName = digest(current.id);
  const found = (await loadLiveSessions(personOf(current.idTokenClaims))).map(({ name, session }) => ({
    name,
    createdAt: session.createdAt,
    seenAt: session.visit.seenAt,
    userAgent: session.visit.userAgent,
    isCurrent: name === ownName,
  }));
  return found.sort((a, b) => Number(b.isCurrent) - Number(a.isCurrent) || b.seenAt - a.seenAt);
}

/**
 * Ends one of a person's sessions.
 *
 * @param name the `name` of a session in {@link listSessions}. The name of another person's session has no effect
 * @returns a list with the ended session and its last tokens; an empty list if no session was ended
 * @throws SessionsUnavailableError if the store is unavailable
 */
export async function endOneSession(
  current: CurrentSession,
  name: string,
): Promise<readonly StoredSession[]> {
  const names = await findSessions(personOf(current.idTokenClaims));
  return endAll(names.filter((one) => one === name));
}

/**
 * Ends every session of a person, including the current one.
 *
 * @returns the ended sessions with their last tokens
 * @throws SessionsUnavailableError if the store is unavailable
 */
export async function endAllSessions(current: CurrentSession): Promise<readonly StoredSession[]> {
  return endSessionsOf(personOf(current.idTokenClaims));
}

/**
 * Ends all of the app's sessions that belong to a person, or to one session at the provider (`sid`). A login in
 * progress is not listed yet, but it finds the mark of {@link noteEnding} and fails.
 *
 * @param sub if set, only sessions with this `sub` are ended. A logout token can name both a `sid` and a `sub`
 * @returns the ended sessions with their last tokens
 * @throws SessionsUnavailableError if the store is unavailable
 */
export async function endSessionsOf(owner: Owner, sub?: string): Promise<readonly StoredSession[]> {
  await noteEnding(owner);
  const names = sub === undefined ? await findSessions(owner) : await namesOfSubject(owner, sub);
  const ended = await endAll(names);
  await endPrograms(owner, sub); // part: broker
  return ended;
}

interface Found {
  readonly name: string;
  readonly session: StoredSession;
}

async function loadLiveSessions(owner: Owner): Promise<Found[]> {
  const names = await findSessions(owner);
  const found = await Promise.all(names.map(async (name) => ({ name, session: await readSession(name) })));
  return found.filter((entry): entry is Found => entry.session !== null);
}

async function namesOfSubject(owner: Owner, sub: string): Promise<readonly string[]> {
  const found = await loadLiveSessions(owner);
  return found.filter(({ session }) => String(session.idTokenClaims.sub) === sub).map(({ name }) => name);
}

async function endAll(names: readonly string[]): Promise<readonly StoredSession[]> {
  const ended = await Promise.all(names.map(removeSession));
  return ended.filter((session) => session !== null);
}
