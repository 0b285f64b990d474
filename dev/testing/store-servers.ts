import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { openMysql } from "../../lib/store/mysql-database.ts";
import { openPostgres } from "../../lib/store/postgres-database.ts";
import { TIME_LIMITS } from "../../lib/store/store.ts";

export type StoreUnderTest = typeof SQLITE;
export type PreparedStore = Awaited<ReturnType<StoreUnderTest["prepare"]>>;

/** SQLite, which needs no server: each test run gets a new file. */
export const SQLITE = {
  /** The kind of store, for titles of tests. If `skipped`, the title also names the missing environment variable. */
  title: "sqlite",
  skipped: false,
  /**
   * Creates a file or database for this test run. Test runs share Redis and MongoDB: there, keys contain {@link RUN}.
   * @returns a `url` for `SESSION_STORE_URL`, and `remove`, which deletes what was created
   */
  async prepare() {
    const folder = mkdtempSync(path.join(tmpdir(), "oidc-"));
    return { url: `sqlite:${folder}/sessions.db`, remove: async () => rmSync(folder, { recursive: true }) };
  },
};

export const REDIS = server("redis", "TEST_REDIS_URL", shared);

/** All kinds of store that need a server. The tests find a server by the environment variable with its URL. */
export const SERVERS: readonly StoreUnderTest[] = [
  REDIS,
  server("postgres", "TEST_POSTGRES_URL", (url) => newDatabase(url, openPostgres)),
  server("mysql", "TEST_MYSQL_URL", (url) => newDatabase(url, openMysql)),
  server("mongodb", "TEST_MONGODB_URL", shared),
];

/** A random text that only the keys of this test run contain. */
export const RUN = randomBytes(6).toString("hex");

function server(kind: string, variable: string, prepare: (url: string) => Promise<PreparedStore>) {
  const { [variable]: url = "" } = process.env;
  const title = url ? kind : `${kind} (${variable} is not set)`;
  return { title, skipped: !url, prepare: () => prepare(url) };
}

async function shared(url: string): Promise<PreparedStore> {
  return { url, remove: async () => {} };
}

/** Creates a database. The user in the URL must have permission to create databases. */
async function newDatabase(url: string, open: typeof openPostgres): Promise<PreparedStore> {
  const name = `hello_${randomBytes(6).toString("hex")}`;
  async function run(statement: string): Promise<void> {
    const database = await open(url, TIME_LIMITS);
    await database.run(statement, []).finally(() => database.close());
  }
  await run(`create database ${name}`);
  const own = new URL(url);
  own.pathname = `/${name}`;
  return { url: own.href, remove: () => run(`drop database ${name}`) };
}
