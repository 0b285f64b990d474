import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { SITE } from "../../../lib/site.ts";

const TABLE = `${SITE.id.replaceAll("-", "_")}_sessions`;

/** A session store in its own file, which a test can read, change and break. */
export interface SqliteStore {
  /** The value of `SESSION_STORE_URL` for an app. */
  readonly url: string;
  /** Makes every operation on the store fail, without losing data. An app must have used the store before. */
  breakDown(): void;
  /** Repairs the store if it is broken. */
  mend(): void;
  /** Overwrites the values of all entries of one kind, e.g. "session". @returns the number of these entries */
  spoil(kind: string, value: string): number;
  /** Returns all entries as JSON. */
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
