import { nowInSeconds } from "../../clock.ts";
import { getSettings } from "../../settings.ts";
import { CLOCK_TOLERANCE, type Claims, isObject } from "../provider/index.ts";
import type { Session } from "../session.ts";

/** What a page, route or action requires besides a session. Each field that is set must be met. */
export interface Requirement {
  readonly roles?: readonly string[]; // OIDC_ROLES_CLAIM names the claim that contains them
  readonly scopes?: readonly string[];
  readonly maxAge?: number; // maximum seconds since the person logged in at the provider (`auth_time`)
  readonly acr?: readonly string[]; // accepted values of the ID token's `acr`; a value contains no space
}

export type Rights = Pick<Requirement, "roles" | "scopes">;

/** The required scopes and roles that `held` does not contain. Null if nothing is missing. */
export function missingRights({ scopes = [], roles = [] }: Rights, held: Required<Rights>) {
  const missing = {
    scopes: scopes.filter((name) => !held.scopes.includes(name)),
    roles: roles.filter((name) => !held.roles.includes(name)),
  };
  const parts = [`scope ${missing.scopes.join(" ")}`, `role ${missing.roles.join(" ")}`];
  const named = parts.filter((part) => !part.endsWith(" "));
  return named.length > 0 ? { ...missing, message: `This needs ${named.join(" and ")}.` } : null;
}

/** Null if the session meets the requirement. Otherwise the reason, and the parameters of a login that may help. */
export function refusalOf(session: Session, requirement: Requirement) {
  const roles = requirement.roles ? rolesOf(session) : [];
  const missing = missingRights(requirement, { scopes: session.scope.split(/\s+/), roles });
  if (missing) return { message: missing.message, login: null }; // a new login would not grant more rights
  const { maxAge, acr = [] } = requirement;
  const age = nowInSeconds() - (session.authTime ?? Number.NaN); // NaN is never recent enough
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

/** Claims that usually list roles, at providers and in the app's own tokens. In a path, `*` matches any member. */
const USUAL_PLACES: readonly string[] = [
  ...["roles", "groups", "permissions"], // roles: Entra ID, Logto; groups: authentik, Entra, Okta; permissions: Auth0
  ...["realm_access.roles", "resource_access.*.roles"], // Keycloak
  ...["cognito:groups", "urn:zitadel:iam:org:project:roles"],
];

/** The roles in the ID token and the userinfo. A client must not read the access token (RFC 9068, 6). */
export function rolesOf({ idTokenClaims, userinfo }: Pick<Session, "idTokenClaims" | "userinfo">): string[] {
  return rolesIn([idTokenClaims, userinfo ?? {}]); // ID token first: a refresh does not update userinfo
}

/** The roles at `place`, or at the usual paths if it is null. For each path, uses the first source that has roles. */
export function rolesIn(sources: readonly Claims[], place = getSettings().oidc.rolesClaim): string[] {
  const stated = (place ? [place] : USUAL_PLACES).flatMap(
    (path) => sources.map((claims) => valuesAt(claims, path)).find((values) => values.length) ?? [],
  );
  return [...new Set(stated.flatMap(namesIn))].sort();
}

/** The values at a path. Names can contain dots (`https://example.com/roles`), so longer names are tried first. */
function valuesAt(value: unknown, path: string): unknown[] {
  if (!isObject(value)) return [];
  if (Object.hasOwn(value, path)) return [value[path]];
  const dots = [...path.matchAll(/\./g)].map(({ index }) => index).reverse();
  const found = dots.map((dot) => {
    const [name, rest] = [path.slice(0, dot), path.slice(dot + 1)];
    return (name === "*" ? Object.values(value) : [value[name]]).flatMap((member) => valuesAt(member, rest));
  });
  return found.find((values) => values.length) ?? [];
}

/** The role names in a value. A string is one name, even if it has spaces. In Zitadel's object, each key is a name. */
function namesIn(value: unknown): string[] {
  const names = isObject(value) ? Object.keys(value).filter((name) => value[name]) : [value].flat();
  return names.filter((name): name is string => typeof name === "string" && name.trim() !== "");
}
