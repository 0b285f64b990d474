import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { presentLine } from "./child.ts";

describe("a line of the app's output", () => {
  it("a log entry is formatted", () => {
    const time = new Date(2026, 0, 2, 3, 4, 5).toISOString();
    const line = JSON.stringify({
      level: "warn",
      time,
      requestId: "r1",
      cause: "not found",
      count: 2,
      msg: "failed",
    });
    expect(stripVTControlCharacters(presentLine(line) ?? "")).toBe(
      '03:04:05 WARN  failed requestId=r1 cause="not found" count=2',
    );
  });

  it.each([
    '{"level":"info',
    "Error: something broke",
    " ⨯ Error: something broke",
    '{"other":"json"}',
    " GET /profile 200 in 12ms",
  ])("a line that is not a log entry is unchanged: %s", (line) => {
    expect(presentLine(line)).toBe(line);
  });

  it("a line does not show the code and the state of a callback", () => {
    expect(presentLine(" GET /auth/callback?code=abc&state=def&iss=http%3A%2F%2Fx 303 in 5ms")).toBe(
      " GET /auth/callback?code=…&state=…&iss=http%3A%2F%2Fx 303 in 5ms",
    );
  });

  it.each([
    "",
    "   \u001b[1m▲ Next.js 16.4.6\u001b[22m (Turbopack)",
    "- Local:         http://localhost:4040",
    "- Experiments (use with caution):",
    "  ✓ authInterrupts",
    "  ⨯ preloadEntriesOnStart",
    ' \u001b[33m⚠\u001b[39m The "middleware" file convention is deprecated. Please use "proxy" instead.',
    "  Learn more: https://nextjs.org/docs/messages/middleware-to-proxy",
    "✓ Ready in 531ms",
    " HEAD / 200 in 3.1s (next.js: 1.2s)",
  ])("a line that the banner replaces is omitted: %s", (line) => {
    expect(presentLine(line)).toBeUndefined();
  });
});
