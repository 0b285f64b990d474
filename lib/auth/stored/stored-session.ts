import { nowInSeconds } from "../../clock.ts";
import { hasEnded, type Session, type SessionData, toSession } from "../session.ts";
import { ENDED_LIFETIME, keyOf, readRecords, store, writeRecord } from "./records.ts";

/** How old the time of a session's last visit may get before it is noted anew, in seconds. */
export const VISIT_PRECISION = 300;

/** When the visitor was last here, and with which browser. */
export interface Visit {
  /** Unix seconds, to within {@link VISIT_PRECISION}. */
  readonly seenAt: number;
  readonly idleExpiresAt: number;
  readonly userAgent: string | null;
}

/** A session as the store holds it: its tokens and its last visit apart, so that noting a visit never undoes a refresh. */
export interface StoredSession extends Session {
  readonly visit: Visit;
}

/**
 * Reads a session.
 *
 * @param name the digest of its id
 * @returns null for one that is absent, over or unreadable
 * @throws StoreError
 */
export async function readSession(name: string): Promise<StoredSession | null> {
  const [data, visit] = await readRecords([keyOf("session", name), keyOf("visit", name)]);
  if (!isSession(data) || !isVisit(visit)) return null;
  const session = { ...toSession(data), idleExpiresAt: visit.idleExpiresAt, visit };
  return hasEnded(session) ? null : session;
}

/**
 * Writes a session's tokens and times, unless it was ended: a refresh that comes back late must not revive it.
 *
 * @returns whether it lives
 * @throws StoreError
 */
export async function writeSession(name: string, session: SessionData): Promise<boolean> {
  await writeRecord(keyOf("session", name), toData(session), session.expiresAt);
  if (!(await wasEnded(name))) return true;
  await store().delete([keyOf("session", name)]); // whoever ended it may have done so before we wrote
  return false;
}

/**
 * Notes a visit.
 *
 * @throws StoreError
 */
export async function writeVisit(name: string, visit: Visit): Promise<void> {
  await writeRecord(keyOf("visit", name), visit, visit.idleExpiresAt);
}

/**
 * Ends a session for every process. It is read after its end is noted: a refresh that is written later than that finds
 * the note, and gives its tokens up by itself (see {@link writeSession}).
 *
 * @returns the session with its last tokens; null where it had ended already
 * @throws StoreError
 */
export async function removeSession(name: string): Promise<StoredSession | null> {
  await store().set(keyOf("ended", name), "1", nowInSeconds() + ENDED_LIFETIME);
  const last = await readSession(name);
  await store().delete([keyOf("session", name), keyOf("visit", name)]);
  return last;
}

/** Whether a session was ended a short while ago. @throws StoreError */
export async function wasEnded(name: string): Promise<boolean> {
  const [mark] = await store().get([keyOf("ended", name)]);
  return mark !== null;
}

function toData(session: SessionData): SessionData {
  const { idTokenClaims, visit, ...data } = session as StoredSession;
  return data;
}

function isSession(value: unknown): value is SessionData {
  return typeof value === "object" && value !== null && "v" in value && value.v === 1;
}

function isVisit(value: unknown): value is Visit {
  return typeof value === "object" && value !== null && "idleExpiresAt" in value;
}
