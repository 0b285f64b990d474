import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Command, LINT, ROOT, runAll, TYPES, UNIT_TESTS } from "./steps.ts";

/** Runs `work` in a new, empty folder, and then removes the folder. */
export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), "oidc-"));
  return work(folder).finally(() => rmSync(folder, { recursive: true, force: true }));
}

/**
 * Runs `work` in a copy of the repository, and then removes the copy. The copy contains the files that Git tracks, new
 * files that Git does not ignore, and the installed packages.
 */
export function inCopy<T>(work: (folder: string) => Promise<T>): Promise<T> {
  return inFolder(async (folder) => {
    const list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    const listed = execFileSync("git", list, { cwd: ROOT, encoding: "utf8" });
    for (const file of new Set(listed.split("\0").filter(Boolean))) {
      if (existsSync(path.join(ROOT, file))) cpSync(path.join(ROOT, file), path.join(folder, file));
    }
    const [from, to] = [path.join(ROOT, "node_modules"), path.join(folder, "node_modules")];
    try {
      execFileSync("cp", ["-al", from, to], { stdio: "ignore" }); // hard links, if the system supports them
    } catch {
      cpSync(from, to, { recursive: true, verbatimSymlinks: true });
    }
    return work(folder);
  });
}

/** Runs lint, type checks and unit tests in a folder. @param unit arguments for Vitest; null skips the unit tests */
export function checkCopy(folder: string, unit: string[] | null): Promise<boolean> {
  const tests: Command[] = unit ? [[...UNIT_TESTS, ...unit]] : [];
  return runAll([LINT, ...TYPES, ...tests], { cwd: folder });
}
