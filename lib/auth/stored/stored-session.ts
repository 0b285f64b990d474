import { nowInSeconds } from "../../clock.ts";
import { hasExpired, type LastVisit, type Session, type SessionData, withClaims } from "../session.ts";
import { runHook } from "../user/run-hooks.ts";
import { ENDED_LIFETIME, keyOf, readRecords, store, writeRecord } from "./records.ts";

/** A session in the store. Its last visit is a separate entry, so that recording a visit cannot undo a refresh. */
export interface StoredSession extends Session {
  readonly visit: LastVisit;
}

/**
 * Reads a session.
 *
 * @param name the digest of the session's id
 * @returns null for a session that is absent, expired or unreadable
 * @throws SessionsUnavailableError if the store is unavailable
 */
export async function readSession(name: string): Promise<StoredSession | null> {
  const [data, visit] = await readRecords([keyOf("session", name), keyOf("visit", name)]);
  if (!isSession(data) || !isLastVisit(visit)) return null;
  const session = { ...withClaims(data), idleExpiresAt: visit.idleExpiresAt, visit };
  return hasExpired(session) ? null : session;
}

/**
 * Writes a session's tokens and times. Deletes them again if the session was ended: a refresh must not restore it.
 *
 * @returns false if the session was ended. The caller must then revoke the refresh token
 * @throws SessionsUnavailableError if the store is unavailable
 */
export async function writeSession(name: string, session: Session): Promise<boolean> {
  const { idTokenClaims, visit, ...data } = session;
  await writeRecord(keyOf("session", name), data, session.expiresAt);
  if (!(await wasRevoked(name))) return true;
  await store().delete([keyOf("session", name)]); // the write may have restored an ended session
  return false;
}

/** Records a session's last visit. @throws SessionsUnavailableError if the store is unavailable */
export async function writeLastVisit(name: string, visit: LastVisit): Promise<void> {
  await writeRecord(keyOf("visit", name), visit, visit.idleExpiresAt);
}

/**
 * Ends a session, in every process that uses the store. Marks the session as ended before reading its last tokens. A
 * refresh that writes newer tokens later finds the mark (see {@link writeSession}), and then revokes those tokens.
 *
 * @returns the session with its last tokens; null if the session was absent, expired or unreadable
 * @throws SessionsUnavailableError if the store is unavailable
 */
export async function removeSession(name: string): Promise<StoredSession | null> {
  await store().set(keyOf("ended", name), "1", nowInSeconds() + ENDED_LIFETIME);
  const last = await readSession(name);
  const keys = [keyOf("session", name), keyOf("visit", name)];
  keys.push(keyOf("trace", name)); // part: inspector
  await store().delete(keys);
  if (last) await runHook("onLogout", last);
  return last;
}

/** Whether a session was ended within the last ten minutes. @throws SessionsUnavailableError */
export async function wasRevoked(name: string): Promise<boolean> {
  const [mark] = await store().get([keyOf("ended", name)]);
  return mark !== null;
}

function isSession(value: unknown): value is SessionData {
  return typeof value === "object" && value !== null && "v" in value && value.v === 1;
}

function isLastVisit(value: unknown): value is LastVisit {
  return typeof value === "object" && value !== null && "idleExpiresAt" in value;
}
