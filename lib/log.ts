import pino from "pino";

/** Anything that looks like a JWT: a token must not reach the log, not even inside another party's text. */
const JWT = /eyJ[\w-]{5,}\.[\w-]+(\.[\w-]*)*/g;

/**
 * The server's log: one JSON object a line. Entries carry `requestId`, `step` and, for failures, `reason`; never a
 * token, a secret or a cookie.
 */
export const log = pino({
  base: null,
  timestamp: pino.stdTimeFunctions.isoTime,
  formatters: { level: (label) => ({ level: label }) },
});

/**
 * Another party's words, made fit for the log: one line, at most 300 characters, anything like a JWT cut out.
 *
 * @param text what the provider or the message API said, of any type
 */
export function quote(text: unknown): string {
  const line = textOf(text)
    .slice(0, 4_000) // what follows is never quoted, and matching a JWT takes time that grows with the square
    .replace(JWT, "[token]")
    .replace(/\p{Cc}+/gu, " ");
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}

/**
 * What is behind a failed `fetch`, whose own message says no more than that: the code of its cause, for instance
 * `ECONNREFUSED`, and the cause's words. Either may be missing, neither is there for a time-out.
 */
export function quoteCause(error: unknown): { code?: string; cause?: string } {
  const cause = error instanceof Error ? error.cause : undefined;
  if (!(cause instanceof Error)) return {};
  return {
    ...("code" in cause && cause.code ? { code: quote(cause.code) } : {}),
    ...(cause.message ? { cause: quote(cause.message) } : {}), // that of several addresses tried has none
  };
}

/** JSON can hold an object that refuses to become text. */
function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return "[object]";
  }
}
