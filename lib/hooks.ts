import type { Claims } from "./auth/provider/index.ts";
import type { Hooks } from "./auth/user/user.ts";

/** The reasons for which `onLogin` may refuse a user, each with the text that the error page shows. */
export const REFUSALS = {} satisfies Record<string, string>;

/** Claims of your own that `User` has besides the standard ones. `/auth/me` and `useUser` show them to the browser. */
export function customClaims(_claims: Claims) {
  return {}; // for example: { department: typeof claims.department === "string" ? claims.department : null }
}

/**
 * Your code for the beginning and the end of a session. Add the methods that you need; each may take five seconds.
 *
 * - `onLogin` runs when a login has passed all checks, before its session starts. If it returns a key of `REFUSALS` or
 *   throws, the user is not logged in.
 * - `onRefresh` runs after a refresh, `onLogout` after a session was ended before it expired. An error is only logged.
 */
export const hooks: Hooks<ReturnType<typeof customClaims>, keyof typeof REFUSALS> = {};
