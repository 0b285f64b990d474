import {
  cp,
  mkdir, // part: docs
  readdir,
  readFile, // part: docs
  rm,
  stat,
  writeFile, // part: docs
} from "node:fs/promises";
import path from "node:path";
import { BUILD, ROOT, type RunOptions, runNode } from "./steps.ts";

/** The folder with pages that exist only for tests, and with a configuration that finds the project's packages. */
const ADDED = path.join(ROOT, "e2e/fixture-app");

const EXAMPLES = path.join(ROOT, "docs/your-own-pages.md"); // part: docs

/** The folder of the copy that {@link buildFixtureApp} builds. Git ignores it. */
export const FIXTURE_APP = path.join(ROOT, "e2e/.fixture-app");

/** Matches the top-level names that a production build does not need. All others are sources, even new folders. */
const NOT_BUILT = new RegExp(
  `^(${[
    "\\.(?!postcssrc).*|.*\\.(md|db|db-\\w+|tsbuildinfo)|LICENSE|Dockerfile",
    "bench|dev|docs|e2e|node_modules|playwright-report|test-results",
    "next-env\\.d\\.ts|package\\.json",
  ].join("|")})$`,
);

/**
 * Returns whether a production build is newer than all its sources.
 * @param root the project's folder
 * @param copy the folder that was built: by default, the project's; or a copy of it
 * @param added folders whose files were added to the copy
 */
export async function buildIsFresh(root: string, copy = root, ...added: string[]): Promise<boolean> {
  const built = await modified(path.join(copy, ".next/BUILD_ID"));
  if (built === 0) return false;
  const sources = (await sourcesOf(root)).map((name) => path.join(root, name));
  const trees = await Promise.all([...sources, ...added].map(tree));
  const times = await Promise.all(trees.flat().map(modified));
  return times.every((time) => time < built);
}

/**
 * Builds a copy of the app with the pages of `e2e/fixture-app`, unless the copy's last build is fresh. The app itself
 * does not contain these pages, so that people do not deploy them.
 * @param how where the build's output goes, and a signal that ends the build
 * @returns whether the build succeeded
 */
export async function buildFixtureApp(how: Pick<RunOptions, "output" | "signal"> = {}): Promise<boolean> {
  const added = [
    ADDED,
    EXAMPLES, // part: docs
  ];
  if (await buildIsFresh(ROOT, FIXTURE_APP, ...added)) return true;
  const old = await readdir(FIXTURE_APP).catch(() => []);
  const removed = old.filter((name) => name !== ".next");
  await Promise.all(removed.map((name) => rm(path.join(FIXTURE_APP, name), { recursive: true })));
  for (const name of await sourcesOf(ROOT)) {
    await cp(path.join(ROOT, name), path.join(FIXTURE_APP, name), { recursive: true, filter: isSource });
  }
  await cp(ADDED, FIXTURE_APP, { recursive: true });
  await addWebhook(); // part: docs
  return runNode(BUILD, { ...how, env: { NODE_ENV: "production" }, cwd: FIXTURE_APP });
}

// part: docs
/** Adds the webhook of docs/your-own-pages.md to the copy: a setting, an entry in `ROUTES`, and the route. */
async function addWebhook(): Promise<void> {
  const [, section = ""] = (await readFile(EXAMPLES, "utf8")).split("\n## A setting of your own\n");
  const [setting = "", entry = "", route = ""] = [...section.matchAll(/^```ts\n(.*?)^```$/gms)].map(
    ([, code = ""]) => code,
  );
  await addAfter("const app = z.object({\n", setting, "lib/settings.ts");
  await addAfter("export const ROUTES: readonly Route[] = [\n", entry, "lib/auth/routes.ts");
  const [, file = ""] = /^\/\/ (.+)$/m.exec(route) ?? [];
  await mkdir(path.join(FIXTURE_APP, path.dirname(file)), { recursive: true });
  await writeFile(path.join(FIXTURE_APP, file), route);
}

async function addAfter(line: string, added: string, file: string): Promise<void> {
  const text = await readFile(path.join(FIXTURE_APP, file), "utf8");
  await writeFile(path.join(FIXTURE_APP, file), text.replace(line, line + added));
}
// end part: docs

async function sourcesOf(root: string): Promise<string[]> {
  return (await readdir(root)).filter((name) => !NOT_BUILT.test(name) && isSource(name));
}

function isSource(file: string): boolean {
  return !file.includes(".test.");
}

/**
 * Lists a file, or a folder with everything in it. The list includes folders, because the deletion of a file changes
 * only the modification time of its folder.
 */
async function tree(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
  const inside = entries.filter(({ name }) => isSource(name));
  return [root, ...inside.map(({ parentPath, name }) => path.join(parentPath, name))];
}

/** Returns the time of a file's last change in ms; 0 if the file does not exist. */
export async function modified(file: string): Promise<number> {
  return (await stat(file).catch(() => null))?.mtimeMs ?? 0;
}
