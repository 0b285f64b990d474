import {
  type CompiledQuery,
  type Driver,
  Kysely,
  MysqlAdapter,
  MysqlIntrospector,
  MysqlQueryCompiler,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";
import { SITE } from "../site.ts";
import type { SqlDatabase } from "./sql-database.ts";

export const TABLE = `${SITE.id.replaceAll("-", "_")}_sessions`;

export type Tables = Record<typeof TABLE, { key: string; value: string; expires_at: number }>;

/**
 * Each dialect's table. Keys are compared byte by byte everywhere. MySQL's TEXT would end at 64 KB, and it knows no
 * CREATE INDEX IF NOT EXISTS; PostgreSQL takes both statements as one transaction.
 */
export const TABLE_DEFINITIONS: Readonly<Record<SqlDatabase["dialect"], string>> = {
  sqlite: `create table if not exists ${TABLE} (
      key text not null primary key, value text not null, expires_at integer not null);
    create index if not exists ${TABLE}_expires_at on ${TABLE} (expires_at)`,
  postgres: `create table if not exists ${TABLE} (
      key varchar(160) collate "C" primary key, value text not null, expires_at bigint not null);
    create index if not exists ${TABLE}_expires_at on ${TABLE} (expires_at)`,
  mysql: `create table if not exists ${TABLE} (
      \`key\` varchar(160) character set ascii collate ascii_bin not null primary key,
      value mediumtext character set utf8mb4 not null, expires_at bigint not null,
      index ${TABLE}_expires_at (expires_at)) engine = InnoDB`,
};

const DIALECTS = {
  sqlite: [SqliteAdapter, SqliteQueryCompiler, SqliteIntrospector],
  postgres: [PostgresAdapter, PostgresQueryCompiler, PostgresIntrospector],
  mysql: [MysqlAdapter, MysqlQueryCompiler, MysqlIntrospector],
} as const;

/** Kysely for a database: it writes the SQL of the dialect, and has the database run it. */
export function createKysely(database: SqlDatabase): Kysely<Tables> {
  const [Adapter, QueryCompiler, Introspector] = DIALECTS[database.dialect];
  return new Kysely({
    dialect: {
      createAdapter: () => new Adapter(),
      createDriver: () => statementDriver(database),
      createIntrospector: (db) => new Introspector(db),
      createQueryCompiler: () => new QueryCompiler(),
    },
  });
}

/**
 * A driver for single statements. Kysely's own drivers, as of 0.29, give a connection whose query has timed out back
 * to its pool as if it were sound, listen to no error of a client of pg that is in use (which then ends the process),
 * and have values escaped into MySQL's statements where here they are bound.
 */
function statementDriver(database: SqlDatabase): Driver {
  const connection = {
    async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
      const { rows, affected } = await database.run(sql, parameters);
      return { rows: rows as R[], numAffectedRows: BigInt(affected) };
    },
    streamQuery: notSupported,
  };
  return {
    init: async () => {},
    acquireConnection: async () => connection,
    releaseConnection: async () => {},
    beginTransaction: notSupported,
    commitTransaction: notSupported,
    rollbackTransaction: notSupported,
    destroy: () => database.close(),
  };
}

function notSupported(): never {
  throw new Error("only single statements");
}
