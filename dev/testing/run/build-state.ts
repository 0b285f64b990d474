import { readdir, stat } from "node:fs/promises";
import path from "node:path";

/** The folders and files that the production build is made of. */
export const BUILD_FOLDERS = ["app", "components", "lib", "public"];
export const BUILD_FILES = [
  "middleware.ts",
  "instrumentation.ts",
  "instrumentation-client.ts",
  "next.config.ts",
  "postcss.config.mjs",
  "tsconfig.json",
  "package-lock.json",
];

/**
 * Whether the production build is newer than everything it is made of.
 *
 * @param root the project's folder
 * @param copy where a copy of the project is built, and the folder of what is added to it
 */
export async function buildIsFresh(root: string, copy?: { folder: string; added: string }): Promise<boolean> {
  const built = await modified(path.join(copy?.folder ?? root, ".next/BUILD_ID"));
  if (built === 0) return false;
  const folders = BUILD_FOLDERS.map((folder) => path.join(root, folder));
  const trees = await Promise.all([...folders, ...(copy ? [copy.added] : [])].map(tree));
  const files = [...BUILD_FILES.map((file) => path.join(root, file)), ...trees.flat()];
  const times = await Promise.all(files.map(modified));
  return times.every((time) => time < built);
}

async function tree(folder: string): Promise<string[]> {
  // The folders too: their time tells of a file that was deleted.
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const inside = entries.filter(({ name }) => !name.includes(".test."));
  return [folder, ...inside.map(({ parentPath, name }) => path.join(parentPath, name))];
}

async function modified(file: string): Promise<number> {
  return stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}
