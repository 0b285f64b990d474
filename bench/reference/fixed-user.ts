import { connection } from "next/server";
import type { Session } from "@/lib/auth/session";
import { toUser, type User } from "../../lib/auth/current-user";

export { toUser };

type Person = Pick<Session, "idTokenClaims" | "userinfo">;

// Every visitor sees this person, so that the page is as long as the guarded one. The build runs without a person.
const person = JSON.parse(process.env.BENCH_PERSON ?? "{}") as Person;

/** Replaces `lib/auth/current-user.ts`. Reads no cookie and needs no login: every visitor sees the same person. */
export async function requireUser(): Promise<{ user: User; session: Person }> {
  await connection(); // render on each request, as a page with a login does
  return { user: toUser(person), session: person };
}

export async function getUser(): Promise<User> {
  return (await requireUser()).user;
}

/** The session. The header of the page reads it, and so does the list of sessions if there is a session store. */
export async function getSession(): Promise<Person> {
  return (await requireUser()).session;
}
