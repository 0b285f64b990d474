import { randomUUID } from "node:crypto";
import { nowInSeconds } from "../../lib/clock.ts";

/** The values of the signup form. */
export interface NewPerson {
  readonly name: string;
  readonly email: string;
}

/** A person with an account at the embedded provider: the standard claims (OpenID Connect Core 5.1), and more. */
export interface Person extends NewPerson {
  readonly sub: string;
  readonly email_verified: boolean;
  readonly updated_at: number; // Unix seconds
  /** The path of the person's picture. People who sign up have none, and the app shows their initials. */
  readonly picture?: string;
  /** What the person may do at the message API. Access tokens for this API contain these permissions. */
  readonly permissions: readonly string[];
  readonly roles: readonly string[];
}

/** The permission that the message API requires for the admin message. */
export const ADMIN_PERMISSION = "read:admin-messages";

/** The value of `acr` for a login with a second factor. The demo only pretends to check the factor. */
export const SECOND_FACTOR = "urn:demo:second-factor";

/** Whether an authorization request requires a second factor. */
export function asksForSecondFactor({ acr_values = "" }: Readonly<Record<string, unknown>> = {}): boolean {
  return String(acr_values).split(" ").includes(SECOND_FACTOR);
}

/** The people who have a button on the login page. */
export const DEMO_PEOPLE: readonly Person[] = [
  { sub: "alice", name: "Alice Example", email: "alice@example.com", permissions: [], roles: [] },
  {
    sub: "admin",
    name: "Admin Example",
    email: "admin@example.com",
    permissions: [ADMIN_PERMISSION],
    roles: ["admin"],
  },
].map((person) => ({
  ...person,
  email_verified: true,
  updated_at: nowInSeconds(),
  picture: `/people/${person.sub}.svg`,
}));

/** The accounts of the embedded provider, in memory: the demo people, and the people who sign up. */
export class People {
  readonly #all = [...DEMO_PEOPLE];

  /** The person with this e-mail address, user name or subject identifier. Upper and lower case do not matter. */
  find(identifier: string): Person | undefined {
    const wanted = identifier.trim().toLowerCase();
    return this.#all.find(({ email, sub }) => [email.toLowerCase(), usernameOf(email), sub].includes(wanted));
  }

  /**
   * Creates an account. Its e-mail address is marked as unverified, because nobody has checked it.
   * @throws Error when an account with this e-mail address exists
   */
  add({ name, email }: NewPerson): Person {
    if (this.find(email)) throw new Error(`An account with the e-mail address ${email} exists.`);
    const usual = { email_verified: false, updated_at: nowInSeconds(), permissions: [], roles: [] };
    const person = { sub: randomUUID(), name, email, ...usual };
    this.#all.push(person);
    return person;
  }
}

/**
 * Returns all claims of a person. From these, oidc-provider selects the claims of the granted scopes.
 * @param issuer the base of the picture's URL
 */
export function toClaims({ permissions, roles, picture, ...claims }: Person, issuer: string) {
  const [given_name, ...others] = claims.name.split(" ");
  const username = usernameOf(claims.email);
  return {
    ...claims,
    given_name,
    ...(others.length > 0 && { family_name: others.join(" ") }),
    preferred_username: username,
    nickname: username,
    ...(picture && { picture: issuer + picture }),
    ...(roles.length > 0 && { roles }),
  };
}

/** The local part of the e-mail address. Apps must not rely on a user name being unique (OpenID Connect Core 5.7). */
function usernameOf(email: string): string {
  return email.toLowerCase().split("@")[0] ?? "";
}
