import { connection } from "next/server";
import type { Session } from "@/lib/auth/session-data";
import type { User } from "@/lib/auth/user";

interface Person {
  readonly user: User;
  readonly session: Pick<Session, "idTokenClaims">;
}

// Whom every visitor is shown, so that this page is as long as the guarded one. There is nobody during the build.
const person = JSON.parse(process.env.BENCH_PERSON ?? "null") as Person;

/** In place of `lib/auth/current-user.ts`: no login is wanted, no cookie is read; everybody sees the same person. */
export async function requireUser(): Promise<Person> {
  await connection(); // rendered for every request, as a page with a login is
  return person;
}

export async function getUser(): Promise<User> {
  return (await requireUser()).user;
}
