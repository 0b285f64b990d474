import { spawn } from "node:child_process";
import { cp, mkdir, readdir, rm, stat } from "node:fs/promises";
import path from "node:path";
import { buildIsFresh } from "../dev/build-state.ts";
import { bin } from "../dev/test-steps.ts";

const ROOT = path.resolve(import.meta.dirname, "..");
const SOURCES = path.join(import.meta.dirname, "reference");
const SHARED = ["next.config.ts", "postcss.config.mjs", "tsconfig.json"];

/** The reference pages: who is shown, what stands before the page, and what these two need. */
const FILES = {
  bare: { "current-user.ts": "fixed-user.ts" },
  empty: { "current-user.ts": "fixed-user.ts", "middleware.ts": "empty-middleware.ts" },
  opening: {
    "current-user.ts": "opening-user.ts",
    "middleware.ts": "opening-middleware.ts",
    "iron-options.ts": "iron-options.ts",
  },
};

export type Reference = keyof typeof FILES;

export const REFERENCES = Object.keys(FILES) as Reference[];

/** The project of a reference page, ignored by git. */
export function referenceFolder(name: Reference): string {
  return path.join(import.meta.dirname, `.reference-${name}`);
}

/** Builds the app where its build is older than its sources. @throws Error with what the build printed, when it fails */
export async function buildApp(signal: AbortSignal): Promise<void> {
  if (!(await buildIsFresh(ROOT))) await build(ROOT, signal);
}

/**
 * Builds one of the reference pages, where its build is older than the app's: the app's own profile page with all that
 * is drawn around it, in a project of its own that has another `current-user.ts` and another middleware, or none.
 *
 * @throws Error with what the build printed, when it fails
 */
export async function buildReference(name: Reference, signal: AbortSignal): Promise<void> {
  const folder = referenceFolder(name);
  if (await isFresh(folder)) return;
  await rm(folder, { recursive: true, force: true });
  await mkdir(path.join(folder, "app"), { recursive: true });
  for (const file of SHARED) await cp(path.join(SOURCES, file), path.join(folder, file));
  for (const [to, from] of Object.entries(FILES[name])) {
    await cp(path.join(SOURCES, from), path.join(folder, to));
  }
  // Its own layout, error pages and icon: each leaves something in the HTML of every page.
  for (const entry of await readdir(path.join(ROOT, "app"), { withFileTypes: true })) {
    const wanted = entry.isFile() ? entry.name !== "page.tsx" : entry.name === "profile";
    const place = path.join("app", entry.name);
    if (wanted) await cp(path.join(ROOT, place), path.join(folder, place), { recursive: true });
  }
  await build(folder, signal);
}

async function isFresh(folder: string): Promise<boolean> {
  const sources = (await readdir(SOURCES)).map((name) => path.join(SOURCES, name));
  const [built = 0, ...times] = await Promise.all(
    [folder, ROOT]
      .map((project) => path.join(project, ".next/BUILD_ID"))
      .concat(sources)
      .map(modified),
  );
  return times.every((time) => time < built);
}

function modified(file: string): Promise<number> {
  return stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}

/** `next build`, silent unless it fails. */
function build(folder: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [bin("next", "next"), "build"], {
      cwd: folder,
      signal,
      env: { ...process.env, NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" },
    });
    let printed = "";
    for (const output of [child.stdout, child.stderr]) {
      output.on("data", (chunk) => {
        printed += chunk;
      });
    }
    child.once("error", reject);
    child.once("exit", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`The build in ${folder} failed:\n${printed}`));
    });
  });
}
