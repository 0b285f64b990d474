import { mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { buildIsFresh } from "./build.ts";

const BUILT = 2_000;
let root: string;

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), "oidc-build-"));
  await put(".next/BUILD_ID", BUILT);
  await put("lib/log.ts", 1_000);
  await put("middleware.ts", 1_000);
  await utimes(path.join(root, "lib"), 1_000, 1_000);
});
afterEach(() => rm(root, { recursive: true }));

test("a build newer than its sources is fresh", () => {
  expect(buildIsFresh(root)).toBe(true);
});

test.each(["middleware.ts", "lib/auth/session-cookie.ts", "public/icon.svg", "next.config.ts"])(
  "a build older than %s is stale",
  async (file) => {
    await put(file, 3_000);
    expect(buildIsFresh(root)).toBe(false);
  },
);

test.each(["features/cart.tsx", "hooks/use-cart.ts", "src/cart.ts", "tailwind.config.ts"])(
  "a build older than the added file %s is stale",
  async (file) => {
    await put(file, 1_000);
    await utimes(path.dirname(path.join(root, file)), 1_000, 1_000);
    expect(buildIsFresh(root)).toBe(true);
    await put(file, 3_000);
    expect(buildIsFresh(root)).toBe(false);
  },
);

test.each([
  "README.md",
  "dev/start/start.ts",
  "e2e/login.spec.ts",
  "features/cart.test.ts",
  "next-env.d.ts",
  "sessions.db-wal",
  "test-results/report.json",
  ".env.local",
])("a build older than %s is fresh, because a build does not contain this file", async (file) => {
  await put(file, 3_000);
  if (file.startsWith("features")) await utimes(path.join(root, "features"), 1_000, 1_000);
  expect(buildIsFresh(root)).toBe(true);
});

test("a deleted source makes the build stale", async () => {
  await utimes(path.join(root, "lib"), 3_000, 3_000);
  expect(buildIsFresh(root)).toBe(false);
});

test("a missing build is not fresh", async () => {
  await rm(path.join(root, ".next"), { recursive: true });
  expect(buildIsFresh(root)).toBe(false);
});

async function put(file: string, seconds: number): Promise<void> {
  const full = path.join(root, file);
  await mkdir(path.dirname(full), { recursive: true });
  await writeFile(full, "");
  await utimes(full, seconds, seconds);
}
