import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ENVIRONMENT } from "@/dev/testing/fresh-process.ts";
import { propertyTest } from "@/dev/testing/property-test.ts";
import { readSettings } from "@/lib/settings.ts";
import type { Context } from "../check.ts";
import { checkSessionSecret } from "./session-secret.ts";

function check(secret: string, more: Record<string, string> = {}) {
  const given = { ...ENVIRONMENT, SESSION_SECRET: secret, ...more };
  const situation = { mode: "production", given };
  return checkSessionSecret({ settings: readSettings(given), situation } as unknown as Context);
}

test.each([
  ["one character", "a".repeat(40), "error", "repeats"],
  ["a repeated text", "swordfish.".repeat(4), "error", "repeats"],
  ["consecutive characters", "abcdefghijklmnopqrstuvwxyzabcdefgh", "error", "consecutive"],
  ["a text that occurs twice", "Tr0ub4dor&3-Xk9q".repeat(2), "error", "repeats"],
  ["few different characters", "0101101001010110100101101001011010010110", "error", "easy to guess"],
  ["the words of an example", "please-change-me-before-you-deploy-1234", "warning", "dictionary words"],
  ["dictionary words", "correct horse battery staple and more", "warning", "dictionary words"],
  ["eight different digits", "10732546276013457620135476201354", "warning", "more random"],
])("a session secret made of %s is reported", (_, secret, status, said) => {
  const [result, ...more] = check(secret);
  expect(more).toEqual([]);
  expect(result).toMatchObject({
    status,
    seen: expect.stringContaining(said),
    fix: ["Generate one with: openssl rand -base64 32"],
  });
});

propertyTest("a random session secret in Base64 or hexadecimal is ok", () => {
  fc.assert(
    fc.property(fc.constantFrom("base64", "base64url", "hex"), (encoding) => {
      expect(check(randomBytes(32).toString(encoding))[0]?.status).toBe("ok");
    }),
    { numRuns: 300 },
  );
});

test.each([
  "FeyUxKSXyosLwNRHZVUozQZCmumiUGmbVT-qovszthA",
  "cebe12345973baf15cd0a5e7af86aa52a44b3a29d88a700f2d0763b8bcc39a4b",
  "6160d90740918a425955abcde71d7e7d6c32c2e44b0bac3f8315686e3ae5313c",
])("the random session secret %s is ok", (secret) => {
  expect(check(secret)[0]?.status).toBe("ok");
});

test("each of several session secrets is checked and reported by its number", () => {
  const good = randomBytes(32).toString("hex");
  const results = check(`${good},${"b".repeat(32)}`);
  expect(results).toEqual([expect.objectContaining({ seen: expect.stringContaining("Secret number 2") })]);
  expect(check(`${good},${good}`)).toEqual([
    expect.objectContaining({ status: "warning", seen: expect.stringContaining("twice") }),
  ]);
});

test("a session secret that equals the client secret is an error", () => {
  const secret = randomBytes(32).toString("hex");
  expect(check(secret, { OIDC_CLIENT_SECRET: secret })[0]).toMatchObject({
    status: "error",
    seen: expect.stringContaining("client secret"),
  });
});

test("no part of the session secret is shown", () => {
  for (const secret of ["swordfish.".repeat(4), "please-change-me-before-you-deploy-1234"]) {
    expect(JSON.stringify(check(secret))).not.toMatch(/swordfish|please|deploy/);
  }
});

test("in development, no session secret is needed because npm run dev generates one", () => {
  const situation = { mode: "development", given: {} };
  const settings = readSettings({ ...ENVIRONMENT });
  expect(checkSessionSecret({ settings, situation } as unknown as Context)).toEqual([
    { status: "ok", seen: "npm run dev generates a secret.", fix: [] },
  ]);
});
