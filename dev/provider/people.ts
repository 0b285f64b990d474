import { randomUUID } from "node:crypto";

/** A person with an account at the embedded provider. */
export interface Person {
  readonly sub: string;
  readonly name: string;
  readonly givenName: string;
  readonly familyName: string;
  readonly username: string;
  readonly email: string;
  readonly emailVerified: boolean;
  /** Permissions at the message API, for the access tokens that are issued for it. */
  readonly permissions: readonly string[];
  /** Unix seconds. */
  readonly updatedAt: number;
}

/** The values of the signup form. */
export interface NewPerson {
  readonly name: string;
  readonly email: string;
}

/** The permission that the message API requires for the admin message. */
export const ADMIN_PERMISSION = "read:admin-messages";

/** The accounts of the embedded provider: two demo people, and the people who sign up. They live as long as the process. */
export class People {
  readonly #bySub = new Map<string, Person>();
  /** The people who have a button on the login page. */
  readonly demo: readonly Person[];

  constructor() {
    this.demo = [
      this.#add("alice", { name: "Alice Example", email: "alice@example.com" }, { verified: true, may: [] }),
      this.#add(
        "admin",
        { name: "Admin Example", email: "admin@example.com" },
        { verified: true, may: [ADMIN_PERMISSION] },
      ),
    ];
  }

  /** The person with this subject identifier. */
  get(sub: string): Person | undefined {
    return this.#bySub.get(sub);
  }

  /** The person with this e-mail address or user name, in any case. */
  find(identifier: string): Person | undefined {
    const wanted = identifier.trim().toLowerCase();
    return [...this.#bySub.values()].find(({ email, username }) =>
      [email.toLowerCase(), username].includes(wanted),
    );
  }

  /**
   * Creates an account. Its e-mail address is marked as unverified, because nobody has checked it.
   *
   * @throws Error when an account with this e-mail address exists
   */
  add(newcomer: NewPerson): Person {
    if (this.find(newcomer.email))
      throw new Error(`An account with the e-mail address ${newcomer.email} exists.`);
    return this.#add(randomUUID(), newcomer, { verified: false, may: [] });
  }

  #add(
    sub: string,
    { name, email }: NewPerson,
    { verified, may }: { verified: boolean; may: string[] },
  ): Person {
    const [givenName = name, ...rest] = name.split(" ");
    const person: Person = {
      sub,
      name,
      givenName,
      familyName: rest.join(" "),
      username: this.#freeUsername(email),
      email,
      emailVerified: verified,
      permissions: may,
      updatedAt: Math.floor(Date.now() / 1000),
    };
    this.#bySub.set(sub, person);
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
 * The standard claims of a person (OpenID Connect Core 5.1). oidc-provider selects among them by scope.
 *
 * @param issuer the base of the picture's URL
 */
export function toClaims(
  person: Person,
  issuer: string,
): Record<string, string | number | boolean> & { sub: string } {
  return {
    sub: person.sub,
    name: person.name,
    given_name: person.givenName,
    ...(person.familyName && { family_name: person.familyName }),
    preferred_username: person.username,
    nickname: person.username,
    picture: `${issuer}/people/${person.sub}.svg`,
    email: person.email,
    email_verified: person.emailVerified,
    updated_at: person.updatedAt,
  };
}
