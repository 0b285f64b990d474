import type { SqlDatabase } from "./sql-store.ts";
import { APP, type TimeLimits } from "./store.ts";

const MAX_CONNECTIONS = 10;
/** The pool closes an idle connection after this time, in ms. Opening a new one takes four round trips. */
const IDLE_TIMEOUT = 60_000;

/** The methods of pg's `Pool` that are used here. */
export interface PostgresPool {
  query(query: {
    readonly text: string;
    readonly values: unknown[];
    readonly query_timeout: number;
  }): Promise<{ readonly rows: readonly unknown[]; readonly rowCount: number | null }>;
  on(event: "error", listener: () => void): unknown;
  end(): Promise<void>;
}

/** Loads the driver. */
export const loadPg = (): Promise<{ readonly Pool: new (options: object) => PostgresPool }> =>
  import(/* turbopackOptional: true */ "pg" as string);

/** @param url a URL for pg, with parameters such as `sslmode` in its query */
export async function openPostgres(url: string, limits: TimeLimits): Promise<SqlDatabase> {
  const { Pool } = await loadPg();
  const pool = new Pool({
    connectionString: url,
    max: MAX_CONNECTIONS,
    // Not `limits.connect`: a slow server that needs 2 s per response needs 6 s to connect. This limit also applies to
    // the wait for a free connection.
    connectionTimeoutMillis: limits.operation,
    idleTimeoutMillis: IDLE_TIMEOUT,
    allowExitOnIdle: true,
    keepAlive: true,
    application_name: APP,
  });
  return { ...postgresDatabase(pool, limits), close: () => pool.end() };
}

/** Uses a pool of PostgreSQL. The code that opened the pool must close it. */
export function postgresDatabase(pool: PostgresPool, limits: TimeLimits): SqlDatabase {
  pool.on("error", () => {}); // without a listener, losing an idle connection would end the process
  return {
    dialect: "postgres",
    async run(sql, values) {
      let count = 0;
      const text = sql.replaceAll("?", () => `$${++count}`);
      // If a query fails or exceeds its time limit, the pool closes the connection.
      const query = { text, values: [...values], query_timeout: limits.operation };
      const { rows, rowCount } = await pool.query(query);
      return { rows, affected: rowCount ?? 0 };
    },
    close: async () => {},
  };
}
