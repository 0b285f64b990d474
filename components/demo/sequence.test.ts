import { globSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { LOGIN_ERROR_REASONS } from "@/lib/auth/provider/index.ts";
import { failedLogin, LOGIN_STEPS, STEPS_BEFORE_HOOK, stepsBefore } from "./login-sequence.ts";

const drawn = new Set(
  [...readFileSync("public/icons.svg", "utf8").matchAll(/ id="([\w-]+)"/g)].map(([, id]) => id),
);
/** Matches a step in the source of a component, and captures its `kind`, `from` and `to`. */
const STEP = /\{\s*kind: "(message|answer|redirect)",\s*from: "(\w+)",\s*to: "(\w+)",[^}]*?\}/g;

describe("the lines of a sequence diagram", () => {
  test("icons.svg has a line for every step of a successful or failed login", () => {
    const made = [
      undefined,
      stepsBefore("code exchange"),
      stepsBefore("userinfo request"),
      STEPS_BEFORE_HOOK,
    ];
    const failed = LOGIN_ERROR_REASONS.flatMap((reason) => made.flatMap((each) => failedLogin(reason, each)));
    const all = [...LOGIN_STEPS, ...failed];
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

describe("the steps of a failed login", () => {
  const failed = (...args: Parameters<typeof failedLogin>) => {
    const steps = failedLogin(...args);
    return [steps.length, steps.find(({ state }) => state === "failed")?.label];
  };

  test("the diagram ends at the request that the provider refused or did not answer", () => {
    expect(failed("provider_error")).toEqual([4, "Back with an error"]);
    expect(failed("provider_error", stepsBefore("code exchange"))).toEqual([6, "Code refused"]);
    expect(failed("provider_error", stepsBefore("userinfo request"))).toEqual([8, "Userinfo refused"]);
    expect(failed("provider_unavailable")).toEqual([3, "No answer"]);
    expect(failed("provider_unavailable", stepsBefore("code exchange"))).toEqual([6, "No answer"]);
  });

  test("the diagram distinguishes a login that the provider denied from a login that the app's hook refused", () => {
    expect(failed("access_denied")).toEqual([4, "Back with an error"]);
    expect(failed("access_denied", STEPS_BEFORE_HOOK)).toEqual([9, "The app refused"]);
  });
});
