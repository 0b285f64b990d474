import type { Claims } from "./auth/provider/index.ts";
import type { Hooks } from "./auth/user/user.ts";

/** Each key is a reason for which `onLogin` can refuse a user. Each value is the text on the error page. */
export const REFUSALS = {} satisfies Record<string, string>;

/** Adds your own claims to the standard claims of `User`. `/auth/me` and `useUser` send all of them to the browser. */
export function customClaims(_claims: Claims) {
  return {}; // for example: { department: typeof claims.department === "string" ? claims.department : null }
}

/**
 * Your code for the beginning and the end of a session. Add the methods that you need. Each has five seconds to finish.
 *
 * - `onLogin` runs when a login has passed all checks, before its session starts. If it returns a key of `REFUSALS` or
 *   throws, the user is not logged in.
 * - `onRefresh` runs after a refresh, `onLogout` when a session ends before it expires. Their errors are only logged.
 */
export const hooks: Hooks<ReturnType<typeof customClaims>, keyof typeof REFUSALS> = {};
