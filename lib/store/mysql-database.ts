import { createPool, type Pool, type PoolConnection, type ResultSetHeader, type RowDataPacket } from "mysql2";
import type { Pool as PromisePool } from "mysql2/promise";
import type { SqlDatabase, SqlResult } from "./sql-database.ts";
import type { TimeLimits } from "./store.ts";

const MAX_CONNECTIONS = 10;
const MAX_WAITING = 1_000;

/**
 * MySQL or MariaDB over a pool that is opened here.
 *
 * @param url a URL as mysql2 takes it, `ssl` and the like in its query
 */
export function openMysql(url: string, limits: TimeLimits): SqlDatabase {
  const pool = createPool({
    uri: url,
    connectionLimit: MAX_CONNECTIONS,
    queueLimit: MAX_WAITING,
    connectTimeout: limits.connect,
  });
  const database = mysqlDatabase(pool, limits);
  return {
    ...database,
    async close() {
      await database.close();
      await new Promise<void>((resolve, reject) => pool.end((error) => (error ? reject(error) : resolve())));
    },
  };
}

/** MySQL or MariaDB over a pool, with either of mysql2's interfaces, that its owner closes. */
export function mysqlDatabase(given: Pool | PromisePool, limits: TimeLimits): SqlDatabase {
  const pool = "promise" in given ? given : given.pool;
  const busy = new Set<PoolConnection>();

  /** Has the server bind the values. A connection that fails by other means than the server's answer is used no more. */
  function execute(connection: PoolConnection, sql: string, values: unknown[]): Promise<SqlResult> {
    busy.add(connection);
    const statement = { sql, values, timeout: limits.operation };
    return new Promise((resolve, reject) => {
      connection.execute<RowDataPacket[] | ResultSetHeader>(statement, (error, result) => {
        busy.delete(connection);
        if (!error || error.sqlState) connection.release();
        else connection.destroy();
        if (error) reject(error);
        else resolve(Array.isArray(result) ? { rows: result, affected: 0 } : written(result));
      });
    });
  }

  return {
    dialect: "mysql",
    run(sql, values) {
      const start = performance.now();
      return new Promise((resolve, reject) => {
        pool.getConnection((failure, connection) => {
          if (failure) return reject(failure);
          if (performance.now() - start < limits.operation) {
            return resolve(execute(connection, sql, [...values]));
          }
          // Nobody waits for it any more.
          connection.release();
          reject(new Error("no connection was free in time"));
        });
      });
    },
    async close() {
      for (const connection of busy) connection.destroy();
    },
  };
}

function written({ affectedRows }: ResultSetHeader): SqlResult {
  return { rows: [], affected: affectedRows };
}
