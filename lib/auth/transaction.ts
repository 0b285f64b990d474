import { nowInSeconds } from "../clock.ts";
import type { Begun, Trial } from "./inspector/recording.ts"; // part: inspector
import type { LoginSecrets } from "./provider/index.ts";
import { decrypt, encrypt } from "./seal.ts";
import { type CookieJar, cookieName, cookieOptions } from "./session-cookie.ts";

export type Intent = "login" | "signup";

/** A login that has begun. Its cookie is named after `state`, so that parallel logins do not interfere. */
export interface Transaction extends LoginSecrets {
  readonly returnTo: string | null; // the page to return to; null for the default page
  readonly maxAge: number | null; // seconds; null if the login was requested without `max_age`
  readonly acr?: string; // accepted values of the ID token's `acr`, separated by spaces
  readonly createdAt: number; // Unix seconds
  readonly begun?: Begun; // part: inspector
  readonly trial?: Trial; // part: inspector
  /** How to restart the login. Null if the login was restarted before, or if its link is too long. */
  readonly again: { readonly intent: Intent; readonly link: string } | null;
}

export const TRANSACTION_LIFETIME = 600; // seconds that a login may take
const MAX_COOKIES_READ = 11; // a response then sets at most twenty cookies, including the session cookie
const OWN = { prefix: "login.", most: 5 }; // prefix of the cookie names, and the maximum number of cookies
type Minimum = Pick<Transaction, "state" | "createdAt">;

/** Stores a login in a cookie. Deletes the oldest login cookies if there are too many. */
export async function saveTransaction<T extends Minimum>(jar: CookieJar, transaction: T, kind = OWN) {
  const names = transactionCookies(jar, kind).reverse(); // browsers send older cookies first (RFC 6265, 5.4)
  if (names.length >= kind.most) {
    const read = async (name: string) => ({
      name,
      at: (await openTransaction(name, jar.read(name)))?.createdAt ?? 0,
    });
    const newestFirst = (await Promise.all(names.map(read))).sort((a, b) => b.at - a.at);
    for (const { name } of newestFirst.slice(kind.most - 1)) remove(jar, name);
  }
  const name = cookieName(kind.prefix + transaction.state);
  jar.write(name, await encrypt("transaction", transaction, name), cookieOptions(TRANSACTION_LIFETIME));
}

/**
 * Reads and deletes the login cookie for a callback's `state`. Returns `"none"` if the browser has no login cookies, or
 * if that cookie has expired or is unreadable. Returns `"mismatch"` if the browser only has cookies for other states.
 */
export async function takeTransaction<T extends Minimum>(jar: CookieJar, state: string | null, kind = OWN) {
  const name = cookieName(kind.prefix + state);
  const isState = state !== null && /^[\w-]{43}$/.test(state); // a `state` has 32 bytes in base64url
  const sealed = isState ? jar.read(name) : "";
  if (!sealed) return transactionCookies(jar, kind).length ? "mismatch" : "none";
  const transaction = await openTransaction<T>(name, sealed);
  remove(jar, name);
  return transaction?.state === state ? transaction : "none";
}

/** Deletes login cookies that are unreadable or expired. Keeps the cookies of logins in other tabs. */
export async function clearUnreadableTransactions(jar: CookieJar): Promise<void> {
  for (const name of transactionCookies(jar)) {
    if ((await openTransaction(name, jar.read(name))) === null) remove(jar, name);
  }
}

/** Deletes all login cookies of this browser, and the count of finished logins. */
export function clearLogins(jar: CookieJar): void {
  for (const name of transactionCookies(jar)) remove(jar, name);
  forgetFinishedLogins(jar);
}

async function openTransaction<T extends Minimum>(name: string, sealed = ""): Promise<T | null> {
  const value = await decrypt<T>("transaction", sealed, name).catch(() => null); // forged, or its secret was removed
  return value && nowInSeconds() < value.createdAt + TRANSACTION_LIFETIME ? value : null;
}

/** The names of the newest login cookies. There are more than `kind.most` after parallel logins, or an attack. */
function transactionCookies(jar: CookieJar, kind = OWN): string[] {
  const prefix = cookieName(kind.prefix);
  const names = (jar.names?.() ?? []).filter((name) => name.startsWith(prefix) && jar.read(name));
  return names.slice(-MAX_COOKIES_READ);
}

function remove(jar: CookieJar, name: string): void {
  jar.write(name, "", cookieOptions(0));
}

/** This cookie counts logins in a row, with no usable session between them. Its value is "COUNT.TIME" (Unix time). */
const FINISHED = "recent-logins";
const FINISHED_LIFETIME = 10; // seconds

/** Counts a finished login, to detect loops. The cookie is not sealed, because forging it affects only this browser. */
export function countFinishedLogin(jar: CookieJar, { hadSession }: { readonly hadSession: boolean }): void {
  const count = Math.min(hadSession ? 1 : finishedLogins(jar) + 1, 9);
  jar.write(cookieName(FINISHED), `${count}.${nowInSeconds()}`, cookieOptions(FINISHED_LIFETIME));
}

/** Counts the logins in a row, with no usable session between them. Returns 0 if the last one is ten seconds old. */
export function finishedLogins(jar: CookieJar): number {
  const value = jar.read(cookieName(FINISHED)) ?? "";
  const [, count, finishedAt] = /^(\d)\.(\d{1,12})$/.exec(value) ?? [];
  const age = nowInSeconds() - Number(finishedAt);
  return age >= 0 && age < FINISHED_LIFETIME ? Number(count) : 0;
}

export function forgetFinishedLogins(jar: CookieJar): void {
  if (jar.read(cookieName(FINISHED))) remove(jar, cookieName(FINISHED));
}
