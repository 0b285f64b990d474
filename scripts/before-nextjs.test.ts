import { describe, expect, test, vi } from "vitest";
import { unsignedJwt } from "@/dev/testing/tokens.ts";
import { log } from "../lib/log.ts";
import { logConsole } from "./before-nextjs.ts";

describe("a message that Next.js prints to the console", () => {
  test("the message becomes a log entry with its first line and stack trace, without tokens and colours", () => {
    const console = { ...globalThis.console };
    const entries: unknown[][] = [];
    vi.spyOn(log, "error").mockImplementation((...entry: unknown[]) => void entries.push(entry));
    vi.spyOn(log, "warn").mockImplementation((...entry: unknown[]) => void entries.push(entry));
    const jwt = unsignedJwt({ sub: "alice" });
    try {
      logConsole();
      globalThis.console.error("\u001b[31m⨯\u001b[39m", `Error: ${jwt}\n    at ${jwt}\n    at b`);
      globalThis.console.warn("%s is too long", "It");
      globalThis.console.error("");
    } finally {
      Object.assign(globalThis.console, console);
    }
    expect(entries).toEqual([
      [{ step: "Next.js", stack: "    at [token]\n    at b" }, "⨯ Error: [token]"],
      [{ step: "Next.js" }, "It is too long"],
    ]);
  });
});
