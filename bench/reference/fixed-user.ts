import { connection } from "next/server";
import type { Session } from "@/lib/auth/session";
import { toUser, type User } from "../../lib/auth/current-user";

export { toUser };

type Person = Pick<Session, "idTokenClaims" | "userinfo">;

// Every visitor sees this person, so this page is as long as the app's. The variable is not set during the build.
const person = JSON.parse(process.env.BENCH_PERSON ?? "{}") as Person;

/** Replaces `lib/auth/current-user.ts`. Reads no cookie and needs no login: every visitor sees the same person. */
export async function requireUser(): Promise<{ user: User; session: Person }> {
  await connection(); // renders the page for each request, like a page that needs a login
  return { user: toUser(person), session: person };
}

export async function getUser(): Promise<User> {
  return (await requireUser()).user;
}

/** Replaces the app's `getSession`, which the page header and the cards of the profile page call. */
export async function getSession(): Promise<Person> {
  return (await requireUser()).session;
}
