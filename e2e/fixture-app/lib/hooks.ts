import { DatabaseSync } from "node:sqlite";
import type { Claims } from "@/lib/auth/provider/index.ts";
import type { Hooks } from "@/lib/auth/user/user.ts";
import { sharedState } from "@/lib/shared-state.ts";

export const REFUSALS = {
  blocked: "Your account is blocked. Write to help@example.com.",
} satisfies Record<string, string>;

export function customClaims({ department }: Claims) {
  return { department: typeof department === "string" ? department : null };
}

const TABLE = `create table if not exists accounts (
  iss text, sub text, name text, email text, logins integer default 1, blocked integer default 0,
  primary key (iss, sub))`;
const UPSERT = `insert into accounts (iss, sub, name, email) values (?, ?, ?, ?)
  on conflict do update set name = excluded.name, email = excluded.email, logins = logins + 1
  returning blocked`;

/** Returns the database, which pages and middleware share. The first login opens it, so a build works without it. */
const accounts = () =>
  sharedState("accounts", () => {
    const database = new DatabaseSync("accounts.db");
    database.exec(`pragma busy_timeout = 2000; ${TABLE}`);
    return database;
  });

export const hooks: Hooks<ReturnType<typeof customClaims>, keyof typeof REFUSALS> = {
  onLogin({ user, claims }) {
    const account = accounts().prepare(UPSERT).get(String(claims.iss), user.sub, user.name, user.email);
    return account?.blocked ? "blocked" : undefined;
  },
};
