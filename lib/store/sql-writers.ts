import { type Kysely, sql } from "kysely";
import { nowInSeconds } from "../clock.ts";
import { TABLE, type Tables } from "./sql-dialects.ts";
import { isDuplicate } from "./sql-errors.ts";

/** A row of the table. */
export type Row = Tables[typeof TABLE];

/** The statements that are not the same in all dialects. */
interface Writer {
  set(row: Row): Promise<unknown>;
  add(row: Row): Promise<boolean>;
}

/** PostgreSQL and SQLite: each in one statement, which is atomic. */
export function upsertWriter(db: Kysely<Tables>): Writer {
  const upsert = (row: Row, overwrites: "all" | "expired") =>
    db
      .insertInto(TABLE)
      .values(row)
      .onConflict((conflict) => {
        const update = conflict.column("key").doUpdateSet((eb) => ({
          value: eb.ref("excluded.value"),
          expires_at: eb.ref("excluded.expires_at"),
        }));
        return overwrites === "all" ? update : update.where(`${TABLE}.expires_at`, "<=", nowInSeconds());
      })
      .executeTakeFirst();
  return {
    set: (row) => upsert(row, "all"),
    add: async (row) => (await upsert(row, "expired")).numInsertedOrUpdatedRows === 1n,
  };
}

/**
 * MySQL and MariaDB, whose upsert has no condition: to add, an expired entry is taken away, and then the primary key
 * lets one of all writers in. How many rows an upsert has changed depends on the connection's flags.
 */
export function mysqlWriter(db: Kysely<Tables>): Writer {
  const newValues = { value: sql<string>`values(value)`, expires_at: sql<number>`values(expires_at)` };
  return {
    set: (row) => db.insertInto(TABLE).values(row).onDuplicateKeyUpdate(newValues).execute(),
    async add(row) {
      const expired = db.deleteFrom(TABLE).where("key", "=", row.key);
      await expired.where("expires_at", "<=", nowInSeconds()).execute();
      try {
        await db.insertInto(TABLE).values(row).execute();
        return true;
      } catch (error) {
        if (isDuplicate(error)) return false;
        throw error;
      }
    },
  };
}
