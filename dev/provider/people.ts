import { randomUUID } from "node:crypto";

/** The values of the signup form. */
export interface NewPerson {
  readonly name: string;
  readonly email: string;
}

/** A person with an account at the embedded provider. */
export interface Person extends NewPerson {
  readonly sub: string;
  readonly username: string;
  readonly emailVerified: boolean;
  /** What the person may do at the message API. Access tokens for this API contain these permissions. */
  readonly permissions: readonly string[];
  /** The value of the claim `roles` in ID tokens and userinfo. */
  readonly roles: readonly string[];
  /** Unix seconds. */
  readonly updatedAt: number;
}

/** The permission that the message API requires for the admin message. */
export const ADMIN_PERMISSION = "read:admin-messages";

/** The value of `acr` for a login with a second factor. The demo only pretends to check the factor. */
export const SECOND_FACTOR = "urn:demo:second-factor";

/** Whether an authorization request requires a second factor. */
export function asksForSecondFactor({ acr_values = "" }: Readonly<Record<string, unknown>> = {}): boolean {
  return String(acr_values).split(" ").includes(SECOND_FACTOR);
}

const DEMO_PEOPLE = [
  { sub: "alice", name: "Alice Example", email: "alice@example.com", permissions: [], roles: [] },
  {
    sub: "admin",
    name: "Admin Example",
    email: "admin@example.com",
    permissions: [ADMIN_PERMISSION],
    roles: ["admin"],
  },
];

/** The accounts of the embedded provider, in memory: two demo people, and the people who sign up. */
export class People {
  readonly #bySub = new Map<string, Person>();
  /** The people who have a button on the login page. */
  readonly demo = DEMO_PEOPLE.map((person) => this.#add({ ...person, emailVerified: true }));

  /** The person with this subject identifier. */
  get(sub: string): Person | undefined {
    return this.#bySub.get(sub);
  }

  /** The person with this e-mail address or user name. Upper and lower case do not matter. */
  find(identifier: string): Person | undefined {
    const wanted = identifier.trim().toLowerCase();
    const people = [...this.#bySub.values()];
    return people.find(({ email, username }) => [email.toLowerCase(), username].includes(wanted));
  }

  /**
   * Creates an account. Its e-mail address is marked as unverified, because nobody has checked it.
   * @throws Error when an account with this e-mail address exists
   */
  add({ name, email }: NewPerson): Person {
    if (this.find(email)) throw new Error(`An account with the e-mail address ${email} exists.`);
    return this.#add({ sub: randomUUID(), name, email, permissions: [], roles: [], emailVerified: false });
  }

  #add(account: Omit<Person, "username" | "updatedAt">): Person {
    const updatedAt = Math.floor(Date.now() / 1000);
    const person = { ...account, username: this.#freeUsername(account.email), updatedAt };
    this.#bySub.set(person.sub, person);
    return person;
  }

  #freeUsername(email: string): string {
    const base = email.slice(0, email.indexOf("@")).toLowerCase();
    for (let count = 1; ; count += 1) {
      const username = count === 1 ? base : `${base}${count}`;
      if (!this.find(username)) return username;
    }
  }
}

/**
 * The standard claims of a person (OpenID Connect Core 5.1), and `roles`. oidc-provider selects those of the scopes.
 *
 * @param issuer the base of the picture's URL
 */
export function toClaims(person: Person, issuer: string) {
  const [givenName = person.name, ...others] = person.name.split(" ");
  return {
    sub: person.sub,
    name: person.name,
    given_name: givenName,
    ...(others.length > 0 && { family_name: others.join(" ") }),
    preferred_username: person.username,
    nickname: person.username,
    picture: `${issuer}/people/${person.sub}.svg`,
    email: person.email,
    email_verified: person.emailVerified,
    updated_at: person.updatedAt,
    ...(person.roles.length > 0 && { roles: person.roles }),
  };
}
