import { setImmediate } from "node:timers/promises";
import { expressionBuilder, type SqlBool, sql } from "kysely";
import { nowInSeconds } from "../clock.ts";
import type { SqlDatabase } from "./sql-database.ts";
import { createKysely, TABLE, TABLE_DEFINITIONS, type Tables } from "./sql-dialects.ts";
import { isMissingTable, repeated } from "./sql-errors.ts";
import { mysqlWriter, type Row, upsertWriter } from "./sql-writers.ts";
import type { Backend } from "./store.ts";

/** In seconds. */
const SWEEP_INTERVAL = 600;
/** How many rows are locked at once, and how many are taken away in one sweep at most: the next one takes the rest. */
const SWEEP_BATCH = 200;
const SWEEP_BATCHES = 250;

/**
 * The store in a table of SQLite, PostgreSQL, MySQL or MariaDB. Kysely writes each dialect's SQL. Readers leave out
 * what has expired; now and then a writer takes it away, in small bites.
 */
export function sqlStore(database: SqlDatabase): Backend {
  const db = createKysely(database);
  const write = database.dialect === "mysql" ? mysqlWriter(db) : upsertWriter(db);
  const selects = new Map<number, string>();
  let nextSweep = 0;

  /** The table is made when it is first missed: who may not make tables can have it made beforehand. */
  async function withTable<T>(statement: () => Promise<T>): Promise<T> {
    try {
      return await repeated(statement);
    } catch (error) {
      if (!isMissingTable(error)) throw error;
    }
    // Where another instance makes it at the same moment, PostgreSQL fails in spite of IF NOT EXISTS.
    const failure: unknown = await database
      .run(TABLE_DEFINITIONS[database.dialect], [])
      .catch((thrown) => thrown);
    return repeated(statement).catch((error: unknown) => {
      throw isMissingTable(error) ? failure : error;
    });
  }

  /** Nearly every request reads: the statement is put together once for each number of keys. */
  function selectOf(keys: readonly string[]): string {
    const known = selects.get(keys.length);
    if (known !== undefined) return known;
    const select = db.selectFrom(TABLE).select(["key", "value"]).where("key", "in", keys);
    const statement = select.where("expires_at", ">", nowInSeconds()).compile().sql;
    selects.set(keys.length, statement);
    return statement;
  }

  async function sweep(): Promise<void> {
    const now = nowInSeconds();
    for (let batch = 0; batch < SWEEP_BATCHES; batch++) {
      const expired = db.selectFrom(TABLE).select("key").where("expires_at", "<=", now);
      const rows = await expired.orderBy("expires_at").limit(sql.lit(SWEEP_BATCH)).execute();
      const keys = rows.map((row) => row.key);
      if (keys.length > 0) {
        await db.deleteFrom(TABLE).where("key", "in", keys).where("expires_at", "<=", now).execute();
      }
      if (keys.length < SWEEP_BATCH) return;
      await setImmediate(); // SQLite works in this thread: requests get their turn in between
    }
  }

  function sweepNowAndThen(): void {
    const now = nowInSeconds();
    if (now < nextSweep) return;
    nextSweep = now + SWEEP_INTERVAL;
    sweep().catch(() => {}); // no reader sees the difference, and the next sweep takes what this one left
  }

  /** The entry of this key while it lives and has this very value. MySQL's collations take some texts for the same. */
  function expectedRow(key: string, expected: string) {
    const eb = expressionBuilder<Tables, typeof TABLE>();
    const isExpected =
      database.dialect === "mysql"
        ? sql<SqlBool>`cast(value as binary) = cast(${expected} as binary)`
        : eb("value", "=", expected);
    return eb.and([eb("key", "=", key), eb("expires_at", ">", nowInSeconds()), isExpected]);
  }

  return {
    async get(keys) {
      const { rows } = await withTable(() => database.run(selectOf(keys), [...keys, nowInSeconds()]));
      const values = new Map((rows as Row[]).map((row) => [row.key, row.value]));
      return keys.map((key) => values.get(key) ?? null);
    },
    async set(key, value, expires_at) {
      await withTable(() => write.set({ key, value, expires_at }));
      sweepNowAndThen();
    },
    async add(key, value, expires_at) {
      const added = await withTable(() => write.add({ key, value, expires_at }));
      sweepNowAndThen();
      return added;
    },
    async replace(key, expected, next) {
      return withTable(async () => {
        const row = expectedRow(key, expected);
        if (!next) return (await db.deleteFrom(TABLE).where(row).executeTakeFirst()).numDeletedRows === 1n;
        const columns = { value: next.value, expires_at: next.expiresAt };
        return (await db.updateTable(TABLE).set(columns).where(row).executeTakeFirst()).numUpdatedRows === 1n;
      });
    },
    async delete(keys) {
      await withTable(() => db.deleteFrom(TABLE).where("key", "in", keys).execute());
    },
    close: () => database.close(),
  };
}
