import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { forgetSettings } from "@/dev/testing/fresh-process.ts";
import { SITE } from "../../../lib/site.ts";

const require = createRequire(import.meta.url);

let root: string;
let isNewcomer: typeof import("./situation.ts").isNewcomer;
let readSituation: typeof import("./situation.ts").readSituation;

beforeEach(async () => {
  delete require.cache[require.resolve("@next/env")]; // @next/env reads the .env files only once in a process
  vi.resetModules();
  ({ isNewcomer, readSituation } = await import("./situation.ts"));
  root = await mkdtemp(path.join(os.tmpdir(), "oidc-doctor-"));
  forgetSettings();
  for (const name of ["PORT", "PROVIDER_PORT", "MESSAGE_API_PORT"]) vi.stubEnv(name, undefined);
  vi.stubEnv("NODE_ENV", "");
});
afterEach(() => rm(root, { recursive: true }));

const write = (file: string, text: string) => writeFile(path.join(root, file), text);

test("without settings, the user is a newcomer and npm run dev starts everything", () => {
  const situation = readSituation(root);
  expect(isNewcomer(situation)).toBe(true);
  expect(situation).toMatchObject({
    mode: "development",
    files: [],
    brought: { provider: true, api: true },
    environment: {
      OIDC_ISSUER: "http://localhost:9090",
      OIDC_CLIENT_ID: SITE.id,
      API_SERVER_URL: "http://localhost:6060",
    },
  });
});

// part: broker
test("without settings, the doctor uses the session store and broker audience of npm run dev", () => {
  expect(readSituation(root).environment).toMatchObject({
    SESSION_STORE_URL: expect.stringMatching(/^sqlite:.*sessions\.db$/),
    BROKER_AUDIENCE: expect.any(String),
  });
  expect(readSituation(root).given).not.toHaveProperty("SESSION_STORE_URL");
  expect(readSituation(root, "production").environment.SESSION_STORE_URL).toBeUndefined();
});
// end part: broker

test("the doctor reads .env.local like npm run dev", async () => {
  await write(
    ".env.local",
    "OIDC_ISSUER=https://idp.example.com\nOIDC_CLIENT_ID=me\nOIDC_CLIENT_SECRET=a\\$b\n",
  );
  await write(".env", "OIDC_CLIENT_ID=somebody-else\n");
  const situation = readSituation(root);
  expect(isNewcomer(situation)).toBe(false);
  expect(situation).toMatchObject({
    mode: "development",
    files: [".env.local", ".env"],
    brought: { provider: false, api: true },
    environment: { OIDC_CLIENT_ID: "me", OIDC_CLIENT_SECRET: "a$b", APP_BASE_URL: "http://localhost:4040" },
  });
});

test("a user whose .env.local is in UTF-16 is not a newcomer, and the file is named", async () => {
  await writeFile(path.join(root, ".env.local"), "\ufeffOIDC_ISSUER=https://idp.example.com\r\n", "utf16le");
  const situation = readSituation(root);
  expect(isNewcomer(situation)).toBe(false);
  expect(situation.unreadable).toEqual([expect.stringMatching(/^\.env\.local is encoded in UTF-16/)]);
});

test.each([
  ["a file for production", [".env.production"], "", undefined, "production"],
  [
    "files for production and development",
    [".env.production", ".env.development.local"],
    "",
    undefined,
    "development",
  ],
  ["NODE_ENV=production", [], "production", undefined, "production"],
  ["NODE_ENV=production and a request for development", [], "production", "development", "development"],
  ["no files and a request for production", [], "", "production", "production"],
] as const)(
  "with %s, the doctor checks the settings of the right command",
  async (_, files, nodeEnv, wanted, mode) => {
    for (const file of files) await write(file, "OIDC_CLIENT_ID=me\n");
    vi.stubEnv("NODE_ENV", nodeEnv);
    expect(readSituation(root, wanted).mode).toBe(mode);
  },
);

test("in production, the doctor does not expect npm start to start other servers", () => {
  expect(readSituation(root, "production")).toMatchObject({ brought: { provider: false, api: false } });
  expect(readSituation(root, "production").environment.OIDC_ISSUER).toBeUndefined();
});
