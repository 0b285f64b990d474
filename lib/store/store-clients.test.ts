import { DatabaseSync } from "node:sqlite";
import { createClient } from "@redis/client";
import { MongoClient } from "mongodb";
import { createPool } from "mysql2";
import { createPool as createPromisePool } from "mysql2/promise";
import { Pool } from "pg";
import { afterEach, describe, expect, test, vi } from "vitest";
import { forgetSharedState, thrownBy } from "@/dev/testing/fresh-process.ts";
import { RUN } from "@/dev/testing/store-servers.ts";
import { nowInSeconds } from "../clock.ts";
import { createStore, openStore, provideStoreClient } from "./open-store.ts";
import { TABLE } from "./sql-dialects.ts";

vi.setConfig({ testTimeout: 20_000 });

const KEY = `${RUN}:clients`;
const inAnHour = () => nowInSeconds() + 3_600;
const { TEST_REDIS_URL, TEST_POSTGRES_URL, TEST_MYSQL_URL, TEST_MONGODB_URL } = process.env;
const whyNot = (variable: string, url: string | undefined) => (url ? "" : ` (${variable} is not set)`);

afterEach(() => forgetSharedState());

/** A store over the client that was passed in: it must work, and leave the client as it is when it is closed. */
async function expectToWork(url: string): Promise<void> {
  const store = createStore(url);
  await store.delete([KEY]);
  expect(await store.add(KEY, "value", inAnHour())).toBe(true);
  expect(await store.add(KEY, "another", inAnHour())).toBe(false);
  expect(await store.get([KEY, `${KEY}:none`])).toEqual(["value", null]);
  await store.delete([KEY]);
  await store.close();
}

describe("a client that the app has already", () => {
  test("of SQLite", async () => {
    const sqlite = new DatabaseSync(":memory:");
    provideStoreClient({ sqlite });
    await expectToWork("sqlite:never/made.db");
    expect(sqlite.prepare(`select count(*) as entries from ${TABLE}`).get()).toEqual({
      entries: 0,
    });
    sqlite.close();
  });

  test.skipIf(!TEST_REDIS_URL)(`of Redis${whyNot("TEST_REDIS_URL", TEST_REDIS_URL)}`, async () => {
    const redis = createClient({ url: String(TEST_REDIS_URL) });
    provideStoreClient({ redis });
    const error = await thrownBy(createStore("redis://never.example").get([KEY]));
    expect(String(error)).toContain("the client that was passed in is not connected");
    await redis.connect();
    await expectToWork("redis://never.example");
    expect(await redis.ping()).toBe("PONG");
    await redis.close();
  });

  test.skipIf(!TEST_POSTGRES_URL)(
    `of PostgreSQL${whyNot("TEST_POSTGRES_URL", TEST_POSTGRES_URL)}`,
    async () => {
      const postgres = new Pool({ connectionString: TEST_POSTGRES_URL });
      provideStoreClient({ postgres });
      await expectToWork("postgres://never.example");
      expect((await postgres.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
      await postgres.end();
    },
  );

  test.skipIf(!TEST_MYSQL_URL)(`of MySQL${whyNot("TEST_MYSQL_URL", TEST_MYSQL_URL)}`, async () => {
    const mysql = createPool({ uri: String(TEST_MYSQL_URL) });
    provideStoreClient({ mysql });
    await expectToWork("mysql://never.example/hello");
    const promises = createPromisePool({ uri: String(TEST_MYSQL_URL), flags: ["-FOUND_ROWS"] });
    provideStoreClient({ mysql: promises });
    await expectToWork("mysql://never.example/hello");
    expect((await promises.query("select 1 as one"))[0]).toEqual([{ one: 1 }]);
    await promises.end();
    await mysql.promise().end();
  });

  test.skipIf(!TEST_MONGODB_URL)(`of MongoDB${whyNot("TEST_MONGODB_URL", TEST_MONGODB_URL)}`, async () => {
    const mongodb = new MongoClient(String(TEST_MONGODB_URL));
    provideStoreClient({ mongodb });
    await expectToWork("mongodb://never.example");
    expect(await mongodb.db().command({ ping: 1 })).toMatchObject({ ok: 1 });
    await mongodb.close();
  });

  test("is refused where the setting names another kind of store", async () => {
    const sqlite = new DatabaseSync(":memory:");
    provideStoreClient({ sqlite });
    const error = await thrownBy(createStore("redis://cache.example.com").get([KEY]));
    expect(String(error)).toBe(
      "StoreError: redis at cache.example.com:6379: the client that was passed in is for sqlite",
    );
    sqlite.close();
  });

  test("is found by every bundle of the process", async () => {
    const sqlite = new DatabaseSync(":memory:");
    provideStoreClient({ sqlite });
    vi.resetModules();
    const second = await import("./open-store.ts");
    expect(second.openStore).not.toBe(openStore);
    await second.openStore("sqlite:never/made.db").set(KEY, "value", inAnHour());
    expect(await openStore("sqlite:never/made.db").get([KEY])).toEqual(["value"]);
    sqlite.close();
  });
});

describe("the store of an address", () => {
  test("is the same for all who open it, in every bundle of the process", async () => {
    const store = openStore("sqlite::memory:");
    vi.resetModules();
    const second = await import("./open-store.ts");
    expect(second.openStore("sqlite::memory:")).toBe(store);
    expect(second.openStore("sqlite:another.db")).not.toBe(store);
  });

  test("is opened again by the first operation after it was closed", async () => {
    const store = openStore("sqlite::memory:");
    await store.set(KEY, "value", inAnHour());
    await store.close();
    await store.close();
    expect(await store.get([KEY])).toEqual([null]);
    await store.close();
  });

  test("must be one", () => {
    expect(() => openStore("http://user:pa55word@cache")).toThrow(/^SESSION_STORE_URL has the scheme http/);
    expect(() => openStore("http://user:pa55word@cache")).not.toThrow(/pa55word/);
  });
});
