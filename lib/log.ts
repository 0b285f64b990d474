import pino from "pino";

/** Matches anything that looks like a JWT. No token may reach the log, not even inside another party's text. */
const JWT = /eyJ[\w-]{5,}\.[\w-]+(\.[\w-]*)*/g;

/** The server's log: a JSON object per line, usually with `requestId`, `step`, a failure's `reason`. Log no secret. */
export const log = pino({
  base: null,
  timestamp: pino.stdTimeFunctions.isoTime,
  formatters: { level: (label) => ({ level: label }) },
});

/** Makes another party's text safe to log: puts it on one line, cuts it after 300 characters, and hides JWTs. */
export function quote(text: unknown): string {
  const line = withoutTokens(textOf(text)).replace(/\p{Cc}+/gu, " ");
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}

/** Tells why a `fetch` failed: the code (such as `ECONNREFUSED`) and the message of the error's `cause`, if any. */
export function quoteCause(error: unknown): { code?: string; cause?: string } {
  const cause = error instanceof Error ? error.cause : undefined;
  if (!(cause instanceof Error)) return {};
  return {
    ...("code" in cause && cause.code ? { code: quote(cause.code) } : {}),
    ...(cause.message && { cause: quote(cause.message) }),
  };
}

/** Hides each JWT in a text. Cuts the text first, because the time to match grows with the square of its length. */
export function withoutTokens(text: string): string {
  return text.slice(0, 4_000).replace(JWT, "[token]");
}

/** Like `String`, but never throws. `String` throws for some objects from JSON, such as `{"toString":null}`. */
function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return "[object]";
  }
}
