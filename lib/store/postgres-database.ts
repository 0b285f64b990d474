import { Pool } from "pg";
import { SITE } from "../site.ts";
import type { SqlDatabase } from "./sql-database.ts";
import type { TimeLimits } from "./store.ts";

const MAX_CONNECTIONS = 10;
/** In milliseconds. Making a connection takes four round trips. */
const IDLE_TIME = 60_000;

/**
 * PostgreSQL over a pool that is opened here.
 *
 * @param url a URL as pg takes it, `sslmode` and the like in its query
 */
export function openPostgres(url: string, limits: TimeLimits): SqlDatabase {
  const pool = new Pool({
    connectionString: url,
    max: MAX_CONNECTIONS,
    // Also how long to wait for a free connection; and where each answer takes 2 s, logging in takes 6.
    connectionTimeoutMillis: limits.operation,
    idleTimeoutMillis: IDLE_TIME,
    allowExitOnIdle: true,
    keepAlive: true,
    application_name: SITE.id,
  });
  return { ...postgresDatabase(pool, limits), close: () => pool.end() };
}

/** PostgreSQL over a pool that its owner closes. */
export function postgresDatabase(pool: Pool, limits: TimeLimits): SqlDatabase {
  pool.on("error", () => {}); // an idle connection that is lost would end the process
  return {
    dialect: "postgres",
    async run(text, values) {
      // The pool closes a connection on which a query failed, one that is out of time included. Without values pg
      // takes several statements at once.
      const query = { text, values: [...values], query_timeout: limits.operation };
      const { rows, rowCount } = await pool.query<object>(query);
      return { rows, affected: rowCount ?? 0 };
    },
    close: async () => {},
  };
}
