import { describe, expect, test } from "vitest";
import { thrownBy } from "@/dev/testing/fresh-process.ts";
import { DIALECTS, type SqlDatabase, sqlStore } from "./sql-store.ts";
import { TABLE } from "./store.ts";

const DONE = { rows: [], affected: 1 };
const failure = (code: string) => Object.assign(new Error(`failed with ${code}`), { code });

/** A database that returns these answers, one for each statement. */
function scripted(dialect: SqlDatabase["dialect"], ...answers: (Error | typeof DONE)[]) {
  const statements: string[] = [];
  const run: SqlDatabase["run"] = async (sql) => {
    statements.push(sql);
    const answer = answers.shift() ?? DONE;
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { store: sqlStore({ dialect, run, close: async () => {} }), statements };
}

const DEADLOCKS = { postgres: failure("40P01"), mysql: failure("ER_LOCK_DEADLOCK") };
const MISSING = {
  sqlite: new Error(`no such table: ${TABLE}`),
  postgres: failure("42P01"),
  mysql: failure("ER_NO_SUCH_TABLE"),
};

describe.each(["postgres", "mysql"] as const)(
  "a statement that %s cancels because of a deadlock",
  (dialect) => {
    const deadlock = DEADLOCKS[dialect];

    test("the store repeats a statement after a deadlock", async () => {
      const { store, statements } = scripted(dialect, deadlock, deadlock);
      expect(await store.replace("key", "value", null)).toBe(true);
      expect(new Set(statements).size).toBe(1);
      expect(statements).toHaveLength(3);
    });

    test("the store gives up a statement after three deadlocks", async () => {
      const { store, statements } = scripted(dialect, deadlock, deadlock, deadlock);
      expect(await thrownBy(store.replace("key", "value", null))).toBe(deadlock);
      expect(statements).toHaveLength(3);
    });

    test("the store does not repeat a statement after any other error", async () => {
      const other = failure("53300");
      const { store, statements } = scripted(dialect, other);
      expect(await thrownBy(store.replace("key", "value", null))).toBe(other);
      expect(statements).toHaveLength(1);
    });
  },
);

describe.each(["sqlite", "postgres", "mysql"] as const)("a missing table in %s", (dialect) => {
  const missing = MISSING[dialect];

  test("the store creates the missing table, and repeats the statement", async () => {
    const { store, statements } = scripted(dialect, missing);
    await store.delete(["key"]);
    expect(statements).toEqual([statements[2], DIALECTS[dialect].schema, statements[0]]);
  });

  test("the store uses the table if creating it fails because another instance has created it", async () => {
    const { store } = scripted(dialect, missing, failure("23505"));
    await store.delete(["key"]);
  });

  test("the store throws the reason if it may not create the table, and tries again at the next operation", async () => {
    const denied = failure("42501");
    const { store } = scripted(dialect, missing, denied, missing, missing);
    expect(await thrownBy(store.delete(["key"]))).toBe(denied);
    await store.delete(["key"]);
  });
});
