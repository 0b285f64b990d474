/**
 * `npm run test:rename`: checks that a rename of the app needs to change only lib/site.ts. Copies the repository,
 * changes the name and the id in that file, and runs lint, types and unit tests on the copy.
 *
 *   node dev/testing/run/rename.ts [args]    args go to Vitest, e.g. lib/auth
 */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { checkCopy, inCopy } from "./copy.ts";
import { runSteps } from "./steps.ts";

const renamed = (folder: string) => {
  const file = path.join(folder, "lib/site.ts");
  const text = readFileSync(file, "utf8")
    .replace(/(?<=\bname: )".*"/, '"Another App"')
    .replace(/(?<=\bid: )".*"/, '"another-app"');
  writeFileSync(file, text);
  return checkCopy(folder, process.argv.slice(2));
};
await runSteps([["another name", () => inCopy(renamed)]]);
