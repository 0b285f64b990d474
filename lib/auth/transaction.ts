import { nowInSeconds } from "../clock.ts";
import { type CookieJar, cookieName, cookieOptions, seal, unseal } from "./session.ts";

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
}

const LIFETIME = 600; // seconds
const MAX_TRANSACTIONS = 5;

/** What base64url of 32 bytes looks like: nothing else is ever looked up as a cookie's name. */
const STATE = /^[\w-]{43}$/;

const PREFIX = "login.";

/** Keeps a login under way in a cookie, and lets the oldest go where there would be more than five. */
export async function saveTransaction(jar: CookieJar, transaction: Transaction): Promise<void> {
  await makeRoom(jar);
  const sealed = await seal("transaction", transaction, LIFETIME);
  jar.write(cookieName(PREFIX + transaction.state), sealed, cookieOptions(LIFETIME));
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
  const sealed = name === null ? undefined : jar.read(name);
  if (name === null || !sealed) return transactionCookies(jar).length ? "mismatch" : "none";
  jar.write(name, "", cookieOptions(0));
  const transaction = await open(sealed);
  return transaction?.state === state ? transaction : "none";
}

/** Forgets every login under way. */
export function clearTransactions(jar: CookieJar): void {
  for (const name of transactionCookies(jar)) jar.write(name, "", cookieOptions(0));
}

async function makeRoom(jar: CookieJar): Promise<void> {
  const names = transactionCookies(jar);
  if (names.length < MAX_TRANSACTIONS) return;
  const ages = await Promise.all(
    names.map(async (name) => ({ name, createdAt: (await open(jar.read(name) ?? ""))?.createdAt ?? 0 })),
  );
  const newestFirst = ages.sort((a, b) => b.createdAt - a.createdAt);
  for (const { name } of newestFirst.slice(MAX_TRANSACTIONS - 1)) jar.write(name, "", cookieOptions(0));
}

async function open(sealed: string): Promise<Transaction | null> {
  const value = (await unseal("transaction", sealed)) as Partial<Transaction>;
  const alive = value.createdAt !== undefined && nowInSeconds() < value.createdAt + LIFETIME;
  return alive ? (value as Transaction) : null;
}

function transactionCookies(jar: CookieJar): string[] {
  return (jar.names?.() ?? []).filter((name) => name.startsWith(cookieName(PREFIX)) && jar.read(name));
}
