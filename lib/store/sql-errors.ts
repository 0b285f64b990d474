const DEADLOCK = new Set(["40P01", "ER_LOCK_DEADLOCK"]);
const ATTEMPTS = 3;

/** Runs a statement again, a few times, where it was chosen to give way to another one. */
export async function repeated<T>(statement: () => Promise<T>, attempt = 1): Promise<T> {
  try {
    return await statement();
  } catch (error) {
    if (attempt === ATTEMPTS || !DEADLOCK.has(codeOf(error))) throw error;
    return repeated(statement, attempt + 1);
  }
}

/** Whether the table is not there: PostgreSQL, MySQL, SQLite. */
export function isMissingTable(error: unknown): boolean {
  const missing = ["42P01", "ER_NO_SUCH_TABLE"].includes(codeOf(error));
  return missing || (error instanceof Error && error.message.startsWith("no such table"));
}

/** Whether MySQL has met the primary key. */
export function isDuplicate(error: unknown): boolean {
  return codeOf(error) === "ER_DUP_ENTRY";
}

function codeOf(error: unknown): string {
  return String((Object(error) as { code?: unknown }).code);
}
