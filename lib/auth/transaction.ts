import { nowInSeconds } from "../clock.ts";
import { decrypt, encrypt } from "./seal.ts";
import { type CookieJar, cookieName, cookieOptions } from "./session-cookie.ts";

/** What begins: a login, or the same with the provider's sign-up page first. */
export type Intent = "login" | "signup";

/** One login under way. It lives in a cookie of its own, named after its state: parallel logins do not meet. */
export interface Transaction {
  /** RFC 6749, 10.12 */
  readonly state: string;
  /** OpenID Connect Core 3.1.2.1 */
  readonly nonce: string;
  /** RFC 7636, 4.1 */
  readonly codeVerifier: string;
  /** Where the visitor wants to be afterwards; null for the default. */
  readonly returnTo: string | null;
  /** Seconds; null where the login did not ask for `max_age`. */
  readonly maxAge: number | null;
  /** Unix seconds. */
  readonly createdAt: number;
  /** What to begin the login again with; null where that has been done, or the link is too long to keep. */
  readonly again: { readonly intent: Intent; readonly link: string } | null;
}

/** Seconds that a login may take. */
export const TRANSACTION_LIFETIME = 600;

/** Logins under way that one browser may have. */
const MAX_TRANSACTIONS = 5;

/** Login cookies that one request looks at. With those of the session, an answer writes twenty cookies at most. */
const MAX_COOKIES_READ = 14;

/** What base64url of 32 bytes looks like: nothing else is ever looked up as a cookie's name. */
const STATE = /^[\w-]{43}$/;

const PREFIX = "login.";

/** Keeps a login under way in a cookie, and lets the oldest go where there would be more than five. */
export async function saveTransaction(jar: CookieJar, transaction: Transaction): Promise<void> {
  await makeRoom(jar);
  const name = cookieName(PREFIX + transaction.state);
  jar.write(name, await encrypt("transaction", transaction, name), cookieOptions(TRANSACTION_LIFETIME));
}

/**
 * Takes the login that a callback's `state` names out of its cookie: it is good for one answer.
 *
 * @returns the login; `"none"` where the browser holds no login at all, or this one's time is over or its cookie is not
 *   ours; `"mismatch"` where the browser holds logins, but none with this state
 */
export async function takeTransaction(
  jar: CookieJar,
  state: string | null,
): Promise<Transaction | "none" | "mismatch"> {
  const name = state !== null && STATE.test(state) ? cookieName(PREFIX + state) : null;
  if (name === null || !jar.read(name)) return transactionCookies(jar).length ? "mismatch" : "none";
  const transaction = await open(jar, name);
  jar.write(name, "", cookieOptions(0));
  return transaction?.state === state ? transaction : "none";
}

/** Deletes login cookies that cannot be read or have expired, and keeps those of logins in other tabs. */
export async function clearUnreadableTransactions(jar: CookieJar): Promise<void> {
  for (const name of transactionCookies(jar)) {
    if ((await open(jar, name)) === null) jar.write(name, "", cookieOptions(0));
  }
}

/** Forgets every login under way. */
export function clearTransactions(jar: CookieJar): void {
  for (const name of transactionCookies(jar)) jar.write(name, "", cookieOptions(0));
}

async function makeRoom(jar: CookieJar): Promise<void> {
  const names = transactionCookies(jar).reverse(); // browsers send older cookies first (RFC 6265, 5.4)
  if (names.length < MAX_TRANSACTIONS) return;
  const ages = await Promise.all(
    names.map(async (name) => ({ name, createdAt: (await open(jar, name))?.createdAt ?? 0 })),
  );
  const newestFirst = ages.sort((a, b) => b.createdAt - a.createdAt);
  for (const { name } of newestFirst.slice(MAX_TRANSACTIONS - 1)) jar.write(name, "", cookieOptions(0));
}

async function open(jar: CookieJar, name: string): Promise<Transaction | null> {
  const opening = decrypt<Partial<Transaction>>("transaction", jar.read(name) ?? "", name);
  const value = await opening.catch(() => ({})); // somebody else's, or of a secret that is no more
  return isUnderWay(value) ? value : null;
}

function isUnderWay(value: Partial<Transaction>): value is Transaction {
  return value.createdAt !== undefined && nowInSeconds() < value.createdAt + TRANSACTION_LIFETIME;
}

/** The newest login cookies: a browser holds five, and an answer does not delete all of those that somebody planted. */
function transactionCookies(jar: CookieJar): string[] {
  const prefix = cookieName(PREFIX);
  const names = (jar.names?.() ?? []).filter((name) => name.startsWith(prefix) && jar.read(name));
  return names.slice(-MAX_COOKIES_READ);
}
