import type { DatabaseSync } from "node:sqlite";
import { sharedState } from "../shared-state.ts";
import { lazyStore } from "./lazy-store.ts";
import { loadMongodb, type MongodbClient, mongodbStore, openMongodb } from "./mongodb-store.ts";
import { loadMysql2, type MysqlPool, mysqlDatabase, openMysql } from "./mysql-database.ts";
import { loadPg, openPostgres, type PostgresPool, postgresDatabase } from "./postgres-database.ts";
import { loadRedis, openRedis, type RedisClient, redisStore } from "./redis-store.ts";
import { sqlStore } from "./sql-store.ts";
import { openSqlite, sqliteDatabase } from "./sqlite-database.ts";
import { type Backend, type Store, StoreError, TIME_LIMITS, type TimeLimits } from "./store.ts";
import { parseStoreUrl, type StoreAddress } from "./store-url.ts";

interface Clients {
  readonly sqlite: DatabaseSync;
  readonly redis: RedisClient;
  readonly postgres: PostgresPool;
  readonly mysql: MysqlPool;
  readonly mongodb: MongodbClient;
}

/** Contains a client or pool that your code opened. The key is the kind of store. Example: `{ redis: client }`. */
type StoreClient = { [Kind in keyof Clients]: Pick<Clients, Kind> }[keyof Clients];

/**
 * The drivers and their npm packages. An app installs only the driver that it uses. SQLite's driver is part of Node.js.
 * Each `import()` contains the package name as a literal, so that Next.js includes an installed driver in builds. If a
 * package is not installed, TypeScript accepts its import only with `as string`, and Next.js only with
 * `turbopackOptional`.
 */
const DRIVERS = {
  redis: { name: "@redis/client", load: loadRedis },
  postgres: { name: "pg", load: loadPg },
  mysql: { name: "mysql2", load: loadMysql2 },
  mongodb: { name: "mongodb", load: loadMongodb },
};

/**
 * Makes the store use your own client or pool instead of opening one. Your code connects and closes the client. Call
 * this function in instrumentation.ts, before `checkSettings`. `SESSION_STORE_URL` must be for the same kind of store.
 */
export function provideStoreClient(client: StoreClient): void {
  provided().client = client;
}

/**
 * Tries to load the driver that `SESSION_STORE_URL` requires.
 *
 * @returns null if no driver is necessary, or if it can be loaded; otherwise a sentence that says what to do
 */
export async function findDriverProblem(url: string | null): Promise<string | null> {
  const address = url && parseStoreUrl(url);
  if (!address || "problem" in address || address.kind === "sqlite" || provided().client) return null;
  const { name, load } = DRIVERS[address.kind];
  return load().then(
    () => null,
    () =>
      `SESSION_STORE_URL needs the package ${name}: run "npm install --save-prod ${name}", then build the app again.`,
  );
}

/**
 * The store for a URL. A process has one store for each URL. A store connects at its first operation. While the
 * database server is down, operations fail.
 *
 * @param url the value of `SESSION_STORE_URL`
 * @throws StoreError if `url` is not the URL of a store
 */
export function openStore(url: string): Store {
  const stores = sharedState("stores", () => new Map<string, Store>());
  const store = stores.get(url) ?? createStore(url);
  stores.set(url, store);
  return store;
}

/** Creates a store for this caller only. Tests set shorter time limits. */
export function createStore(url: string, limits: TimeLimits = TIME_LIMITS): Store {
  const address = parseStoreUrl(url);
  if ("problem" in address) throw new StoreError(`SESSION_STORE_URL ${address.problem}`);
  return lazyStore(address, () => openBackend(address, provided().client, limits), limits);
}

async function openBackend(
  { kind, target }: StoreAddress,
  client: StoreClient | null,
  limits: TimeLimits,
): Promise<Backend> {
  const given: Partial<Clients> = client ?? {};
  if (client && !given[kind])
    throw new Error(
      `the client passed to provideStoreClient is for ${Object.keys(client)}, but SESSION_STORE_URL is for ${kind}`,
    );
  switch (kind) {
    case "sqlite":
      return sqlStore(given.sqlite ? sqliteDatabase(given.sqlite) : await openSqlite(target));
    case "postgres":
      return sqlStore(
        given.postgres ? postgresDatabase(given.postgres, limits) : await openPostgres(target, limits),
      );
    case "mysql":
      return sqlStore(given.mysql ? mysqlDatabase(given.mysql, limits) : await openMysql(target, limits));
    case "redis":
      return given.redis ? redisStore(given.redis) : openRedis(target, limits);
    case "mongodb":
      return given.mongodb ? mongodbStore(given.mongodb) : openMongodb(target, limits);
  }
}

function provided(): { client: StoreClient | null } {
  return sharedState("store client", () => ({ client: null as StoreClient | null }));
}
