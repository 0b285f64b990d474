import { existsSync } from "node:fs";
import { cp, rm } from "node:fs/promises";
import path from "node:path";
import { BUILD_FILES, BUILD_FOLDERS, buildIsFresh } from "./run/build-state.ts";
import { bin, runNode } from "./run/test-steps.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");

/** Pages that exist for tests only, and a configuration that finds the project's packages. */
const ADDED = path.join(ROOT, "e2e/fixture-app");

/** The folder of the copy. Git ignores it. */
export const FIXTURE_APP = path.join(ROOT, "e2e/.fixture-app");

/**
 * Builds a copy of the app with the pages of `e2e/fixture-app`, unless its last build is newer than every source. The
 * app itself has none of these pages, so its own build is the one that people deploy.
 *
 * @returns whether the build succeeded
 */
export async function buildFixtureApp(): Promise<boolean> {
  if (await buildIsFresh(ROOT, { folder: FIXTURE_APP, added: ADDED })) return true;
  for (const name of [...BUILD_FOLDERS, ...BUILD_FILES, "scripts"]) {
    const [from, to] = [path.join(ROOT, name), path.join(FIXTURE_APP, name)];
    await rm(to, { recursive: true, force: true });
    if (existsSync(from)) await cp(from, to, { recursive: true, filter: (file) => !file.includes(".test.") });
  }
  await cp(ADDED, FIXTURE_APP, { recursive: true });
  return runNode(bin("next", "next"), ["build"], { NODE_ENV: "production" }, FIXTURE_APP);
}
