import { closeSync, mkdirSync, openSync } from "node:fs";
import path from "node:path";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import type { SqlDatabase } from "./sql-database.ts";

/** How long a write waits for another process's: the whole process waits with it. */
const BUSY_TIMEOUT = 5_000;

/**
 * Opens SQLite's file with Node's own driver. Readers and one writer do not wait for each other (WAL); a power cut may
 * take the last moments' writes, never the file's soundness (`synchronous=NORMAL`). File and directory are made where
 * missing, for their owner alone.
 *
 * @param target the file's path, relative to the working directory, or `:memory:`
 * @throws Error where the file cannot be opened or is none of SQLite's
 */
export function openSqlite(target: string): SqlDatabase {
  if (target !== ":memory:") makePrivateFile(path.resolve(target));
  const database = new DatabaseSync(target);
  try {
    database.exec(
      `pragma busy_timeout = ${BUSY_TIMEOUT}; pragma journal_mode = wal; pragma synchronous = normal`,
    );
  } catch (error) {
    database.close();
    throw error;
  }
  return sqliteDatabase(database, () => database.close());
}

/** A database that was opened elsewhere, with whatever settings it has there. */
export function sqliteDatabase(database: DatabaseSync, close: () => void = () => {}): SqlDatabase {
  const statements = new Map<string, StatementSync>();
  function prepared(sql: string): StatementSync {
    const known = statements.get(sql);
    if (known) return known;
    const statement = database.prepare(sql);
    // One for each number of keys that is asked for at once.
    if (statements.size < 100) statements.set(sql, statement);
    return statement;
  }
  return {
    dialect: "sqlite",
    async run(sql, parameters) {
      if (parameters.length === 0) {
        database.exec(sql);
        return { rows: [], affected: 0 };
      }
      const values = parameters as SQLInputValue[];
      if (sql.startsWith("select")) return { rows: prepared(sql).all(...values), affected: 0 };
      return { rows: [], affected: Number(prepared(sql).run(...values).changes) };
    },
    close: async () => close(),
  };
}

function makePrivateFile(file: string): void {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  // SQLite would make it readable for all, and gives the files beside it the mode of this one.
  closeSync(openSync(file, "a", 0o600));
}
