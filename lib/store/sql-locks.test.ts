import { describe, expect, test, vi } from "vitest";
import { SERVERS } from "@/dev/testing/store-servers.ts";
import { nowInSeconds } from "../clock.ts";
import { openMysql } from "./mysql-database.ts";
import { createStore } from "./open-store.ts";
import { openPostgres } from "./postgres-database.ts";
import { DIALECTS } from "./sql-store.ts";
import { TABLE, TIME_LIMITS } from "./store.ts";

vi.setConfig({ testTimeout: 20_000 });

const inAnHour = () => nowInSeconds() + 3_600;

const DATABASES = {
  postgres: {
    open: openPostgres,
    // In a deadlock, PostgreSQL cancels the statement whose timeout ends first. A superuser may set a longer timeout
    // for this transaction, so that PostgreSQL cancels the store's statement.
    begin: `begin; select set_config('deadlock_timeout', '15s', true)
      from pg_roles where rolname = current_user and rolsuper`,
    waiting: `select 1 from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`,
  },
  mysql: {
    open: openMysql,
    begin: "set autocommit = 0", // MySQL cannot prepare BEGIN
    // MySQL caches this table until 100 ms have passed without a read.
    waiting: `select 1 from information_schema.innodb_trx where trx_state = 'LOCK WAIT'`,
  },
};

for (const { title, skipped, prepare } of SERVERS.filter((server) =>
  /^(postgres|mysql)/.test(server.title),
)) {
  const dialect = title.startsWith("postgres") ? "postgres" : "mysql";
  const { open, begin, waiting } = DATABASES[dialect];
  const key = dialect === "mysql" ? "`key`" : "key";

  /** Opens a store, and a connection for another transaction in the same database. */
  async function start() {
    const { url, remove } = await prepare();
    const [store, other, observer] = [
      createStore(url),
      await open(url, TIME_LIMITS),
      await open(url, TIME_LIMITS),
    ];
    return {
      store,
      other: (sql: string, ...values: string[]) => other.run(sql, values),
      storeWaits: () =>
        expect
          .poll(async () => (await observer.run(waiting, [])).rows.length, { timeout: 4_000, interval: 200 })
          .toBe(1),
      async end() {
        for (const each of [store, other, observer]) await each.close();
        await remove();
      },
    };
  }

  describe.skipIf(skipped)(`locks in ${title}`, () => {
    test("the store repeats a statement that the database cancels because of a deadlock", async () => {
      const { store, other, storeWaits, end } = await start();
      await store.set("first", "value", inAnHour());
      await store.set("second", "value", inAnHour());
      await other(begin);
      // In a deadlock, MySQL cancels the transaction that has changed fewer rows. With these rows, that is the store's.
      const rows = Array.from({ length: 50 }, (_, index) => `('other ${index}', 'value', 0)`);
      await other(`insert into ${TABLE} (${key}, value, expires_at) values ${rows.join(", ")}`);
      const update = `update ${TABLE} set value = 'changed' where ${key} = ?`;
      await other(update, "second");
      const deleting = store.delete(["first", "second"]);
      await storeWaits();
      await other(update, "first");
      await other("commit");
      await deleting;
      expect(await store.get(["first", "second"])).toEqual([null, null]);
      await end();
    });

    if (dialect === "mysql") return; // MySQL commits CREATE TABLE at once, so the store never has to wait

    test("the store waits for a table that another instance is creating", async () => {
      const { store, other, storeWaits, end } = await start();
      await other(`${begin}; ${DIALECTS.postgres.schema}`);
      const writing = store.set("key", "value", inAnHour());
      await storeWaits();
      await other("commit");
      await writing;
      expect(await store.get(["key"])).toEqual(["value"]);
      await end();
    });
  });
}
