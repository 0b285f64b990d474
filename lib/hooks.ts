import type { Claims } from "./auth/provider/index.ts";
import type { Hooks } from "./auth/user/user.ts";

/** The reasons for which `onLogin` may refuse a user. The error page shows the text of the reason. */
export const REFUSALS = {} satisfies Record<string, string>;

/** Your own claims, which `User` has in addition to the standard ones. `/auth/me` and `useUser` send them to the browser. */
export function customClaims(_claims: Claims) {
  return {}; // for example: { department: typeof claims.department === "string" ? claims.department : null }
}

/**
 * Your code for the beginning and the end of a session. Add the methods that you need. Each has five seconds to finish.
 *
 * - `onLogin` runs when a login has passed all checks, before its session starts. If it returns a key of `REFUSALS` or
 *   throws, the user is not logged in.
 * - `onRefresh` runs after a refresh. `onLogout` runs when a session ends before it expires. Errors are only logged.
 */
export const hooks: Hooks<ReturnType<typeof customClaims>, keyof typeof REFUSALS> = {};
