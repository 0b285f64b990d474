import {
  cpSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync, // part: docs
  rmSync,
  statSync,
  writeFileSync, // part: docs
} from "node:fs";
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
 * @param added folders and files from which the copy has additions
 */
export function buildIsFresh(root: string, copy = root, ...added: string[]): boolean {
  const built = modified(path.join(copy, ".next/BUILD_ID"));
  const sources = [...sourcesOf(root), ...globSync(added.flatMap((place) => [place, `${place}/**`]))];
  return built > 0 && sources.every((file) => modified(file) < built);
}

/**
 * Builds a copy of the app with the pages of `e2e/fixture-app`, unless the copy's last build is fresh. The app itself
 * does not contain these pages, so that people do not deploy them.
 * @param how where the build's output goes, and a signal that ends the build
 * @returns false if the build failed
 */
export async function buildFixtureApp(how: Pick<RunOptions, "print" | "signal"> = {}): Promise<boolean> {
  const added = [
    ADDED,
    EXAMPLES, // part: docs
  ];
  if (buildIsFresh(ROOT, FIXTURE_APP, ...added)) return true;
  mkdirSync(FIXTURE_APP, { recursive: true });
  const old = readdirSync(FIXTURE_APP).filter((name) => name !== ".next");
  for (const name of old) rmSync(path.join(FIXTURE_APP, name), { recursive: true });
  for (const file of sourcesOf(ROOT).filter((file) => statSync(file).isFile()))
    cpSync(file, path.join(FIXTURE_APP, path.relative(ROOT, file)));
  cpSync(ADDED, FIXTURE_APP, { recursive: true });
  addWebhook(); // part: docs
  return runNode(BUILD, { ...how, env: { NODE_ENV: "production" }, cwd: FIXTURE_APP });
}

// part: docs
/** Adds the webhook of docs/your-own-pages.md to the copy: a setting, an entry in `ROUTES`, and the route. */
function addWebhook(): void {
  const [, section = ""] = readFileSync(EXAMPLES, "utf8").split("\n## A setting of your own\n");
  const [setting = "", entry = "", route = ""] = [...section.matchAll(/^```ts\n(.*?)^```$/gms)].map(
    ([, code = ""]) => code,
  );
  addAfter("const app = z.object({\n", setting, "lib/settings.ts");
  addAfter("export const ROUTES: readonly Route[] = [\n", entry, "lib/auth/routes.ts");
  const [, file = ""] = /^\/\/ (.+)$/m.exec(route) ?? [];
  mkdirSync(path.join(FIXTURE_APP, path.dirname(file)), { recursive: true });
  writeFileSync(path.join(FIXTURE_APP, file), route);
}

function addAfter(line: string, added: string, file: string): void {
  const text = readFileSync(path.join(FIXTURE_APP, file), "utf8");
  writeFileSync(path.join(FIXTURE_APP, file), text.replace(line, line + added));
}
// end part: docs

/**
 * Lists the files and folders that a build depends on. The list includes folders, because the deletion of a file changes
 * only the modification time of its folder.
 */
function sourcesOf(root: string): string[] {
  const names = readdirSync(root).filter((name) => !NOT_BUILT.test(name));
  const found = globSync(
    names.flatMap((name) => [name, `${name}/**`]),
    { cwd: root },
  );
  return found.filter((file) => !file.includes(".test.")).map((file) => path.join(root, file));
}

/** Returns the time of a file's last change in ms; 0 if the file does not exist. */
export function modified(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
