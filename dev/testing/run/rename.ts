/**
 * `npm run test:rename`: shows that lib/site.ts is the one place to rename the app. Copies the repository, changes name
 * and id there, and runs lint, types and unit tests on the copy.
 *
 *   node dev/testing/run/rename.ts [args]    args go to Vitest, e.g. lib/auth
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { bin, runNode } from "./steps.ts";

const ROOT = path.resolve(import.meta.dirname, "../../..");

/** Copies everything that Git knows or would add. The packages are linked. */
export function copyRepository(folder: string): void {
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  for (const file of new Set(listed.split("\0").filter(Boolean))) {
    cpSync(path.join(ROOT, file), path.join(folder, file));
  }
  symlinkSync(path.join(ROOT, "node_modules"), path.join(folder, "node_modules"), "junction");
}

/** Renames the app in a copy of the repository, as lib/site.ts says how. */
export function renameSite(folder: string, { name, id }: { name: string; id: string }): void {
  const file = path.join(folder, "lib/site.ts");
  const renamed = readFileSync(file, "utf8")
    .replace(/(?<=\bname: )".*"/, JSON.stringify(name))
    .replace(/(?<=\bid: )".*"/, JSON.stringify(id));
  writeFileSync(file, renamed);
}

/** Runs lint, types and unit tests in a folder. @returns whether all passed */
export async function checkCopy(folder: string, vitestArgs: string[] = []): Promise<boolean> {
  const steps: [script: string, args: string[]][] = [
    [bin("@biomejs/biome", "biome"), ["check", "--error-on-warnings"]],
    [bin("next", "next"), ["typegen"]],
    [bin("typescript", "tsc"), ["--noEmit"]],
    [bin("vitest", "vitest"), ["run", ...vitestArgs]],
  ];
  for (const [script, args] of steps) if (!(await runNode(script, args, {}, folder))) return false;
  return true;
}

if (import.meta.main) {
  const folder = mkdtempSync(path.join(tmpdir(), "oidc-rename-"));
  try {
    copyRepository(folder);
    renameSite(folder, { name: "Another App", id: "another-app" });
    process.exitCode = (await checkCopy(folder, process.argv.slice(2))) ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
