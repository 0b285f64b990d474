import type { Claims } from "./auth/provider/index.ts";
import type { Hooks } from "./auth/user/user.ts";

/** Each key is a reason for which `onLogin` can refuse a user. Each value is the text on the error page. */
export const REFUSALS = {} satisfies Record<string, string>;

/** Returns your own claims, which `User` has besides the standard claims. The browser gets all claims of `User`. */
export function customClaims(_claims: Claims) {
  return {}; // for example: { department: typeof claims.department === "string" ? claims.department : null }
}

/**
 * Add methods for the start, the refresh and the end of a session. A method fails if it throws or takes over 5 seconds.
 *
 * - `onLogin` runs when a login has passed all checks, before its session starts. If it fails or returns a key of
 *   `REFUSALS`, the user is not logged in.
 * - `onRefresh` runs after a refresh, `onLogout` when a session ends before it expires. Their failures are only logged.
 */
export const hooks: Hooks<ReturnType<typeof customClaims>, keyof typeof REFUSALS> = {};
