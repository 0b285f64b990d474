import { nowInSeconds } from "../../clock.ts";
import { CLOCK_TOLERANCE } from "../provider/index.ts";
import type { Session } from "../session.ts";
import { rolesOf } from "./roles.ts";

export { rolesIn, rolesOf } from "./roles.ts";

/** What a page, route or action asks for beside a session: all of it. */
export interface Requirement {
  readonly roles?: readonly string[]; // where providers state them: OIDC_ROLES_CLAIM
  readonly scopes?: readonly string[];
  readonly maxAge?: number; // seconds since the person logged in at the provider (`auth_time`), at most
  readonly acr?: readonly string[]; // how: one of these values, without spaces
}

export type Rights = Pick<Requirement, "roles" | "scopes">;

/** The scopes and roles that somebody does not have; null if nothing is missing. */
export function missingRights({ scopes = [], roles = [] }: Rights, held: Required<Rights>) {
  const missing = {
    scopes: scopes.filter((name) => !held.scopes.includes(name)),
    roles: roles.filter((name) => !held.roles.includes(name)),
  };
  const parts = [`scope ${missing.scopes.join(" ")}`, `role ${missing.roles.join(" ")}`];
  const named = parts.filter((part) => !part.endsWith(" "));
  return named.length > 0 ? { ...missing, message: `This needs ${named.join(" and ")}.` } : null;
}

/** Why a session does not fulfil a requirement, and the parameters of a login that may fulfil it; null where it does. */
export function refusalOf(session: Session, requirement: Requirement) {
  const missing = missingRights(requirement, { scopes: session.scope.split(/\s+/), roles: rolesOf(session) });
  if (missing) return { message: missing.message, login: null }; // no login opens what this person may not see
  const { maxAge, acr = [] } = requirement;
  const age = nowInSeconds() - (session.authTime ?? Number.NaN); // comparisons with NaN are false
  const isRecent = maxAge === undefined || (age >= -CLOCK_TOLERANCE && age <= maxAge + CLOCK_TOLERANCE);
  if (isRecent && (acr.length === 0 || acr.includes(session.acr ?? ""))) return null;
  const login = {
    ...(maxAge !== undefined && { max_age: String(maxAge) }),
    ...(acr.length > 0 && { acr_values: acr.join(" ") }),
    ...(!isRecent && session.authTime !== undefined && { prompt: "login" }), // some providers ignore max_age
    step_up: "1",
  };
  return { message: `This needs a ${isRecent ? "stronger" : "more recent"} login.`, login };
}
