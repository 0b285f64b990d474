import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { SITE } from "../../lib/site.ts";

const TABLE = `${SITE.id.replaceAll("-", "_")}_sessions`;

/** A session store in a file of its own, which a test can look into and put out of order. */
export interface SqliteStore {
  /** For `SESSION_STORE_URL`. */
  readonly url: string;
  /** From now on every operation of the apps fails. Nothing is lost. It must have been used before. */
  breakDown(): void;
  /** All is as it was before it broke down, if it did. */
  mend(): void;
  /** Writes something else into entries of one kind. @returns how many there were */
  spoil(kind: string, value: string): number;
  /** The whole of it, as text. */
  dump(): string;
  remove(): void;
}

export function createSqliteStore(): SqliteStore {
  const folder = mkdtempSync(path.join(tmpdir(), "oidc-store-"));
  const file = path.join(folder, "sessions.db");

  let isBroken = false;

  function using<T>(work: (database: DatabaseSync) => T): T {
    const database = new DatabaseSync(file, { timeout: 5_000 });
    try {
      return work(database);
    } finally {
      database.close();
    }
  }

  return {
    url: `sqlite:${file}`,
    breakDown() {
      using((database) =>
        database.exec(
          `begin; alter table ${TABLE} rename to set_aside; create table ${TABLE} (something_else); commit`,
        ),
      );
      isBroken = true;
    },
    mend() {
      if (!isBroken) return;
      using((database) =>
        database.exec(`begin; drop table ${TABLE}; alter table set_aside rename to ${TABLE}; commit`),
      );
      isBroken = false;
    },
    spoil: (kind, value) =>
      using((database) =>
        Number(
          database
            .prepare(`update ${TABLE} set value = ? where key like ?`)
            .run(value, `${SITE.id}:${kind}:%`).changes,
        ),
      ),
    dump: () => using((database) => JSON.stringify(database.prepare(`select * from ${TABLE}`).all())),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
