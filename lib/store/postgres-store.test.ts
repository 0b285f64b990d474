import { expect, test } from "vitest";
import { SERVERS } from "@/dev/testing/store-servers.ts";
import { nowInSeconds } from "../clock.ts";
import { createStore } from "./open-store.ts";
import { loadPg, postgresDatabase } from "./postgres-database.ts";
import { DIALECTS } from "./sql-store.ts";
import { TIME_LIMITS } from "./store.ts";

const postgres = SERVERS.find(({ title }) => title.startsWith("postgres"));

test.skipIf(postgres?.skipped)(
  "a store waits for a table that another instance is about to create",
  async () => {
    const prepared = await postgres?.prepare();
    const url = String(prepared?.url);
    const { Pool } = await loadPg();
    const pools = [url, url].map((connectionString) => new Pool({ connectionString, max: 1 }));
    const [other, observer] = pools.map((pool) => postgresDatabase(pool, TIME_LIMITS));
    await other?.run(`begin; ${DIALECTS.postgres.schema}`, []);

    const store = createStore(url);
    const writing = store.set("key", "value", nowInSeconds() + 3_600);
    const waiting = `select count(*)::int as n from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`;
    await expect
      .poll(async () => (await observer?.run(waiting, []))?.rows, { timeout: 4_000 })
      .toEqual([{ n: 1 }]);
    await other?.run("commit", []);
    await writing;

    expect(await store.get(["key"])).toEqual(["value"]);
    await store.close();
    for (const pool of pools) await pool.end();
    await prepared?.remove();
  },
);
