import { readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { appEnvironment } from "./environment.ts";

afterEach(() => vi.unstubAllEnvs());

test("an app under test gets a value for every setting in .env.example, so .env.local cannot set any", () => {
  const example = readFileSync(path.resolve(import.meta.dirname, "../../../.env.example"), "utf8");
  const names = [...example.matchAll(/^#?\s*([A-Z][A-Z_]+)=/gm)].map(([, name = ""]) => name);
  expect(names.length).toBeGreaterThan(10);
  const environment = appEnvironment({});
  for (const name of names) expect(environment).toHaveProperty(name, "");
});

test("a setting from the shell does not reach an app under test", () => {
  vi.stubEnv("OIDC_ISSUER", "https://somewhere.example");
  expect(appEnvironment({ OIDC_CLIENT_ID: "me" })).toMatchObject({ OIDC_ISSUER: "", OIDC_CLIENT_ID: "me" });
});
