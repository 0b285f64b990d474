/**
 * `npm run test:rename`: shows that lib/site.ts is the one place to rename the app. Copies the repository, changes name
 * and id there, and runs lint, types and unit tests on the copy.
 *
 *   node dev/testing/run/rename.ts [args]    args go to Vitest, e.g. lib/auth
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { checkCopy, copyRepository } from "./copy.ts";

/** Renames the app in a copy of the repository, as lib/site.ts says how. */
function renameSite(folder: string, { name, id }: { name: string; id: string }): void {
  const file = path.join(folder, "lib/site.ts");
  const renamed = readFileSync(file, "utf8")
    .replace(/(?<=\bname: )".*"/, JSON.stringify(name))
    .replace(/(?<=\bid: )".*"/, JSON.stringify(id));
  writeFileSync(file, renamed);
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
