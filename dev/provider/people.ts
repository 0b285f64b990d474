import { randomUUID } from "node:crypto";

/** Somebody who has an account at the embedded provider. */
export interface Person {
  readonly sub: string;
  readonly name: string;
  readonly givenName: string;
  readonly familyName: string;
  readonly username: string;
  readonly email: string;
  readonly emailVerified: boolean;
  /** What the message API lets this person do; goes into access tokens for it. */
  readonly permissions: readonly string[];
  /** Unix seconds. */
  readonly updatedAt: number;
}

/** What a newcomer types on the sign-up page. */
export interface NewPerson {
  readonly name: string;
  readonly email: string;
}

/** The permission that the message API's admin message wants. */
export const ADMIN_PERMISSION = "read:admin-messages";

/** The accounts of the embedded provider: the two demo people, and whoever signs up, until the process ends. */
export class People {
  readonly #bySub = new Map<string, Person>();
  /** The people whom the log-in page offers with one click. */
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

  /** The person with this e-mail address or user name, whatever its case. */
  find(identifier: string): Person | undefined {
    const wanted = identifier.trim().toLowerCase();
    return [...this.#bySub.values()].find(({ email, username }) =>
      [email.toLowerCase(), username].includes(wanted),
    );
  }

  /**
   * Opens an account. The e-mail address counts as unverified, since nobody has checked it.
   *
   * @throws Error when the e-mail address has an account already
   */
  add(newcomer: NewPerson): Person {
    if (this.find(newcomer.email)) throw new Error(`${newcomer.email} has an account already`);
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
 * The standard claims of a person (OpenID Connect Core 5.1). The provider itself picks from them by scope.
 *
 * @param issuer where the picture is served
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
