import { closeSync, mkdirSync, openSync } from "node:fs";
import path from "node:path";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { SqlDatabase } from "./sql-store.ts";

/** How long a write waits for a write of another process, in milliseconds. The wait blocks the whole process. */
const BUSY_TIMEOUT = 5_000;
/** The maximum number of prepared statements to keep. `get` needs a different statement for each number of keys. */
const MAX_PREPARED = 100;

/**
 * Opens a file with the driver of Node.js. In WAL mode, readers and one writer do not wait for each other. With
 * `synchronous=NORMAL`, a power cut may lose the last writes, but does not damage the file. A missing file or folder is
 * created with access for its owner only.
 *
 * @param target the file's path, relative to the working directory, or `:memory:`
 * @throws Error if the file cannot be opened or is not an SQLite file
 */
export async function openSqlite(target: string): Promise<SqlDatabase> {
  const sqlite = await import("node:sqlite");
  if (target !== ":memory:") createPrivateFile(path.resolve(target));
  const database = new sqlite.DatabaseSync(target);
  try {
    database.exec(
      `pragma busy_timeout = ${BUSY_TIMEOUT}; pragma journal_mode = wal; pragma synchronous = normal`,
    );
  } catch (error) {
    database.close();
    throw error;
  }
  return { ...sqliteDatabase(database), close: async () => database.close() };
}

/** Uses an open SQLite database. The code that opened the database must close it. */
export function sqliteDatabase(database: DatabaseSync): SqlDatabase {
  const statements = new Map<string, StatementSync>();
  function prepare(sql: string): StatementSync {
    const statement = statements.get(sql) ?? database.prepare(sql);
    if (statements.size < MAX_PREPARED) statements.set(sql, statement);
    return statement;
  }
  return {
    dialect: "sqlite",
    async run(sql, values) {
      if (sql.startsWith("select")) return { rows: prepare(sql).all(...values), affected: 0 };
      if (values.length > 0) return { rows: [], affected: Number(prepare(sql).run(...values).changes) };
      database.exec(sql);
      return { rows: [], affected: 0 };
    },
    close: async () => {},
  };
}

function createPrivateFile(file: string): void {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  // SQLite would create a file that everyone can read. SQLite's additional files get the mode of this file.
  closeSync(openSync(file, "a", 0o600));
}
