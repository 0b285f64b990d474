import { readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { appEnvironment } from "./environment.ts";

afterEach(() => vi.unstubAllEnvs());

test("every setting that .env.example names is passed to an app under test, so that .env.local cannot set it", () => {
  const example = readFileSync(path.resolve(import.meta.dirname, "../../../.env.example"), "utf8");
  const names = [...example.matchAll(/^#?\s*([A-Z][A-Z_]+)=/gm)].map(([, name = ""]) => name);
  expect(names.length).toBeGreaterThan(10);
  const environment = appEnvironment({});
  for (const name of names) expect(environment).toHaveProperty(name, "");
});

test("a setting in the shell does not reach an app under test", () => {
  vi.stubEnv("OIDC_ISSUER", "https://somewhere.example");
  expect(appEnvironment({ OIDC_CLIENT_ID: "me" })).toMatchObject({ OIDC_ISSUER: "", OIDC_CLIENT_ID: "me" });
});
