import { spawn } from "node:child_process";
import { cp, mkdir, readdir, rm } from "node:fs/promises";
import path from "node:path";
import { buildIsFresh, modified } from "../dev/testing/run/build.ts";
import { bin } from "../dev/testing/run/steps.ts";

const ROOT = path.resolve(import.meta.dirname, "..");
const SOURCES = path.join(import.meta.dirname, "reference");
const SHARED = ["next.config.ts", "postcss.config.mjs", "tsconfig.json"];

/** Replaces the app's `instrumentation.ts`, which redirects anonymous visitors, with a file that does nothing. */
const OWN = { "instrumentation.ts": "plain/instrumentation.ts" };

/** The folders in `app` that the profile page needs. */
const PARTS_OF_PAGE = ["fonts", "profile"];

/** The pages that the app is compared with, and the files to copy for each: target, and source in `reference/`. */
const FILES = {
  bare: { ...OWN, "current-user.ts": "fixed-user.ts" },
  empty: { ...OWN, "current-user.ts": "fixed-user.ts", "middleware.ts": "empty-middleware.ts" },
  opening: {
    ...OWN,
    "current-user.ts": "opening-user.ts",
    "middleware.ts": "opening-middleware.ts",
    "iron-options.ts": "iron-options.ts",
  },
  plain: { ".": "plain" },
};

export type Reference = keyof typeof FILES;

export const REFERENCES = Object.keys(FILES) as Reference[];

/** The folder of the project that contains only this page. Git ignores the folder. */
export function referenceFolder(name: Reference): string {
  return path.join(import.meta.dirname, `.reference-${name}`);
}

/** Builds the app if its build is older than its sources. @throws Error with the output of a build that fails */
export async function buildApp(signal: AbortSignal): Promise<void> {
  if (!buildIsFresh(ROOT)) await build(ROOT, signal);
}

/**
 * Builds a page that the app is compared with, if its build is older than the app's build or than its own sources.
 * `plain` is a page like that of a new project. Every other page is the app's own profile page with its layout, in a
 * separate project that replaces `current-user.ts` and replaces or omits the middleware.
 *
 * @throws Error with the output of a build that fails
 */
export async function buildReference(name: Reference, signal: AbortSignal): Promise<void> {
  const folder = referenceFolder(name);
  if (await isFresh(folder)) return;
  await rm(folder, { recursive: true, force: true });
  await mkdir(path.join(folder, "app"), { recursive: true });
  for (const file of SHARED) await cp(path.join(SOURCES, file), path.join(folder, file));
  for (const [to, from] of Object.entries(FILES[name])) {
    await cp(path.join(SOURCES, from), path.join(folder, to), { recursive: true });
  }
  if (name === "plain") {
    await cp(path.join(ROOT, "app/icon.svg"), path.join(folder, "app/icon.svg"));
    return build(folder, signal);
  }
  // The layout, the error pages and the icon are copied too, because each adds something to the HTML of every page.
  for (const entry of await readdir(path.join(ROOT, "app"), { withFileTypes: true })) {
    const wanted = entry.isFile() ? entry.name !== "page.tsx" : PARTS_OF_PAGE.includes(entry.name);
    const place = path.join("app", entry.name);
    if (wanted) await cp(path.join(ROOT, place), path.join(folder, place), { recursive: true });
  }
  await build(folder, signal);
}

async function isFresh(folder: string): Promise<boolean> {
  const sources = (await readdir(SOURCES, { recursive: true })).map((name) => path.join(SOURCES, name));
  const builds = [folder, ROOT].map((project) => path.join(project, ".next/BUILD_ID"));
  const [built = 0, ...times] = [...builds, ...sources].map(modified);
  return times.every((time) => time < built);
}

/** Runs `next build`, and shows its output only if it fails. */
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
