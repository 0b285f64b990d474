/**
 * `npm test`: lint, types, unit tests, production builds (which begin during the unit tests), a browser, end-to-end tests. Stops
 * at the first step that fails.
 *
 *   node dev/testing/run/test.ts                  everything
 *   node dev/testing/run/test.ts e2e [args]       only the end-to-end tests; args go to Playwright, e.g. -g "log out"
 *   node dev/testing/run/test.ts screenshots      the README's screenshots
 *
 * The last line of a test run is for machines: `N passed, N failed`.
 */
import { closeSync, openSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { browserLaunchOptions } from "./browser.ts";
import { buildFixtureApp, buildIsFresh } from "./build.ts";
import { type Counts, playwrightCounts, readReport, summary, vitestCounts } from "./report.ts";
import type { Command, Outcome, RunOptions, StepResult } from "./steps.ts";
import { BUILD, bin, LINT, runAll, runNode, runStep, TYPES, UNIT_TESTS } from "./steps.ts";

type Step = [title: string, work: () => Promise<Outcome>];

const root = path.resolve(import.meta.dirname, "../../..");
const counts: Counts[] = [];

process.chdir(root);
process.env.NEXT_TELEMETRY_DISABLED = "1";
Reflect.deleteProperty(process.env, "NODE_ENV"); // each step sets its own
const [mode = "all", ...rest] = process.argv.slice(2);
const stopped = new AbortController();
const reports = await mkdtemp(path.join(tmpdir(), "oidc-test-"));
try {
  const steps = stepsOf(mode);
  if (steps) {
    const results = await runSteps(steps);
    console.log(summary(results, mode === "screenshots" ? null : counts));
    process.exitCode = results.every(({ passed }) => passed) ? 0 : 1;
  } else {
    console.error(`"${mode}" is unknown. Usage: node dev/testing/run/test.ts [e2e | screenshots]`);
    process.exitCode = 2;
  }
} finally {
  stopped.abort(); // builds that still run after a step has failed
  await rm(reports, { recursive: true, force: true });
}

function stepsOf(name: string): Step[] | undefined {
  if (!["all", "e2e", "screenshots"].includes(name)) return undefined;
  // Starts immediately: if the browser must be downloaded, the steps before it need not wait.
  const browser: Step = ["browser", findBrowser()];
  const build: Step = ["build", buildUnlessFresh];
  if (name === "e2e") return [build, browser, ["end to end", endToEnd]];
  if (name === "screenshots")
    return [build, browser, ["screenshots", () => run(["e2e/screenshots.ts", ...rest])]];
  const builds = inBackground(async (how) => (await runNode(BUILD, how)) && buildFixtureApp(how));
  return [
    ["lint", () => run(LINT)],
    ["types", () => run(...TYPES)],
    ["unit tests", () => unitTests(builds.start)],
    ["builds", builds.wait],
    browser,
    ["end to end", endToEnd],
  ];
}

async function runSteps(steps: Step[]): Promise<StepResult[]> {
  const results: StepResult[] = [];
  for (const [title, work] of steps) {
    const result = await runStep(title, work);
    results.push(result);
    if (!result.passed) break;
  }
  return results;
}

async function run(...commands: Command[]): Promise<Outcome> {
  return { passed: await runAll(commands) };
}

/** @param begin starts work beside them: they leave much of the CPU idle */
async function unitTests(begin: () => void): Promise<Outcome> {
  begin();
  const report = path.join(reports, "unit.json");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const passed = await runNode([...UNIT_TESTS, ...reporters]);
  return { passed, detail: await count(report, vitestCounts) };
}

/** Work that begins during one step. Another step waits for it and prints its output. */
function inBackground(work: (how: RunOptions) => Promise<boolean>): { start(): void; wait: Step[1] } {
  const file = path.join(reports, "background.txt");
  let result = Promise.resolve(false);
  return {
    start() {
      const output = openSync(file, "w");
      result = work({ output, signal: stopped.signal }).finally(() => closeSync(output));
      result.catch(() => {}); // awaited later; until then, a failure must not be an unhandled rejection
    },
    async wait() {
      const passed = await result.finally(() => process.stdout.write(readFileSync(file)));
      return { passed, detail: "began during the unit tests" };
    },
  };
}

async function buildUnlessFresh(): Promise<Outcome> {
  return (await buildIsFresh(root))
    ? { passed: true, detail: "nothing has changed since the last build" }
    : run(BUILD);
}

/** Starts the search immediately, and prints its output when the result is awaited. */
function findBrowser(): Step[1] {
  const said: string[] = [];
  const search = browserLaunchOptions((line) => said.push(line));
  search.catch(() => {}); // awaited later, as above
  return async () => {
    const options = await search.finally(() => said.map((line) => console.log(line)));
    return { passed: true, detail: options.executablePath ?? "" };
  };
}

async function endToEnd(): Promise<Outcome> {
  const report = path.join(reports, "e2e.json");
  const command: Command = [bin("playwright", "playwright"), "test", "--config", "e2e/playwright.config.ts"];
  const args = [...(mode === "e2e" ? rest : []), "--add-reporter=json"];
  const env = {
    PLAYWRIGHT_JSON_OUTPUT_FILE: report,
    NODE_COMPILE_CACHE: path.join(reports, "compiled"), // the app is started about a hundred times
  };
  const passed = await runNode([...command, ...args], { env });
  return { passed, detail: await count(report, playwrightCounts) };
}

/** Adds the counts of a test runner's report to the sum. @returns them as text */
async function count(file: string, read: (report: unknown) => Counts): Promise<string> {
  const report = await readReport(file);
  if (report === undefined) return "it ended before it wrote its report";
  const found = read(report);
  counts.push(found);
  return `${found.passed} passed, ${found.failed} failed`;
}
