import { nowInSeconds } from "../clock.ts";

/** Seconds that a login may take. */
export const TRANSACTION_LIFETIME = 600;

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

/** Whether something unsealed is a login whose time is not over. */
export function isUnderWay(value: Partial<Transaction>): value is Transaction {
  return value.createdAt !== undefined && nowInSeconds() < value.createdAt + TRANSACTION_LIFETIME;
}
