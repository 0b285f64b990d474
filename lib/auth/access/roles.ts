import { getSettings } from "../../settings.ts";
import { type Claims, isObject } from "../provider/index.ts";
import type { Session } from "../session.ts";

/** Where providers, and the app's own tokens, state roles: paths. `*` is any member of an object. */
const USUAL_PLACES: readonly string[] = [
  ...["roles", "groups", "permissions"], // Entra ID and Logto; authentik, Entra ID and Okta; Auth0
  ...["realm_access.roles", "resource_access.*.roles"], // Keycloak
  ...["cognito:groups", "urn:zitadel:iam:org:project:roles"],
];

/** The roles in the ID token and the userinfo. Access tokens are not for the client to read (RFC 9068, 6). */
export function rolesOf({ idTokenClaims, userinfo }: Pick<Session, "idTokenClaims" | "userinfo">): string[] {
  return rolesIn([idTokenClaims, userinfo ?? {}]); // a refresh renews the ID token only, so it comes first
}

/** The roles at a place of the claims; null: at the usual places. Of each, the first source that has it decides. */
export function rolesIn(sources: readonly Claims[], place = getSettings().oidc.rolesClaim): string[] {
  const stated = (place ? [place] : USUAL_PLACES).flatMap(
    (path) => sources.map((claims) => valuesAt(claims, path)).find((values) => values.length) ?? [],
  );
  return [...new Set(stated.flatMap(namesIn))].sort();
}

/** A member's name may contain dots (`https://example.com/roles`), so longer names are tried first. */
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

/** A text is one name, whatever spaces it contains; of an object (Zitadel), the members have the names. */
function namesIn(value: unknown): string[] {
  const names = isObject(value) ? Object.keys(value).filter((name) => value[name]) : [value].flat();
  return names.filter((name): name is string => typeof name === "string" && name.trim() !== "");
}
