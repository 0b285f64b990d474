import { rolesIn } from "../access/requirement.ts";
import type { Claims } from "../provider/index.ts";

/** The claims about a person in an access token, other than `sub`. */
export interface PersonClaims {
  readonly preferred_username?: string;
  readonly email?: string;
  readonly roles: readonly string[];
}

/** The response of the broker's userinfo route. */
export interface Userinfo {
  readonly username: string;
  readonly pw_name: string;
  readonly first_name: string;
  readonly last_name: string;
  readonly email: string;
}

/** The claims about a person. Each claim is taken from the first source that has it. For roles, see `rolesIn`. */
export function personClaims(...sources: readonly Claims[]): PersonClaims {
  const preferred_username = usernameOf(sources);
  const email = first(sources, "email");
  return {
    ...(preferred_username && { preferred_username }),
    ...(email && { email }),
    roles: rolesIn(sources),
  };
}

/** The userinfo response. Takes each claim from the first source that has it. Null if no source has a user name. */
export function toUserinfo(...sources: readonly Claims[]): Userinfo | null {
  const username = usernameOf(sources);
  if (!username) return null;
  const words = first(sources, "name").split(/\s+/).filter(Boolean);
  return {
    username,
    pw_name: username,
    first_name: first(sources, "given_name") || (words[0] ?? ""),
    last_name: first(sources, "family_name") || (words.at(-1) ?? ""),
    email: first(sources, "email"),
  };
}

function usernameOf(sources: readonly Claims[]): string {
  return first(sources, "preferred_username") || first(sources, "username");
}

function first(sources: readonly Claims[], name: string): string {
  return sources.flatMap((claims) => texts([claims[name]]))[0] ?? "";
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string" && item.trim() !== "") : [];
}
