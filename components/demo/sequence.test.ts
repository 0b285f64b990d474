import { globSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { LOGIN_ERROR_REASONS } from "@/lib/auth/provider/index.ts";
import { failedLogin, LOGIN_STEPS } from "./login-sequence.ts";

const drawn = new Set(
  [...readFileSync("public/icons.svg", "utf8").matchAll(/ id="([\w-]+)"/g)].map(([, id]) => id),
);
/** Matches a step in the source of a component, and captures its `kind`, `from` and `to`. */
const STEP = /\{\s*kind: "(message|answer|redirect)",\s*from: "(\w+)",\s*to: "(\w+)",[^}]*?\}/g;

describe("the lines of a sequence diagram", () => {
  test("icons.svg has a line for every step of a successful or failed login", () => {
    const all = [...LOGIN_STEPS, ...LOGIN_ERROR_REASONS.flatMap((reason) => failedLogin(reason))];
    for (const { kind, from, to, state } of all) {
      if (kind === "box") continue;
      const name = [from, to, kind === "redirect" && kind, state === "failed" && state]
        .filter(Boolean)
        .join("-");
      expect(drawn, name).toContain(name);
    }
  });

  test("icons.svg has a line for every step that a page itself defines", () => {
    const files = globSync("{app,components}/**/*.tsx");
    const steps = files.flatMap((file) => [...readFileSync(file, "utf8").matchAll(STEP)]);
    expect(steps.length).toBeGreaterThan(5);
    for (const [text, kind, from, to] of steps) {
      const isFailed = text.includes('state: "failed"');
      const name = [from, to, kind === "redirect" && kind, isFailed && "failed"].filter(Boolean).join("-");
      expect(drawn, name).toContain(name);
    }
  });
});
