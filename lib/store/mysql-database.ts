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
  const close = () =>
    new Promise<void>((resolve, reject) => pool.end((error) => (error ? reject(error) : resolve())));
  return { ...mysqlDatabase(pool, limits), close };
}

/** MySQL or MariaDB over a pool, of either of mysql2's interfaces, that its owner closes. */
export function mysqlDatabase(given: Pool | PromisePool, limits: TimeLimits): SqlDatabase {
  const pool = "promise" in given ? given : given.pool;
  return {
    dialect: "mysql",
    run: (sql, values) =>
      new Promise((resolve, reject) => {
        pool.getConnection((failure, connection) => {
          if (failure) return reject(failure);
          execute(connection, { sql, values: [...values], timeout: limits.operation }).then(resolve, reject);
        });
      }),
    close: async () => {},
  };
}

interface Statement {
  sql: string;
  values: unknown[];
  timeout: number;
}

/** Runs a statement with its values bound by the server, and gives the connection back; where it failed, closes it. */
function execute(connection: PoolConnection, statement: Statement): Promise<SqlResult> {
  return new Promise((resolve, reject) => {
    connection.execute<RowDataPacket[] | ResultSetHeader>(statement, (error, result) => {
      if (error) {
        connection.destroy(); // it may be hanging
        return reject(error);
      }
      connection.release();
      resolve(
        Array.isArray(result) ? { rows: result, affected: 0 } : { rows: [], affected: result.affectedRows },
      );
    });
  });
}
