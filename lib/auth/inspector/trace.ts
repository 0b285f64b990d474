import { nowInSeconds } from "../../clock.ts";
import { log } from "../../log.ts";
import { getSettings } from "../../settings.ts"; // part: store
import type { LoginError } from "../provider/index.ts";
import { decrypt, encrypt } from "../seal.ts";
import type { Session } from "../session.ts";
import { type CookieJar, cookieName, cookieOptions } from "../session-cookie.ts";
import { digest, keyOf, readRecords, store, writeRecord } from "../stored/records.ts"; // part: store
import { wasRevoked } from "../stored/stored-session.ts"; // part: store
import type { Transaction } from "../transaction.ts";
import {
  type Begun,
  type Call,
  currentRecording,
  cut,
  fingerprint,
  type LoginTimes,
  type Recording,
  type Shown,
  shorten,
  shown,
  startRecording,
} from "./recording.ts";

/** What happened in a login, to show to the person who logged in. Contains no token, code, verifier or secret. */
export interface Trace {
  /** A hash of the session's id; null for a login that failed. */
  readonly session: string | null;
  readonly at: number; // Unix milliseconds when the recording began
  readonly begun: Begun | null; // null if no login matched, or the login cookie had no room
  readonly maxAge: number | null; // seconds
  readonly acr: string | null;
  readonly nonce: string | null; // the fingerprint of the expected nonce
  readonly answer: Shown | null; // the parameters of the authorization response
  readonly times: LoginTimes;
  readonly sealTook: number | null; // milliseconds
  readonly calls: readonly Call[];
  readonly idToken: Shown | null;
  readonly sealed: Sealed | null;
  readonly failure: Failure | null;
}

export interface Sealed {
  readonly kind: "cookies" | "store";
  readonly cookies: number;
  readonly bytes: number; // total length of the session cookies' names and values
}

/** Why the login failed. The values are from the `LoginError`. */
export interface Failure {
  readonly reason: string;
  readonly step: string;
  readonly claim: string;
  readonly code: string;
}

const PATH = "/inspector";
const MAX_BYTES = 3_000; // of a trace cookie's name and value
const MAX_BEGUN = 1_500; // bytes of `begun`, `returnTo` and `acr` in the login cookie, which has little room
const FAILED_LIFETIME = 600; // seconds

/** Names a cookie: `trace` for the login of the current session, `failed-trace` for the last login that failed. */
type Kind = "trace" | "failed-trace";
/** Avoids `__Host-`: a cookie with this prefix must have the path "/", so browsers would send it to all pages. */
const traceCookie = (kind: Kind) => cookieName(kind).replace("__Host-", "__Secure-");

/** The data that the login cookie keeps for the trace, if it fits. @param location URL of the authentication request */
export function begunLogin(
  location: URL,
  { returnTo, acr }: Pick<Transaction, "returnTo" | "acr">,
): Partial<Transaction> {
  const recording = currentRecording();
  if (!recording) return {};
  const trial = recording.trial && { trial: recording.trial };
  const pushed = recording.calls.findLast(({ to }) => to === "pushed request");
  const request = pushed?.sent ?? shown(location.searchParams);
  const { at } = recording;
  const begun: Begun = { at, took: recording.now(), request, ...(pushed && { isPushed: true }) };
  const hasRoom = Buffer.byteLength(JSON.stringify([begun, returnTo, acr])) <= MAX_BEGUN;
  return { ...trial, ...(hasRoom && { begun }) };
}

/** What is known about a callback in progress: the response and, after it was matched to a login, the login. */
interface Answered {
  readonly answer: Shown;
  login?: Transaction;
}
const answered = new WeakMap<Recording, Answered>();

/** Starts a recording of a callback. */
export function startTrace(request: Request): void {
  answered.set(startRecording(request), { answer: shown(new URL(request.url).searchParams) });
}

export function traceLogin(login: Transaction): void {
  const recording = currentRecording();
  const known = recording && answered.get(recording);
  if (!known) return;
  known.login = login;
  recording.trial = login.trial ?? null;
}

/** Adds to a session how long each step of its login took. */
export function withTimes(session: Session): Session {
  const recording = currentRecording();
  return recording ? { ...session, times: timesOf(recording) } : session;
}

function timesOf(recording: Recording): LoginTimes {
  const begun = answered.get(recording)?.login?.begun;
  const token = recording.calls.findLast(({ to }) => to === "token");
  const userinfo = recording.calls.findLast(({ to }) => to === "userinfo");
  const now = recording.now();
  const exchanged = token && (token.end ?? now);
  return {
    at: begun?.at ?? recording.at,
    ms: [
      begun?.took ?? null,
      begun ? Math.max(0, recording.at - begun.at - begun.took) : null,
      token?.start ?? now,
      token && exchanged !== undefined ? exchanged - token.start : null,
      exchanged === undefined ? null : (userinfo?.start ?? now) - exchanged,
      userinfo ? (userinfo.end ?? now) - userinfo.start : null,
    ],
  };
}

/** Keeps the trace of a successful login in the session store or, without a store, in a cookie. Never throws. */
export async function keepTrace(jar: CookieJar, session: Session): Promise<void> {
  const recording = currentRecording();
  if (!recording || !session.times) return;
  const sealTook =
    recording.now() - session.times.ms.slice(2).reduce<number>((sum, ms) => sum + (ms ?? 0), 0);
  const sealed = sealedIn(jar);
  const trace = { ...traceOf(recording, session.times), session: fingerprint(session.id), sealTook, sealed };
  clearTrace(jar);
  // part: store
  if (getSettings().sessionStoreUrl !== null) {
    const stored: Trace = { ...trace, sealed: { ...sealed, kind: "store" } };
    return storeTrace(digest(session.id), stored, session.expiresAt).catch(cannotKeep);
  }
  // end part: store
  await writeCookie(jar, "trace", trace, session.expiresAt - nowInSeconds()).catch(cannotKeep);
}

/** Keeps the trace of a failed login in a cookie for ten minutes. Never throws. */
export async function keepFailedTrace(jar: CookieJar, { reason, detail }: LoginError): Promise<void> {
  const recording = currentRecording();
  if (!recording) return;
  const text = (name: string) => (typeof detail[name] === "string" ? cut(detail[name], 60) : "");
  const failure = { reason, step: text("step"), claim: text("claim"), code: text("code") };
  const trace = traceOf(recording, timesOf(recording));
  // Hide values: the next person at this browser may see them, and an attacker may have sent an unmatched response.
  const answer = trace.nonce ? trace.answer : hidden(trace.answer);
  const calls = trace.calls.map((call) => ({
    ...call,
    ...(call.received && { received: nobody(call.received) }),
  }));
  const failed = { ...trace, answer, calls, idToken: trace.idToken && nobody(trace.idToken), failure };
  await writeCookie(jar, "failed-trace", failed, FAILED_LIFETIME).catch(cannotKeep);
}

const hidden = (values: Shown | null): Shown | null =>
  values && Object.fromEntries(Object.entries(values).map(([name, value]) => [name, shorten(value)]));
const nobody = (claims: Shown): Shown =>
  claims.sub === undefined ? claims : { ...claims, sub: fingerprint(claims.sub) };

// part: store
/** Stores a trace. Deletes it again if the session was ended in the meantime. */
async function storeTrace(name: string, trace: Trace, expiresAt: number): Promise<void> {
  const key = keyOf("trace", name);
  await writeRecord(key, trace, expiresAt);
  if (await wasRevoked(name)) await store().delete([key]);
}
// end part: store

function traceOf(recording: Recording, times: LoginTimes): Trace {
  const { answer = null, login } = answered.get(recording) ?? {};
  const { at, calls, idToken } = recording;
  return {
    session: null,
    at,
    begun: login?.begun ?? null,
    maxAge: login?.maxAge ?? null,
    acr: login?.acr ?? null,
    nonce: login ? fingerprint(login.nonce) : null,
    answer,
    times,
    sealTook: null,
    calls,
    idToken,
    sealed: null,
    failure: null,
  };
}

function sealedIn(jar: CookieJar): Sealed {
  const name = cookieName("session");
  const names = (jar.names?.() ?? []).filter((each) => each === name || each.startsWith(`${name}.`));
  const pairs = names.map((each) => `${each}=${jar.read(each) ?? ""}`).filter((pair) => !pair.endsWith("="));
  return { kind: "cookies", cookies: pairs.length, bytes: pairs.join("").length };
}

/** The trace of a login that failed in the last ten minutes, or else of this session's login; null if unknown. */
export async function readTrace(jar: CookieJar, session: Session | null): Promise<Trace | null> {
  const failed = await readCookie(jar, "failed-trace");
  if (failed && Date.now() - failed.at < FAILED_LIFETIME * 1_000) return failed;
  if (!session) return null;
  // part: store
  if (getSettings().sessionStoreUrl !== null) {
    const [stored] = await readRecords([keyOf("trace", digest(session.id))]);
    return (stored as Trace | null) ?? null;
  }
  // end part: store
  const kept = await readCookie(jar, "trace");
  return kept?.session === fingerprint(session.id) ? kept : null;
}

function readCookie(jar: CookieJar, kind: Kind): Promise<Trace | null> {
  const name = traceCookie(kind);
  return decrypt<Trace>("transaction", jar.read(name) ?? "", name).catch(() => null);
}

/** Deletes both trace cookies. */
export function clearTrace(jar: CookieJar): void {
  for (const kind of ["trace", "failed-trace"] as const)
    jar.write(traceCookie(kind), "", { ...cookieOptions(0), path: PATH });
}

/** Writes a trace to a cookie. Shortens the values until the cookie is small enough. If it never is, writes none. */
async function writeCookie(jar: CookieJar, kind: Kind, trace: Trace, lifetime: number): Promise<void> {
  const name = traceCookie(kind);
  for (const longest of [100, 60, 40, 20, 8]) {
    const sealed = await encrypt("transaction", shortened(trace, longest) as Trace, name);
    if (name.length + sealed.length > MAX_BYTES) continue;
    return void jar.write(name, sealed, { ...cookieOptions(lifetime), path: PATH });
  }
}

function shortened(value: unknown, longest: number): unknown {
  if (typeof value === "string") return cut(value, longest);
  if (Array.isArray(value)) return value.map((item) => shortened(item, longest));
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).map(([name, item]) => [
    cut(name, Math.max(longest, 24)),
    shortened(item, longest),
  ]);
  return Object.fromEntries(members);
}

function cannotKeep(error: unknown): void {
  log.warn({ step: "inspector", reason: String(error) }, "the trace of a login could not be stored");
}
