import { nowInSeconds } from "../clock.ts";
import type { Begun, Trial } from "./inspector/recording.ts"; // part: inspector
import type { LoginSecrets } from "./provider/index.ts";
import { decrypt, encrypt } from "./seal.ts";
import { type CookieJar, cookieName, cookieOptions } from "./session-cookie.ts";

export type Intent = "login" | "signup";

/** A login that has begun. Its cookie is named after its state, so parallel logins do not interfere. */
export interface Transaction extends LoginSecrets {
  readonly returnTo: string | null; // the page to return to; null for the default
  readonly maxAge: number | null; // seconds; null if the login was requested without `max_age`
  readonly acr?: string; // values, separated by spaces: the ID token's `acr` must be one of them
  readonly createdAt: number; // Unix seconds
  readonly begun?: Begun; // part: inspector
  readonly trial?: Trial; // part: inspector
  /** How to begin the login again; null if it was already repeated, or the link is too long to keep. */
  readonly again: { readonly intent: Intent; readonly link: string } | null;
}

export const TRANSACTION_LIFETIME = 600; // seconds that a login may take
const MAX_COOKIES_READ = 11; // so that an answer writes at most twenty cookies, including the session's
const OWN = { prefix: "login.", most: 5 }; // prefix of the cookies' names, and how many a browser may have
type Minimum = Pick<Transaction, "state" | "createdAt">;

/** Stores a login in a cookie, and deletes the oldest login cookies if there would be too many. */
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
 * Reads the login with a callback's `state`, and deletes its cookie. `"none"`: the browser has no login, or this login
 * has expired or cannot be read. `"mismatch"`: the browser has logins, but none with this state.
 */
export async function takeTransaction<T extends Minimum>(jar: CookieJar, state: string | null, kind = OWN) {
  const name = cookieName(kind.prefix + state);
  const isState = state !== null && /^[\w-]{43}$/.test(state); // 32 bytes in base64url, as in our requests
  const sealed = isState ? jar.read(name) : "";
  if (!sealed) return transactionCookies(jar, kind).length ? "mismatch" : "none";
  const transaction = await openTransaction<T>(name, sealed);
  remove(jar, name);
  return transaction?.state === state ? transaction : "none";
}

/** Deletes login cookies that cannot be read or have expired. Cookies of logins in other tabs stay. */
export async function clearUnreadableTransactions(jar: CookieJar): Promise<void> {
  for (const name of transactionCookies(jar)) {
    if ((await openTransaction(name, jar.read(name))) === null) remove(jar, name);
  }
}

/** Forgets every login of this browser, under way or finished. */
export function clearLogins(jar: CookieJar): void {
  for (const name of transactionCookies(jar)) remove(jar, name);
  forgetFinishedLogins(jar);
}

async function openTransaction<T extends Minimum>(name: string, sealed = ""): Promise<T | null> {
  const value = await decrypt<T>("transaction", sealed, name).catch(() => null); // forged, or sealed with a secret that was removed
  return value && nowInSeconds() < value.createdAt + TRANSACTION_LIFETIME ? value : null;
}

/** The newest login cookies. A browser has at most `kind.most` of them, unless an attacker planted others. */
function transactionCookies(jar: CookieJar, kind = OWN): string[] {
  const prefix = cookieName(kind.prefix);
  const names = (jar.names?.() ?? []).filter((name) => name.startsWith(prefix) && jar.read(name));
  return names.slice(-MAX_COOKIES_READ);
}

function remove(jar: CookieJar, name: string): void {
  jar.write(name, "", cookieOptions(0));
}

/** Name of the cookie that counts logins in a row without a usable session. Value: "COUNT.TIME", in Unix seconds. */
const FINISHED = "recent-logins";
const FINISHED_LIFETIME = 10; // seconds

/** Counts finished logins, to stop a loop. The cookie is not sealed: a forged value only affects the same browser. */
export function countFinishedLogin(jar: CookieJar, { hadSession }: { readonly hadSession: boolean }): void {
  const count = Math.min(hadSession ? 1 : finishedLogins(jar) + 1, 9);
  jar.write(cookieName(FINISHED), `${count}.${nowInSeconds()}`, cookieOptions(FINISHED_LIFETIME));
}

/** How many logins in a row finished within the last ten seconds, and gave no usable session. */
export function finishedLogins(jar: CookieJar): number {
  const value = jar.read(cookieName(FINISHED)) ?? "";
  const [, count, finishedAt] = /^(\d)\.(\d{1,12})$/.exec(value) ?? [];
  const age = nowInSeconds() - Number(finishedAt);
  return age >= 0 && age < FINISHED_LIFETIME ? Number(count) : 0;
}

export function forgetFinishedLogins(jar: CookieJar): void {
  if (jar.read(cookieName(FINISHED))) remove(jar, cookieName(FINISHED));
}
