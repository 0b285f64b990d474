import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";

const ROOT = path.resolve(import.meta.dirname, "..");

/** Runs a script in a Node.js that reports another version. @returns the exit code, and the error output */
function runAs(version: string, ...args: string[]): { status: number | null; complaint: string } {
  const versions = JSON.stringify({ ...process.versions, node: version });
  const pretence = `data:text/javascript,${encodeURIComponent(`Object.defineProperty(process, "versions", { value: ${versions} })`)}`;
  // An invalid port, so that `npm start` stops even if the version is new enough.
  const env = { ...process.env, PORT: "none" };
  const { status, stderr } = spawnSync(process.execPath, [`--import=${pretence}`, ...args], {
    cwd: ROOT,
    env,
  });
  return { status, complaint: String(stderr) };
}

describe("npm start", () => {
  test.each(["18.20.8", "20.20.2", "21.7.3", "22.12.0"])(
    "npm start rejects Node.js %s, and says which version it needs",
    (version) => {
      const { status, complaint } = runAs(version, "scripts/start.mjs");
      expect(complaint).toBe(`This needs Node.js 22.13 or newer, but it runs on ${version}.\n`);
      expect(status).toBe(1);
    },
  );

  test.each(["22.13.0", "23.0.0", "24.21.0", "100.0.0"])("npm start runs on Node.js %s", (version) => {
    expect(runAs(version, "scripts/start.mjs").complaint).not.toContain("Node.js");
  });

  test("npm start needs the version that package.json states", () => {
    const { engines } = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8"));
    expect(engines).toEqual({ node: ">=22.13.0" });
  });
});

describe("the commands that are written in TypeScript", () => {
  const CHECK = ["--import=./scripts/node-version.mjs", "--eval", "0"];

  test.each(["18.20.8", "20.20.2", "22.17.1"])(
    "a command rejects Node.js %s, and says which version it needs",
    (version) => {
      const { status, complaint } = runAs(version, ...CHECK);
      expect(complaint).toContain(`This needs Node.js 22.18 or newer, but it runs on ${version}.`);
      expect(status).toBe(1);
    },
  );

  test.each(["22.18.0", "23.0.0", "24.21.0"])("a command runs on Node.js %s", (version) => {
    expect(runAs(version, ...CHECK)).toEqual({ status: 0, complaint: "" });
  });
});
