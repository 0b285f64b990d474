import type { SqlDatabase } from "./sql-store.ts";
import type { TimeLimits } from "./store.ts";

const MAX_CONNECTIONS = 10;
const MAX_WAITING = 1_000;

interface MysqlConnection {
  execute(statement: object): Promise<readonly unknown[]>;
  release(): void;
  destroy(): void;
}

/** The methods of mysql2's pool that are used here. */
export interface MysqlPromisePool {
  getConnection(): Promise<MysqlConnection>;
  end(): Promise<void>;
}

/** A pool of mysql2, with the promise or the callback API. */
export type MysqlPool = MysqlPromisePool | { promise(): MysqlPromisePool };

/** Loads the driver. */
export const loadMysql2 = (): Promise<{ createPool(options: object): MysqlPromisePool }> =>
  import(/* turbopackOptional: true */ "mysql2/promise" as string);

/** @param url a URL for mysql2, with parameters such as `ssl` in its query */
export async function openMysql(url: string, limits: TimeLimits): Promise<SqlDatabase> {
  const { createPool } = await loadMysql2();
  const pool = createPool({
    uri: url,
    connectionLimit: MAX_CONNECTIONS,
    queueLimit: MAX_WAITING,
    connectTimeout: limits.connect,
  });
  const database = mysqlDatabase(pool, limits);
  return { ...database, close: () => database.close().then(() => pool.end()) };
}

/** Uses a pool of MySQL or MariaDB. The code that opened the pool must close it. */
export function mysqlDatabase(given: MysqlPool, limits: TimeLimits): SqlDatabase {
  const pool = "promise" in given ? given.promise() : given;
  const busy = new Set<MysqlConnection>();
  return {
    dialect: "mysql",
    async run(sql, values) {
      const start = performance.now();
      const connection = await pool.getConnection();
      if (performance.now() - start >= limits.operation) {
        connection.release();
        throw new Error("no connection was free in time");
      }
      busy.add(connection);
      try {
        // `execute` sends the values separately from the SQL. `query` would insert escaped values into the SQL.
        const [result] = await connection.execute({ sql, values: [...values], timeout: limits.operation });
        connection.release();
        if (Array.isArray(result)) return { rows: result, affected: 0 };
        return { rows: [], affected: (result as { affectedRows: number }).affectedRows };
      } catch (error) {
        // An error with an SQL state is the server's response. After any other error, the connection may be broken.
        if ((Object(error) as { sqlState?: string }).sqlState) connection.release();
        else connection.destroy();
        throw error;
      } finally {
        busy.delete(connection);
      }
    },
    async close() {
      for (const connection of busy) connection.destroy();
    },
  };
}
