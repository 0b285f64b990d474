/**
 * `npm run test:eject`: ejects parts in copies of the repository. For each part, ejects it in a copy, and checks lint,
 * types and the tests in {@link ALONE} there. In another copy, ejects all parts, and runs `npm test`. In the last copy,
 * deletes the development folders, and checks that the app builds and serves pages.
 *
 *   node dev/testing/run/eject.ts [PART...]    ejects only these parts, one at a time
 */
import { globSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { NOBODYS_SETTINGS, startAppServer } from "../../../e2e/support/app/server.ts";
import { PARTS } from "../../../scripts/parts.ts";
import { checkCopy, inCopy } from "./copy.ts";
import { runNode, runSteps, type Step } from "./steps.ts";

/** The maximum number of visible entries in the project's folder when all parts are ejected. */
const MAX_ENTRIES = 16;
/** The maximum number of lines in lib/ when all parts are ejected. Tests are not counted. */
const MAX_LINES = 3_000;

/** The unit tests to run without a part: mostly those that examine the repository. All tests would take too long. */
const ALONE = [
  "scripts/",
  "dev/testing/repository/",
  "dev/doctor/examine", // part: doctor
  "lib/auth/tests/store-unavailable", // part: store
];

const parts = process.argv.slice(2);
const alone = (parts.length ? parts : Object.keys(PARTS)).map((part) =>
  inACopy(`without ${part}`, async (folder) => (await eject(folder, [part])) && checkCopy(folder, ALONE)),
);
const together = [
  inACopy("without any part", async (folder) => {
    if (!(await eject(folder, Object.keys(PARTS)))) return false;
    assertSmall(folder);
    return runNode(["dev/testing/run/test.ts"], { cwd: folder });
  }),
  inACopy("without development folders", async (folder) => {
    const where = { cwd: folder, exclude: ["node_modules"] };
    for (const name of globSync(["bench", "dev", "e2e", "**/*.test.{ts,tsx}"], where))
      rmSync(path.join(folder, name), { recursive: true, force: true });
    return (await runNode(["scripts/before-build.mjs"], { cwd: folder })) && (await serves(folder));
  }),
];
await runSteps([...alone, ...(parts.length ? [] : together)], { goOn: true });

function inACopy(title: string, work: (folder: string) => Promise<boolean>): Step {
  return [title, () => inCopy(work)];
}

function eject(folder: string, names: string[]): Promise<boolean> {
  return runNode(["scripts/eject.ts", "--force", ...names], { cwd: folder });
}

/** @throws Error if the app without parts exceeds a limit above, or a page links to a file that was ejected */
function assertSmall(folder: string): void {
  const entries = globSync("*", { cwd: folder }).filter((name) => name !== "node_modules");
  if (entries.length > MAX_ENTRIES)
    throw new Error(`${entries.length} entries are left: ${entries.join(" ")}`);
  const sources = globSync("lib/**/*.ts", { cwd: folder }).filter((name) => !name.includes(".test."));
  const text = sources.map((name) => readFileSync(path.join(folder, name), "utf8"));
  const lines = text.reduce((sum, source) => sum + source.split("\n").length - 1, 0);
  console.log(`${entries.length} entries, ${lines} lines in lib/ without tests`);
  if (lines > MAX_LINES) throw new Error(`lib/ has ${lines} lines`);
  for (const page of globSync("**/*.md", { cwd: folder, exclude: ["node_modules"] })) {
    const links = readFileSync(path.join(folder, page), "utf8").matchAll(/\]\((?!https?:|#)([^)#]+)/g);
    for (const [, link = ""] of links) {
      const target = path.join(folder, path.dirname(page), link);
      if (!globSync(target).length) throw new Error(`${page} links to ${link}, which was ejected`);
    }
  }
}

/** Builds the app, and starts it without a provider, API or store. @returns whether it serves requests */
async function serves(folder: string): Promise<boolean> {
  if (!(await runNode(["node_modules/next/dist/bin/next", "build"], { cwd: folder }))) return false;
  const app = await startAppServer(NOBODYS_SETTINGS, undefined, { root: folder });
  try {
    return (await fetch(`${app.url}/auth/me`)).status === 401 && (await fetch(app.url)).ok;
  } finally {
    await app.stop();
  }
}
