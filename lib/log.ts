import pino from "pino";

/** Matches anything that looks like a JWT. No token may reach the log, not even inside another party's text. */
const JWT = /eyJ[\w-]{5,}\.[\w-]+(\.[\w-]*)*/g;

/** The server's log: one JSON object per line, with `requestId`, `step`, and `reason` for a failure. Never log a secret. */
export const log = pino({
  base: null,
  timestamp: pino.stdTimeFunctions.isoTime,
  formatters: { level: (label) => ({ level: label }) },
});

/** Makes another party's text safe to log: one line, at most 300 characters, no tokens. */
export function quote(text: unknown): string {
  const line = withoutTokens(textOf(text)).replace(/\p{Cc}+/gu, " ");
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}

/** Why a `fetch` failed: the code (such as `ECONNREFUSED`) and the message of the error's cause. Either may be missing. */
export function quoteCause(error: unknown): { code?: string; cause?: string } {
  const cause = error instanceof Error ? error.cause : undefined;
  if (!(cause instanceof Error)) return {};
  return {
    ...("code" in cause && cause.code ? { code: quote(cause.code) } : {}),
    ...(cause.message && { cause: quote(cause.message) }),
  };
}

/** Removes tokens from a text. Cuts the text first, because the time to match JWTs grows with the square of its length. */
export function withoutTokens(text: string): string {
  return text.slice(0, 4_000).replace(JWT, "[token]");
}

/** Like `String`, which throws for some objects from JSON, such as `{"toString":null}`. This function does not throw. */
function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return "[object]";
  }
}
