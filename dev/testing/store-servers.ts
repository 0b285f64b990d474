import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createConnection } from "mysql2/promise";
import { Client } from "pg";

/** A kind of store that tests run against. */
export interface StoreUnderTest {
  /** The kind; or, where its server's address is not set, why it is skipped. */
  readonly title: string;
  readonly skipped: boolean;
  /** Makes room that no other test run sees: a file, a database. Redis and MongoDB are shared; keys tell runs apart. */
  prepare(): Promise<PreparedStore>;
}

export interface PreparedStore {
  /** For `SESSION_STORE_URL`. */
  readonly url: string;
  remove(): Promise<void>;
}

/** The embedded store, in a file of its own. */
export const SQLITE: StoreUnderTest = {
  title: "sqlite",
  skipped: false,
  async prepare() {
    const folder = mkdtempSync(path.join(tmpdir(), "oidc-"));
    return { url: `sqlite:${folder}/sessions.db`, remove: async () => rmSync(folder, { recursive: true }) };
  },
};

export const REDIS = server("redis", "TEST_REDIS_URL", asItIs);

/** Every kind that has a server, each with the address that the environment gives. */
export const SERVERS: readonly StoreUnderTest[] = [
  REDIS,
  server("postgres", "TEST_POSTGRES_URL", (url) => ownDatabase(url, runInPostgres)),
  server("mysql", "TEST_MYSQL_URL", (url) => ownDatabase(url, runInMysql)),
  server("mongodb", "TEST_MONGODB_URL", asItIs),
];

/** A text that is new in each test run, to begin keys with. */
export const RUN = randomBytes(6).toString("hex");

function server(
  kind: string,
  variable: string,
  prepare: (url: string) => Promise<PreparedStore>,
): StoreUnderTest {
  const url = process.env[variable];
  if (!url) return { title: `${kind} (${variable} is not set)`, skipped: true, prepare: () => prepare("") };
  return { title: kind, skipped: false, prepare: () => prepare(url) };
}

async function asItIs(url: string): Promise<PreparedStore> {
  return { url, remove: async () => {} };
}

type Run = (url: string, statement: string) => Promise<void>;

async function ownDatabase(url: string, run: Run): Promise<PreparedStore> {
  const name = `hello_${randomBytes(6).toString("hex")}`;
  await run(url, `create database ${name}`);
  const own = new URL(url);
  own.pathname = `/${name}`;
  return { url: own.href, remove: () => run(url, `drop database ${name}`) };
}

async function runInPostgres(url: string, statement: string): Promise<void> {
  const client = new Client(url);
  await client.connect();
  await client.query(statement);
  await client.end();
}

async function runInMysql(url: string, statement: string): Promise<void> {
  const connection = await createConnection(url);
  await connection.query(statement);
  await connection.end();
}
