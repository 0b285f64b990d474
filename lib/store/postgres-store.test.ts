import { Client } from "pg";
import { expect, test } from "vitest";
import { SERVERS } from "@/dev/testing/store-servers.ts";
import { nowInSeconds } from "../clock.ts";
import { createStore } from "./open-store.ts";
import { TABLE_DEFINITIONS } from "./sql-dialects.ts";

const postgres = SERVERS.find(({ title }) => title.startsWith("postgres"));

test.skipIf(postgres?.skipped)("a table that another instance is about to make is waited for", async () => {
  const prepared = await postgres?.prepare();
  const url = String(prepared?.url);
  const [other, observer] = [new Client(url), new Client(url)];
  await other.connect();
  await observer.connect();
  await other.query(`begin; ${TABLE_DEFINITIONS.postgres}`);

  const store = createStore(url);
  const writing = store.set("key", "value", nowInSeconds() + 3_600);
  const waiting = `select count(*)::int as n from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`;
  await expect.poll(async () => (await observer.query(waiting)).rows, { timeout: 4_000 }).toEqual([{ n: 1 }]);
  await other.query("commit");
  await writing;

  expect(await store.get(["key"])).toEqual(["value"]);
  await store.close();
  await other.end();
  await observer.end();
  await prepared?.remove();
});
