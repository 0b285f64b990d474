import { afterEach, expect, test, vi } from "vitest";
import { z } from "zod";
import { CHECKS, type CheckName, error, ok, type Results, skipped, warning } from "../check.ts";
import type { Examination } from "../examine.ts";
import { renderText, toJson, wrap } from "./report.ts";

afterEach(() => vi.unstubAllEnvs());

const situation = {
  mode: "development",
  files: [".env.local"],
  unreadable: [],
  given: {},
  environment: {},
  brought: { provider: false, api: true },
} as const;

const RESULTS: Results = {
  settings: [ok("Complete and valid.")],
  discovery: [ok("https://your-tenant.us.auth0.com has a discovery document for this issuer.")],
  "authentication-request": [
    error(
      "The provider rejects the callback URL http://localhost:4040/auth/callback: “Callback URL mismatch.”",
      "In Auth0, Applications → your app → Settings → Allowed Callback URLs: add exactly http://localhost:4040/auth/callback",
    ),
  ],
  "session-secret": [
    warning(
      "SESSION_SECRET contains dictionary words; generate it instead.",
      "Generate one with: openssl rand -base64 32",
    ),
  ],
  "session-store": [ok("SESSION_STORE_URL is not set: sessions are kept in encrypted cookies.")], // part: store
  metadata: [ok("fine")],
  keys: [ok("fine")],
  pkce: [ok("fine")],
  scope: [skipped("The authentication request was not accepted.")],
  audience: [skipped("The authentication request was not accepted.")],
  "client-authentication": [skipped("The authentication request was not accepted.")],
  "refresh-token": [ok("fine")],
  "log-out": [ok("fine")],
  "token-broker": [], // part: broker
  "message-api": [ok("fine")],
  clock: [ok("fine")],
};

const examination: Examination = {
  situation,
  provider: { issuer: "https://your-tenant.us.auth0.com", name: "Auth0", guide: "docs/providers.md#auth0" },
  results: RESULTS,
};

/** The report without colours. */
function plain(width = 80): string {
  vi.stubEnv("FORCE_COLOR", undefined);
  vi.stubEnv("NO_COLOR", "1");
  return renderText(examination, width);
}

test("each line of the report has a sign and a status, and the order of the lines is fixed", () => {
  const lines = plain()
    .split("\n")
    .filter((line) => /^[✓!✗-] /.test(line));
  expect(lines.map((line) => line.split(/ +/).slice(0, 2).join(" "))).toEqual([
    "✓ ok",
    "! warning",
    "✓ ok",
    "✓ ok",
    "✓ ok",
    "✓ ok",
    "✓ ok",
    "✗ error",
    "- skipped",
    "✓ ok",
    "✓ ok",
    "✓ ok",
    "✓ ok",
  ]);
  expect(plain()).toContain("- skipped  Scopes, Client authentication, Audience: The authentication request");
});

test.each([60, 80, 100])("no line is longer than %i columns, except for a long URL", (width) => {
  const long = plain(width)
    .split("\n")
    .filter((line) => line.length > width);
  expect(long.filter((line) => line.trim().includes(" "))).toEqual([]);
});

test("commands and URLs are never broken across lines", () => {
  expect(plain(60)).toContain("openssl rand -base64 32");
  expect(plain(60)).toContain("http://localhost:4040/auth/callback");
});

test("the report ends with the counts, and with the guide if there is something to fix", () => {
  expect(plain().trimEnd().split("\n").slice(-2)).toEqual([
    "1 error, 1 warning, 10 ok, 3 skipped.",
    "More about this provider: docs/providers.md#auth0",
  ]);
});

test("the report has colours with FORCE_COLOR, and none with NO_COLOR", () => {
  vi.stubEnv("NO_COLOR", undefined);
  vi.stubEnv("FORCE_COLOR", "1");
  expect(renderText(examination, 80)).toContain("\u001b[31m✗");
  expect(plain()).not.toContain("\u001b");
});

/** Matches a JSON report in the form that docs/doctor.md describes. */
const SCHEMA = z.strictObject({
  version: z.literal(1),
  status: z.enum(["ok", "warning", "error"]),
  mode: z.enum(["development", "production"]),
  files: z.array(z.string()),
  provider: z
    .strictObject({ issuer: z.string(), name: z.string().nullable(), guide: z.string().nullable() })
    .nullable(),
  counts: z.strictObject({ ok: z.number(), warning: z.number(), error: z.number(), skipped: z.number() }),
  findings: z.array(
    z.strictObject({
      check: z.enum(Object.keys(CHECKS)),
      title: z.string(),
      status: z.enum(["ok", "warning", "error", "skipped"]),
      seen: z.string(),
      fix: z.array(z.string()),
      guide: z.string().nullable(),
    }),
  ),
});

test("the JSON has the form that docs/doctor.md describes", () => {
  const document = SCHEMA.parse(JSON.parse(JSON.stringify(toJson(examination))));
  expect(document.status).toBe("error");
  const found = Object.keys(CHECKS).filter((check) => RESULTS[check as CheckName]?.length);
  expect(document.findings.map(({ check }) => check)).toEqual(found);
  const guided = document.findings.filter(({ guide }) => guide === "docs/providers.md#auth0");
  expect(guided.map(({ check }) => check)).toEqual(["authentication-request"]); // SESSION_SECRET has no guide
  expect(document.counts).toEqual({ ok: 10, warning: 1, error: 1, skipped: 3 });
  const without = toJson({ ...examination, provider: null, results: {} });
  expect(SCHEMA.parse(without)).toMatchObject({ status: "ok", provider: null });
});

test("lines break between words and are indented", () => {
  expect(wrap("  one two three", 9, 4)).toEqual(["  one two", "    three"]);
  expect(wrap("https://a.very.long.address/ ok", 10, 2)).toEqual(["https://a.very.long.address/", "  ok"]);
  expect(wrap("", 10, 2)).toEqual([""]);
  expect(wrap("make it: openssl rand -base64 32", 24, 2)).toEqual(["make it:", "  openssl rand -base64 32"]);
});
