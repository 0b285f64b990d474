import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { forgetSharedState, thrownBy } from "@/dev/testing/fresh-process.ts";
import { bin } from "@/dev/testing/run/steps.ts";
import { RUN } from "@/dev/testing/store-servers.ts";
import { nowInSeconds } from "../clock.ts";
import { loadMongodb } from "./mongodb-store.ts";
import { loadMysql2, type MysqlPromisePool } from "./mysql-database.ts";
import { createStore, openStore, provideStoreClient } from "./open-store.ts";
import { loadPg } from "./postgres-database.ts";
import { loadRedis } from "./redis-store.ts";
import { storeKey, TABLE } from "./store.ts";

vi.setConfig({ testTimeout: 20_000 });

const ROOT = path.resolve(import.meta.dirname, "../..");
const KEY = `${RUN}:clients`;
const inAnHour = () => nowInSeconds() + 3_600;
const { TEST_REDIS_URL, TEST_POSTGRES_URL, TEST_MYSQL_URL, TEST_MONGODB_URL } = process.env;
const whyNot = (variable: string, url: string | undefined) => (url ? "" : ` (${variable} is not set)`);

afterEach(() => forgetSharedState());

/** Checks the store's operations with the client that was passed to provideStoreClient, and closes the store. */
async function expectToWork(url: string): Promise<void> {
  const store = createStore(url);
  await store.delete([KEY]);
  expect(await store.add(KEY, "value", inAnHour())).toBe(true);
  expect(await store.add(KEY, "another", inAnHour())).toBe(false);
  expect(await store.get([KEY, `${KEY}:none`])).toEqual(["value", null]);
  await store.delete([KEY]);
  await store.close();
}

describe("a store that the app opens itself", () => {
  const made: object[] = [];
  const limit = (options: object) => {
    made.push(options);
    return {};
  };

  afterEach(() => {
    for (const driver of ["pg", "mysql2/promise", "mongodb"]) vi.doUnmock(driver);
    vi.resetModules();
  });

  test("the app opens at most ten connections to PostgreSQL, MySQL or MongoDB", async () => {
    class Pool {
      constructor(options: object) {
        limit(options);
      }
      on() {}
    }
    class MongoClient {
      constructor(_url: string, options: object) {
        limit(options);
      }
      db = () => ({ collection: () => ({}) });
    }
    vi.doMock("pg", () => ({ Pool }));
    vi.doMock("mysql2/promise", () => ({ createPool: limit }));
    vi.doMock("mongodb", () => ({ MongoClient }));
    vi.resetModules();
    const limits = (await import("./store.ts")).TIME_LIMITS;
    await (await import("./postgres-database.ts")).openPostgres("postgres://db.example/app", limits);
    await (await import("./mysql-database.ts")).openMysql("mysql://db.example/app", limits);
    await (await import("./mongodb-store.ts")).openMongodb("mongodb://db.example/app", limits);
    expect(made).toMatchObject([{ max: 10 }, { connectionLimit: 10 }, { maxPoolSize: 10 }]);
  });
});

describe("a client that is passed to provideStoreClient", () => {
  test("the store uses a client of SQLite", async () => {
    const sqlite = new DatabaseSync(":memory:");
    provideStoreClient({ sqlite });
    await expectToWork("sqlite:never/made.db");
    expect(sqlite.prepare(`select count(*) as entries from ${TABLE}`).get()).toEqual({
      entries: 0,
    });
    sqlite.close();
  });

  test.skipIf(!TEST_REDIS_URL)(
    `the store uses a client of Redis${whyNot("TEST_REDIS_URL", TEST_REDIS_URL)}`,
    async () => {
      const redis = (await loadRedis()).createClient({ url: TEST_REDIS_URL });
      provideStoreClient({ redis });
      const error = await thrownBy(createStore("redis://never.example").get([KEY]));
      expect(String(error)).toContain("the client passed to provideStoreClient is not connected");
      await redis.connect();
      await expectToWork("redis://never.example");
      expect(await redis.sendCommand(["PING"])).toBe("PONG");
      redis.destroy();
    },
  );

  test("a client of Redis gets the keys unchanged, so that they have one prefix", async () => {
    const commands: string[][] = [];
    const sendCommand = async (command: string[]) => {
      commands.push(command);
      return command[0] === "MGET" ? [null] : 1;
    };
    provideStoreClient({ redis: { isReady: true, on: () => undefined, sendCommand } });
    const store = createStore("redis://never.example");
    const key = storeKey("session", "name");
    await store.get([key]);
    await store.set(key, "value", 1);
    await store.add(key, "value", 1);
    await store.replace(key, "value", null);
    await store.delete([key]);
    const names = commands.map((command) => command[0]);
    expect(names).toEqual(["MGET", "SET", "SET", "EVAL", "DEL"]);
    const keys = commands.map((command) => command.filter((word) => word.includes("name")));
    expect(keys).toEqual(names.map(() => [key]));
  });

  test.skipIf(!TEST_POSTGRES_URL)(
    `the store uses a client of PostgreSQL${whyNot("TEST_POSTGRES_URL", TEST_POSTGRES_URL)}`,
    async () => {
      const { Pool } = await loadPg();
      const postgres = new Pool({ connectionString: TEST_POSTGRES_URL });
      provideStoreClient({ postgres });
      await expectToWork("postgres://never.example");
      const query = { text: "select 1 as one", values: [], query_timeout: 5_000 };
      expect((await postgres.query(query)).rows).toEqual([{ one: 1 }]);
      await postgres.end();
    },
  );

  test.skipIf(!TEST_MYSQL_URL)(
    `the store uses a client of MySQL${whyNot("TEST_MYSQL_URL", TEST_MYSQL_URL)}`,
    async () => {
      const callbacks: { createPool(options: object): { promise(): MysqlPromisePool } } = await import(
        "mysql2" as string
      );
      const mysql = callbacks.createPool({ uri: TEST_MYSQL_URL });
      provideStoreClient({ mysql });
      await expectToWork("mysql://never.example/hello");
      const { createPool } = await loadMysql2();
      const promises = createPool({ uri: TEST_MYSQL_URL, flags: ["-FOUND_ROWS"] });
      provideStoreClient({ mysql: promises });
      await expectToWork("mysql://never.example/hello");
      for (const pool of [promises, mysql.promise()]) {
        const connection = await pool.getConnection();
        expect((await connection.execute({ sql: "select 1 as one" }))[0]).toEqual([{ one: 1 }]);
        connection.release();
        await pool.end();
      }
    },
  );

  test.skipIf(!TEST_MONGODB_URL)(
    `the store uses a client of MongoDB${whyNot("TEST_MONGODB_URL", TEST_MONGODB_URL)}`,
    async () => {
      const mongodb = new (await loadMongodb()).MongoClient(String(TEST_MONGODB_URL), {});
      provideStoreClient({ mongodb });
      await expectToWork("mongodb://never.example");
      const entries = mongodb.db().collection(TABLE, {});
      expect(await entries.find({ _id: "none" }).toArray()).toEqual([]);
      await mongodb.close();
    },
  );

  test("provideStoreClient accepts the driver's own type, and the app compiles without the driver", async () => {
    const folder = await mkdtemp(path.join(ROOT, "node_modules/.client-types-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const clients = {
      "@redis/client": ["redis", 'import { createClient } from "@redis/client"', "createClient()"],
      "@types/pg": ["postgres", 'import { Pool } from "pg"', "new Pool()"],
      mysql2: ["mysql", 'import { createPool } from "mysql2"', 'createPool("")'],
      "mysql2/promise.d.ts": ["mysql", 'import * as promise from "mysql2/promise"', 'promise.createPool("")'],
      mongodb: ["mongodb", 'import { MongoClient } from "mongodb"', 'new MongoClient("")'],
    };
    const installed = Object.entries(clients).filter(([name]) =>
      existsSync(path.join(ROOT, "node_modules", name)),
    );
    const code = [
      'import { provideStoreClient } from "../../lib/store/open-store.ts";',
      ...installed.map(([, [, statement]]) => `${statement};`),
      ...installed.map(([, [kind, , client]]) => `provideStoreClient({ ${kind}: ${client} });`),
    ];
    await writeFile(path.join(folder, "client.ts"), code.join("\n"));
    const config = {
      extends: "../../tsconfig.json",
      compilerOptions: { incremental: false },
      files: ["client.ts"],
      include: [],
    };
    await writeFile(path.join(folder, "tsconfig.json"), JSON.stringify(config));
    const tsc = [bin("typescript", "tsc"), "--project", folder];
    const { stdout } = await promisify(execFile)(process.execPath, tsc).catch((error) => error);
    expect(stdout).toBe("");
  });

  test("a client is refused if SESSION_STORE_URL names another kind of store", async () => {
    const sqlite = new DatabaseSync(":memory:");
    provideStoreClient({ sqlite });
    const error = await thrownBy(createStore("redis://cache.example.com").get([KEY]));
    expect(String(error)).toBe(
      "StoreError: redis at cache.example.com:6379: the client passed to provideStoreClient is for sqlite, but SESSION_STORE_URL is for redis",
    );
    sqlite.close();
  });

  test("every bundle of the process uses the client", async () => {
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

describe("openStore", () => {
  test("openStore returns the same store for a URL in every bundle of the process", async () => {
    const store = openStore("sqlite::memory:");
    vi.resetModules();
    const second = await import("./open-store.ts");
    expect(second.openStore("sqlite::memory:")).toBe(store);
    expect(second.openStore("sqlite:another.db")).not.toBe(store);
  });

  test("the first operation after closing a store opens the store again", async () => {
    const store = openStore("sqlite::memory:");
    await store.set(KEY, "value", inAnHour());
    await store.close();
    await store.close();
    expect(await store.get([KEY])).toEqual([null]);
    await store.close();
  });

  test("openStore refuses an invalid URL, and the error does not contain its password", () => {
    expect(() => openStore("http://user:pa55word@cache")).toThrow(/^SESSION_STORE_URL has the scheme http/);
    expect(() => openStore("http://user:pa55word@cache")).not.toThrow(/pa55word/);
  });
});
