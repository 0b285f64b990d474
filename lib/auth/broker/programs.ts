import { nowInSeconds } from "../../clock.ts";
import { log } from "../../log.ts";
import { getSettings } from "../../settings.ts";
import { isObject, tryToRevoke } from "../provider/index.ts";
import { type Session, type SessionData, withClaims } from "../session.ts";
import { ENDED_LIFETIME, keyOf, readRecords, store, writeRecord } from "../stored/records.ts";
import { findSessions, indexSession, type ListKind, type Owner, personOf } from "../stored/session-index.ts";
import { wasRevoked } from "../stored/stored-session.ts";
import { runHook } from "../user/run-hooks.ts";

/** A person can be logged in with fifty programs. One more login ends the program that was used least recently. */
const PROGRAMS: ListKind = { subject: "programs", sid: "programs-sid", member: "program", most: 50 };

/** A program that is logged in as a person. Times are Unix seconds. */
export interface Program {
  readonly v: 1;
  /** The provider's tokens, and the time of the login. */
  readonly session: SessionData;
  /** The user agent of the program's last token request. */
  readonly userAgent: string | null;
  readonly usedAt: number;
  readonly expiresAt: number;
  /** Null if the provider issued no refresh token. The program then gets no refresh token, either. */
  readonly rotation: Rotation | null;
}

/** The digests of a program's refresh tokens. */
interface Rotation {
  readonly current: string;
  /** The previous refresh token; null before the first rotation. */
  readonly previous: string | null;
  /** Until when `previous` may be sent again (Unix seconds). */
  readonly retryUntil: number;
}

/** A program in the list that is shown to a person. */
export interface ProgramSummary {
  /** The digest of the login's id, which does not reveal the id. */
  readonly name: string;
  readonly userAgent: string | null;
  readonly createdAt: number;
  readonly usedAt: number;
  /** When the program's login expires. Each refresh extends it. */
  readonly expiresAt: number;
  readonly scopes: readonly string[];
}

/** The person who is logged in at the browser. */
type Person = Pick<Session, "idTokenClaims">;

/** Reads a program. Null if its login was ended or has expired. @throws SessionsUnavailableError */
export async function readProgram(name: string): Promise<Program | null> {
  const [record] = await readRecords([keyOf("program", name)]);
  return isProgram(record) && nowInSeconds() < record.expiresAt ? record : null;
}

/**
 * Writes a program and adds it to the person's list. Does not restore a program that was ended during a refresh.
 *
 * @returns false if the program had been ended
 * @throws SessionsUnavailableError if the store is unavailable
 */
export async function writeProgram(name: string, program: Program): Promise<boolean> {
  const { expiresAt, session } = program;
  await writeRecord(keyOf("program", name), program, expiresAt);
  const surplus = await indexSession(withClaims(session).idTokenClaims, { name, expiresAt }, PROGRAMS);
  await Promise.all(surplus.map(endProgram));
  if (!(await wasRevoked(name))) return true;
  await store().delete([keyOf("program", name)]); // the write may have restored an ended program
  return false;
}

/**
 * Ends a program's login, and revokes the provider's refresh token. The program's access tokens stay valid until they
 * expire.
 *
 * @returns the program; null if it had ended already
 * @throws SessionsUnavailableError if the store is unavailable
 */
export async function endProgram(name: string): Promise<Program | null> {
  const last = await removeProgram(name);
  if (last) await tryToRevoke(last.session.refreshToken);
  return last;
}

async function removeProgram(name: string): Promise<Program | null> {
  await store().set(keyOf("ended", name), "1", nowInSeconds() + ENDED_LIFETIME);
  const last = await readProgram(name);
  await store().delete([keyOf("program", name)]);
  if (last) await runHook("onLogout", withClaims(last.session));
  return last;
}

/**
 * Ends all programs of a person, or of one session at the provider (`sid`). Does nothing if the broker is off.
 *
 * @param sub limits the logout to this person, if `owner` is a session at the provider
 * @throws SessionsUnavailableError if the store is unavailable
 */
export async function endPrograms(owner: Owner, sub?: string): Promise<void> {
  if (getSettings().broker.audience === null) return;
  const found = await loadPrograms(owner);
  const chosen = found.filter(({ claims }) => sub === undefined || claims.sub === sub);
  const ended = await Promise.all(chosen.map(({ name }) => removeProgram(name)));
  // Do not wait for the provider: the programs have ended already, and a failure is only logged.
  for (const program of ended) if (program) void tryToRevoke(program.session.refreshToken);
  if (chosen.length) log.info({ step: "broker", programs: chosen.length }, "programs logged out");
}

/** The programs that are logged in as a person, most recently used first. @throws SessionsUnavailableError */
export async function listPrograms(person: Person): Promise<ProgramSummary[]> {
  if (getSettings().broker.audience === null) return [];
  const found = (await loadPrograms(personOf(person.idTokenClaims))).map(
    ({ name, program: { session, userAgent, usedAt, expiresAt } }) => ({
      name,
      userAgent,
      createdAt: session.createdAt,
      usedAt,
      expiresAt,
      scopes: session.scope.split(" ").filter(Boolean),
    }),
  );
  return found.sort((a, b) => b.usedAt - a.usedAt);
}

/**
 * Ends one program of a person.
 *
 * @param name the `name` of a program in {@link listPrograms}. Programs of other people are not ended
 * @returns whether it was ended
 * @throws SessionsUnavailableError if the store is unavailable
 */
export async function endOneProgram(person: Person, name: string): Promise<boolean> {
  const names = await findSessions(personOf(person.idTokenClaims), PROGRAMS);
  return names.includes(name) && (await endProgram(name)) !== null;
}

async function loadPrograms(owner: Owner) {
  const names = await findSessions(owner, PROGRAMS);
  const programs = await Promise.all(names.map(readProgram));
  return names.flatMap((name, index) => {
    const program = programs[index];
    return program ? [{ name, program, claims: withClaims(program.session).idTokenClaims }] : [];
  });
}

function isProgram(value: unknown): value is Program {
  return isObject(value) && value.v === 1 && "session" in value;
}
