import { spawnSync } from "node:child_process";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { readPortArgument } from "./command-line.mjs";

/** Runs one of the scripts. @returns its exit code, and its error output */
function run(script: string, args: string[], env: Record<string, string> = {}) {
  const { status, stderr } = spawnSync(process.execPath, [path.join(import.meta.dirname, script), ...args], {
    env: { ...process.env, ...env },
    encoding: "utf8",
  });
  return { status, complaint: stderr };
}

describe("the arguments of npm start, npm run dev and npm run demo", () => {
  test.each([["--port", "4141"], ["--port=4141"], ["-p", "4141"], ["-p4141"], ["-p", "1", "--port", "4141"]])(
    "arguments can name a port: %s %s",
    (...args) => {
      expect(readPortArgument("npm start", args)).toBe(4141);
    },
  );

  test("the arguments are optional", () => {
    expect(readPortArgument("npm start", [])).toBeUndefined();
  });

  test.each([
    [["--hostname", "::"], "--hostname"],
    [["-H", "::"], "-H"],
    [["--port", "4141", "--turbo"], "--turbo"],
    [["4141"], "4141"],
    [["--", "4141"], "4141"],
  ])("unknown arguments are rejected by name: %j", (args, name) => {
    const { status, complaint } = run("start.mjs", args);
    expect(complaint).toBe(
      `npm start does not know the argument "${name}". It accepts only a port, after two dashes: npm start -- --port 4141.\n`,
    );
    expect(status).toBe(1);
  });

  test.each([
    [["--port", "many"], 'is "many", but must be a port'],
    [["--port", "70000"], 'is "70000", but must be a port'],
    [["-p"], 'is "", but must be a port'],
    [["--port="], 'is "", but must be a port'],
  ])("arguments without a valid port are rejected: %j", (args, said) => {
    expect(run("start.mjs", args).complaint).toContain(said);
  });
});

describe("npm run build", () => {
  test.each(["development", "test", "staging"])(
    "npm run build rejects NODE_ENV=%s with one sentence",
    (mode) => {
      expect(run("before-build.mjs", [], { NODE_ENV: mode })).toEqual({
        status: 1,
        complaint: `NODE_ENV is "${mode}", but a build is always for production: unset NODE_ENV.\n`,
      });
    },
  );

  test.each(["production", ""])("npm run build accepts NODE_ENV=%j", (mode) => {
    expect(run("before-build.mjs", [], { NODE_ENV: mode })).toEqual({ status: 0, complaint: "" });
  });

  test("npm run build checks NODE_ENV before it runs Next.js", async () => {
    const { scripts } = (await import("../package.json")).default;
    expect(scripts.build).toBe("node scripts/before-build.mjs && next build");
  });
});
