import { nowInSeconds } from "../../clock.ts";
import { log } from "../../log.ts";
import { getSettings } from "../../settings.ts";
import { type Claims, tryToRevoke } from "../provider/index.ts";
import { type Session, type SessionData, withClaims } from "../session.ts";
import {
  digest,
  ENDED_LIFETIME,
  keyOf,
  readRecords,
  store,
  updateRecord,
  writeRecord,
} from "../stored/records.ts";
import { wasRevoked } from "../stored/stored-session.ts";

/** Programs that one person may be logged in with at a time. A further login ends the one that was used least recently. */
const MAX_PROGRAMS = 50;

/** A program that is logged in as a person. Times are Unix seconds. */
export interface Program {
  readonly v: 1;
  /** The provider's tokens, and when the login was. */
  readonly session: SessionData;
  /** Of the program's last token request. */
  readonly userAgent: string | null;
  readonly usedAt: number;
  readonly expiresAt: number;
  /** Null where the provider issued no refresh token: then the program gets none either. */
  readonly rotation: Rotation | null;
}

/** Refresh tokens by their digests. */
interface Rotation {
  readonly current: string;
  /** The one before it; null before the first rotation. */
  readonly previous: string | null;
  readonly rotatedAt: number;
}

/** A program in the list that a person sees. */
export interface ProgramSummary {
  /** The digest of the login's id, which does not reveal it. */
  readonly name: string;
  readonly userAgent: string | null;
  readonly createdAt: number;
  readonly usedAt: number;
  /** When the program's login expires unless it is used before. */
  readonly expiresAt: number;
  readonly scopes: readonly string[];
}

interface Entry {
  readonly name: string;
  readonly expiresAt: number;
}

/** A person, or a session at the provider. */
type Owner = { readonly iss: string } & ({ readonly sub: string } | { readonly sid: string });

/** The person who is logged in at the browser. */
type Person = Pick<Session, "idTokenClaims">;

/** @returns null for a program that was ended or has expired @throws SessionsUnavailableError */
export async function readProgram(name: string): Promise<Program | null> {
  const [record] = await readRecords([keyOf("program", name)]);
  return isProgram(record) && nowInSeconds() < record.expiresAt ? record : null;
}

/**
 * Writes a program, and lists it under its person, unless it was ended: a late refresh must not restore it.
 *
 * @returns whether it was written
 * @throws SessionsUnavailableError
 */
export async function writeProgram(name: string, program: Program): Promise<boolean> {
  const { expiresAt, session } = program;
  await writeRecord(keyOf("program", name), program, expiresAt);
  const lists = listKeys(withClaims(session).idTokenClaims).map((key) => addToList(key, { name, expiresAt }));
  const surplus = (await Promise.all(lists)).flat();
  await Promise.all(surplus.map(endProgram));
  if (!(await wasRevoked(name))) return true;
  await store().delete([keyOf("program", name)]); // it may have been ended before we wrote
  return false;
}

/**
 * Ends a program's login, and has the provider revoke its refresh token. Its access tokens are valid until they expire.
 *
 * @returns the program; null where it had ended already
 * @throws SessionsUnavailableError
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
  return last;
}

/**
 * Ends all programs of a person, or those of one session at the provider. Does nothing while the broker is off.
 *
 * @param sub with a `sid`, only this person's programs are ended
 * @throws SessionsUnavailableError
 */
export async function endPrograms(owner: Owner, sub?: string): Promise<void> {
  if (getSettings().broker.audience === null) return;
  const found = await loadPrograms("sub" in owner ? personKey(owner) : sidKey(owner));
  const chosen = found.filter(({ claims }) => sub === undefined || claims.sub === sub);
  const ended = await Promise.all(chosen.map(({ name }) => removeProgram(name)));
  // Nobody waits for the provider: the programs have ended, and a failure is only logged.
  for (const program of ended) if (program) void tryToRevoke(program.session.refreshToken);
  if (chosen.length) log.info({ step: "broker", programs: chosen.length }, "programs logged out");
}

/** The programs that are logged in as a person, the last used first. @throws SessionsUnavailableError */
export async function listPrograms(person: Person): Promise<ProgramSummary[]> {
  if (getSettings().broker.audience === null) return [];
  const found = (await loadPrograms(personKey(ownerOf(person)))).map(
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
 * @param name of a program in {@link listPrograms}; a program of another person is not ended
 * @returns whether it was ended
 * @throws SessionsUnavailableError
 */
export async function endOneProgram(person: Person, name: string): Promise<boolean> {
  const isOwn = (await listPrograms(person)).some((program) => program.name === name);
  return isOwn && (await endProgram(name)) !== null;
}

async function loadPrograms(key: string) {
  const [list] = await readRecords([key]);
  const names = entriesOf(list).map(({ name }) => name);
  const programs = await Promise.all(names.map(readProgram));
  return names.flatMap((name, index) => {
    const program = programs[index];
    return program ? [{ name, program, claims: withClaims(program.session).idTokenClaims }] : [];
  });
}

function listKeys(claims: Claims): string[] {
  const { sid } = claims;
  const owner = ownerOf({ idTokenClaims: claims });
  return [personKey(owner), ...(typeof sid === "string" && sid ? [sidKey({ ...owner, sid })] : [])];
}

function ownerOf({ idTokenClaims: { iss, sub } }: Person) {
  return { iss: String(iss), sub: String(sub) };
}

function personKey({ iss, sub }: { readonly iss: string; readonly sub: string }): string {
  return keyOf("programs", digest(iss, getSettings().oidc.clientId, sub));
}

function sidKey({ iss, sid }: { readonly iss: string; readonly sid: string }): string {
  return keyOf("programs-sid", digest(iss, getSettings().oidc.clientId, sid));
}

/** Puts a program at the end of a list. @returns the names of programs beyond the limit */
async function addToList(key: string, entry: Entry): Promise<readonly string[]> {
  let surplus: Entry[] = [];
  await updateRecord(key, async (list) => {
    const others = entriesOf(list).filter(({ name }) => name !== entry.name);
    const entries = await withoutEnded([...others, entry]);
    surplus = entries.splice(0, Math.max(0, entries.length - MAX_PROGRAMS));
    return { value: entries, expiresAt: Math.max(...entries.map(({ expiresAt }) => expiresAt)) };
  });
  return surplus.map(({ name }) => name);
}

async function withoutEnded(entries: Entry[]): Promise<Entry[]> {
  if (entries.length <= MAX_PROGRAMS) return entries;
  const records = await store().get(entries.map(({ name }) => keyOf("program", name)));
  return entries.filter((_, index) => records[index] !== null);
}

function entriesOf(list: unknown): Entry[] {
  return Array.isArray(list) ? list.filter(({ expiresAt }: Entry) => nowInSeconds() < expiresAt) : [];
}

function isProgram(value: unknown): value is Program {
  return typeof value === "object" && value !== null && "v" in value && value.v === 1 && "session" in value;
}
