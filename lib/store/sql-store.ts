import { setImmediate } from "node:timers/promises";
import { nowInSeconds } from "../clock.ts";
import { type Backend, TABLE } from "./store.ts";

/** An SQL database, used without transactions. */
export interface SqlDatabase {
  readonly dialect: keyof typeof DIALECTS;
  /**
   * Runs a statement that has a "?" for each value, or a schema: one or several statements without values.
   *
   * @throws the driver's error. The connection is reused only if it still works
   */
  run(sql: string, values: readonly (string | number)[]): Promise<SqlResult>;
  close(): Promise<void>;
}

interface SqlResult {
  readonly rows: readonly unknown[];
  /** The number of rows that the statement has written or removed. */
  readonly affected: number;
}

const UPSERT = "on conflict (key) do update set value = excluded.value, expires_at = excluded.expires_at";
const STANDARD = {
  key: "key",
  overwrite: UPSERT,
  overwriteExpired: `${UPSERT} where ${TABLE}.expires_at <= ?`,
  isExpected: "value = ?",
};

/** For each dialect: the table's schema, and the parts of SQL that differ. All dialects compare keys byte by byte. */
export const DIALECTS = {
  sqlite: {
    ...STANDARD,
    schema: `
      create table if not exists ${TABLE} (
        key text not null primary key,
        value text not null,
        expires_at integer not null
      );
      create index if not exists ${TABLE}_expires_at on ${TABLE} (expires_at)`,
  },
  postgres: {
    ...STANDARD,
    schema: `
      create table if not exists ${TABLE} (
        key varchar(160) collate "C" primary key,
        value text not null,
        expires_at bigint not null
      );
      create index if not exists ${TABLE}_expires_at on ${TABLE} (expires_at)`,
  },
  // MySQL and MariaDB. The type TEXT is limited to 64 KB, an upsert cannot have a condition, and some collations treat
  // different values as equal.
  mysql: {
    key: "`key`",
    overwrite: "on duplicate key update value = values(value), expires_at = values(expires_at)",
    overwriteExpired: null,
    isExpected: "cast(value as binary) = cast(? as binary)",
    schema: `
      create table if not exists ${TABLE} (
        \`key\` varchar(160) character set ascii collate ascii_bin not null primary key,
        value mediumtext character set utf8mb4 not null,
        expires_at bigint not null,
        index ${TABLE}_expires_at (expires_at)
      ) engine = InnoDB`,
  },
};

/** The minimum number of seconds between two sweeps. A sweep removes expired rows. */
const SWEEP_INTERVAL = 600;
/** The number of rows that one DELETE removes. It is small, because the statement locks these rows. */
const SWEEP_BATCH = 200;
/** The maximum number of batches in one sweep. The next sweep removes the rest. */
const SWEEP_BATCHES = 250;
/** The maximum number of attempts for a statement that the database cancels because of a deadlock. */
const ATTEMPTS = 3;

/** A store in one table of SQLite, PostgreSQL, MySQL or MariaDB. Reads ignore expired rows; some writes remove them. */
export function sqlStore(database: SqlDatabase): Backend {
  const { schema, key, overwrite, overwriteExpired, isExpected } = DIALECTS[database.dialect];
  const insert = `insert into ${TABLE} (${key}, value, expires_at) values (?, ?, ?)`;
  const unchanged = `${key} = ? and expires_at > ? and ${isExpected}`;
  const keyIn = (keys: readonly string[]) => `${key} in (${keys.map(() => "?").join(", ")})`;
  let nextSweep = 0;

  async function tryRun(sql: string, values: readonly (string | number)[], attempt = 1): Promise<SqlResult> {
    try {
      return await database.run(sql, values);
    } catch (error) {
      if (attempt === ATTEMPTS || !isDeadlock(error)) throw error;
      return tryRun(sql, values, attempt + 1);
    }
  }

  /** Runs a statement. Creates the table only if it is missing, because some database users may not create tables. */
  async function run(sql: string, ...values: (string | number)[]): Promise<SqlResult> {
    try {
      return await tryRun(sql, values);
    } catch (error) {
      if (!isMissingTable(error)) throw error;
    }
    // In PostgreSQL, this can fail despite IF NOT EXISTS if another instance creates the table at the same time.
    const failure: unknown = await database.run(schema, []).then(
      () => null,
      (error: unknown) => error,
    );
    return tryRun(sql, values).catch((error: unknown) => {
      throw (isMissingTable(error) && failure) || error;
    });
  }

  async function sweep(): Promise<void> {
    const now = nowInSeconds();
    const select = `select ${key} from ${TABLE} where expires_at <= ? order by expires_at limit ${SWEEP_BATCH}`;
    for (let batch = 0; batch < SWEEP_BATCHES; batch++) {
      const { rows } = await run(select, now);
      const keys = (rows as { key: string }[]).map((row) => row.key);
      if (keys.length > 0) {
        await run(`delete from ${TABLE} where ${keyIn(keys)} and expires_at <= ?`, ...keys, now);
      }
      if (keys.length < SWEEP_BATCH) return;
      await setImmediate(); // SQLite blocks this thread, so other requests get time between two batches
    }
  }

  function sweepSometimes(): void {
    const now = nowInSeconds();
    if (now < nextSweep) return;
    nextSweep = now + SWEEP_INTERVAL;
    sweep().catch(() => {}); // reads ignore expired rows, and the next sweep removes them
  }

  return {
    async get(keys) {
      const select = `select ${key}, value from ${TABLE} where ${keyIn(keys)} and expires_at > ?`;
      const { rows } = await run(select, ...keys, nowInSeconds());
      const values = new Map((rows as { key: string; value: string }[]).map((row) => [row.key, row.value]));
      return keys.map((each) => values.get(each) ?? null);
    },
    async set(name, value, expiresAt) {
      await run(`${insert} ${overwrite}`, name, value, expiresAt);
      sweepSometimes();
    },
    async add(name, value, expiresAt) {
      const now = nowInSeconds();
      let added: boolean;
      if (overwriteExpired) {
        added = (await run(`${insert} ${overwriteExpired}`, name, value, expiresAt, now)).affected === 1;
      } else {
        // In MySQL, an upsert's row count depends on connection flags. Of several INSERTs of one key, one succeeds.
        await run(`delete from ${TABLE} where ${key} = ? and expires_at <= ?`, name, now);
        added = await run(insert, name, value, expiresAt).then(
          () => true,
          (error: unknown) => {
            if (codeOf(error) === "ER_DUP_ENTRY") return false;
            throw error;
          },
        );
      }
      sweepSometimes();
      return added;
    },
    async replace(name, expected, next) {
      const row = [name, nowInSeconds(), expected] as const;
      const { affected } = next
        ? await run(
            `update ${TABLE} set value = ?, expires_at = ? where ${unchanged}`,
            next.value,
            next.expiresAt,
            ...row,
          )
        : await run(`delete from ${TABLE} where ${unchanged}`, ...row);
      return affected === 1;
    },
    async delete(keys) {
      await run(`delete from ${TABLE} where ${keyIn(keys)}`, ...keys);
    },
    close: () => database.close(),
  };
}

function isDeadlock(error: unknown): boolean {
  return ["40P01", "ER_LOCK_DEADLOCK"].includes(codeOf(error)); // PostgreSQL, MySQL
}

function isMissingTable(error: unknown): boolean {
  const isMissing = ["42P01", "ER_NO_SUCH_TABLE"].includes(codeOf(error));
  return isMissing || (error instanceof Error && error.message.startsWith("no such table")); // SQLite
}

function codeOf(error: unknown): string {
  return String((Object(error) as { code?: unknown }).code);
}
