import { nowInSeconds } from "../clock.ts";
import { decrypt, encrypt } from "./seal.ts";
import { type CookieJar, cookieName, cookieOptions } from "./session-cookie.ts";

/** What the visitor asked for: to log in, or to sign up first. */
export type Intent = "login" | "signup";

/** A login that has begun. Its cookie is named after its state, so parallel logins do not interfere. */
export interface Transaction {
  /** RFC 6749, 10.12 */
  readonly state: string;
  /** OpenID Connect Core 3.1.2.1 */
  readonly nonce: string;
  /** RFC 7636, 4.1 */
  readonly codeVerifier: string;
  /** The page to return to; null for the default. */
  readonly returnTo: string | null;
  /** Seconds; null where the login did not ask for `max_age`. */
  readonly maxAge: number | null;
  /** Unix seconds. */
  readonly createdAt: number;
  /** How to begin the login again; null where that was done before, or the link is too long to keep. */
  readonly again: { readonly intent: Intent; readonly link: string } | null;
}

/** Seconds that a login may take. */
export const TRANSACTION_LIFETIME = 600;

/** Logins that one browser may have under way. */
const MAX_TRANSACTIONS = 5;

/** Login cookies that one request reads. With those of the session, an answer writes at most twenty cookies. */
const MAX_COOKIES_READ = 14;

/** 32 bytes in base64url: nothing else is used as a cookie's name. */
const STATE = /^[\w-]{43}$/;

const PREFIX = "login.";

/** The cookie that counts the logins just finished. */
const FINISHED = "recent-logins";
const FINISHED_LIFETIME = 10; // seconds

/** Its value: how many logins in a row gave no usable session, and when the last one finished (Unix seconds). */
const FINISHED_VALUE = /^(\d)\.(\d{1,12})$/;

/** Stores a login in a cookie, and deletes the oldest where there would be more than five. */
export async function saveTransaction(jar: CookieJar, transaction: Transaction): Promise<void> {
  await makeRoom(jar);
  const name = cookieName(PREFIX + transaction.state);
  jar.write(name, await encrypt("transaction", transaction, name), cookieOptions(TRANSACTION_LIFETIME));
}

/**
 * Reads the login that a callback's `state` names, and deletes its cookie: one login takes one answer.
 *
 * @returns the login; `"none"` where the browser has no login, or this one has expired or cannot be read; `"mismatch"`
 *   where the browser has logins, but none with this state
 */
export async function takeTransaction(
  jar: CookieJar,
  state: string | null,
): Promise<Transaction | "none" | "mismatch"> {
  const name = state !== null && STATE.test(state) ? cookieName(PREFIX + state) : null;
  if (name === null || !jar.read(name)) return transactionCookies(jar).length ? "mismatch" : "none";
  const transaction = await readTransaction(jar, name);
  jar.write(name, "", cookieOptions(0));
  return transaction?.state === state ? transaction : "none";
}

/** Deletes login cookies that cannot be read or have expired. Those of logins in other tabs stay. */
export async function clearUnreadableTransactions(jar: CookieJar): Promise<void> {
  for (const name of transactionCookies(jar)) {
    if ((await readTransaction(jar, name)) === null) jar.write(name, "", cookieOptions(0));
  }
}

/** Deletes every login cookie. */
export function clearTransactions(jar: CookieJar): void {
  for (const name of transactionCookies(jar)) jar.write(name, "", cookieOptions(0));
}

async function makeRoom(jar: CookieJar): Promise<void> {
  const names = transactionCookies(jar).reverse(); // browsers send older cookies first (RFC 6265, 5.4)
  if (names.length < MAX_TRANSACTIONS) return;
  const ages = await Promise.all(
    names.map(async (name) => ({ name, createdAt: (await readTransaction(jar, name))?.createdAt ?? 0 })),
  );
  const newestFirst = ages.sort((a, b) => b.createdAt - a.createdAt);
  for (const { name } of newestFirst.slice(MAX_TRANSACTIONS - 1)) jar.write(name, "", cookieOptions(0));
}

async function readTransaction(jar: CookieJar, name: string): Promise<Transaction | null> {
  const opening = decrypt<Partial<Transaction>>("transaction", jar.read(name) ?? "", name);
  const value = await opening.catch(() => ({})); // forged, or sealed with a secret that was removed
  return isUnderWay(value) ? value : null;
}

function isUnderWay(value: Partial<Transaction>): value is Transaction {
  return value.createdAt !== undefined && nowInSeconds() < value.createdAt + TRANSACTION_LIFETIME;
}

/** The newest login cookies. A browser has five of them at most, unless somebody planted others. */
function transactionCookies(jar: CookieJar): string[] {
  const prefix = cookieName(PREFIX);
  const names = (jar.names?.() ?? []).filter((name) => name.startsWith(prefix) && jar.read(name));
  return names.slice(-MAX_COOKIES_READ);
}

/**
 * Counts a finished login, so that a circle of logins can be stopped. The value is not secret: anyone who changes it
 * only affects their own browser.
 *
 * @param hadSession whether the browser had a usable session before this login
 */
export function countFinishedLogin(jar: CookieJar, { hadSession }: { readonly hadSession: boolean }): void {
  const count = Math.min(hadSession ? 1 : finishedLogins(jar) + 1, 9);
  jar.write(cookieName(FINISHED), `${count}.${nowInSeconds()}`, cookieOptions(FINISHED_LIFETIME));
}

/** How many logins in a row finished within the last ten seconds, and gave no usable session. */
export function finishedLogins(jar: CookieJar): number {
  const [, count, finishedAt] = FINISHED_VALUE.exec(jar.read(cookieName(FINISHED)) ?? "") ?? [];
  const age = nowInSeconds() - Number(finishedAt);
  return age >= 0 && age < FINISHED_LIFETIME ? Number(count) : 0;
}

/** Resets the count: the next login is not part of a circle. */
export function forgetFinishedLogins(jar: CookieJar): void {
  if (jar.read(cookieName(FINISHED))) jar.write(cookieName(FINISHED), "", cookieOptions(0));
}
