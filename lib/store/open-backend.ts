import type { DatabaseSync } from "node:sqlite";
import type { MongoClient } from "mongodb";
import type { Pool as MysqlPool } from "mysql2";
import type { Pool as MysqlPromisePool } from "mysql2/promise";
import type { Pool as PostgresPool } from "pg";
import type { RedisClient } from "./redis-store.ts";
import type { SqlDatabase } from "./sql-database.ts";
import type { Backend, TimeLimits } from "./store.ts";
import type { StoreAddress } from "./store-url.ts";

interface Clients {
  readonly sqlite: DatabaseSync;
  readonly redis: RedisClient;
  readonly postgres: PostgresPool;
  readonly mysql: MysqlPool | MysqlPromisePool;
  readonly mongodb: MongoClient;
}

/** A client or pool that the app has already, under the name of its kind. */
export type StoreClient = { [Kind in keyof Clients]: Pick<Clients, Kind> }[keyof Clients];

/**
 * Kysely (for three SQL dialects) and the servers' own clients, rather than a key-value layer with adapters: of Keyv's
 * and unstorage's none adds an entry only where none is, which the lock around a refresh and the replay check need;
 * their SQL adapters let nothing expire, and Keyv's do not recover from a server that was down when they were made.
 *
 * Opens a back end, or puts one over the client that was passed in. Only the chosen driver is loaded: each of the
 * modules imported here imports one. Their names are literal, so that bundlers and deployment tools find them.
 *
 * @throws Error where the client is of another kind; what opening a file throws
 */
export async function openBackend(
  address: StoreAddress,
  client: StoreClient | null,
  limits: TimeLimits,
): Promise<Backend> {
  const { kind, target } = address;
  const given: Partial<Clients> = client ?? {};
  if (client && !given[kind]) throw new Error(`the client that was passed in is for ${Object.keys(client)}`);
  switch (kind) {
    case "redis": {
      const { openRedis, redisStore } = await import("./redis-store.ts");
      return given.redis ? redisStore(given.redis) : openRedis(target, limits);
    }
    case "mongodb": {
      const { mongodbStore, openMongodb } = await import("./mongodb-store.ts");
      return given.mongodb ? mongodbStore(given.mongodb) : openMongodb(target, limits);
    }
    default: {
      const { sqlStore } = await import("./sql-store.ts");
      return sqlStore(await openDatabase(kind, target, given, limits));
    }
  }
}

async function openDatabase(
  kind: SqlDatabase["dialect"],
  target: string,
  given: Partial<Clients>,
  limits: TimeLimits,
): Promise<SqlDatabase> {
  switch (kind) {
    case "sqlite": {
      const { openSqlite, sqliteDatabase } = await import("./sqlite-database.ts");
      return given.sqlite ? sqliteDatabase(given.sqlite) : openSqlite(target);
    }
    case "postgres": {
      const { openPostgres, postgresDatabase } = await import("./postgres-database.ts");
      return given.postgres ? postgresDatabase(given.postgres, limits) : openPostgres(target, limits);
    }
    case "mysql": {
      const { mysqlDatabase, openMysql } = await import("./mysql-database.ts");
      return given.mysql ? mysqlDatabase(given.mysql, limits) : openMysql(target, limits);
    }
  }
}
