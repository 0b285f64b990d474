/** What the SQL store wants of a driver. */
export interface SqlDatabase {
  readonly dialect: "sqlite" | "postgres" | "mysql";
  /**
   * Runs one statement on any connection, bound parameters apart from its text. Without parameters it may be several
   * statements where the dialect's table needs that.
   *
   * @throws the driver's own error; the connection it happened on is then used again only where it is sound
   */
  run(sql: string, parameters: readonly unknown[]): Promise<SqlResult>;
  close(): Promise<void>;
}

export interface SqlResult {
  readonly rows: readonly unknown[];
  readonly affected: number;
}
