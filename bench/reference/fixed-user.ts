import { connection } from "next/server";
import type { Session } from "@/lib/auth/session";
import type { User } from "@/lib/auth/user";

interface Person {
  readonly user: User;
  readonly session: Pick<Session, "idTokenClaims">;
}

// Every visitor sees this person, so that the page is as long as the guarded one. The build runs without a person.
const person = JSON.parse(process.env.BENCH_PERSON ?? "null") as Person;

/** Replaces `lib/auth/current-user.ts`. Reads no cookie and needs no login: every visitor sees the same person. */
export async function requireUser(): Promise<Person> {
  await connection(); // render on each request, as a page with a login does
  return person;
}

export async function getUser(): Promise<User> {
  return (await requireUser()).user;
}
