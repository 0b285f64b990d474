/**
 * `npm test`: runs lint, checks types, runs unit tests, makes production builds (which begin during the unit tests),
 * finds a browser, and runs end-to-end tests. Stops at the first step that fails.
 *
 *   node dev/testing/run/test.ts                  everything
 *   node dev/testing/run/test.ts e2e [args]       only the end-to-end tests; args go to Playwright, e.g. -g "log out"
 *   node dev/testing/run/test.ts screenshots      the README's screenshots // part: demo
 *
 * The last line of a test run is for machines: `N passed, N failed`.
 */
import { closeSync, openSync, readFileSync } from "node:fs";
import path from "node:path";
import { browserLaunchOptions } from "./browser.ts";
import { buildFixtureApp, buildIsFresh } from "./build.ts";
import { inFolder } from "./copy.ts";
import { type Counts, countsIn, readReport, summary } from "./report.ts";
import type { Command, Outcome, RunOptions, Step } from "./steps.ts";
import { BUILD, bin, LINT, ROOT, runAll, runNode, runSteps, TYPES, UNIT_TESTS } from "./steps.ts";

const MODES = [
  "all",
  "e2e",
  "screenshots", // part: demo
];

const [mode = "all", ...rest] = process.argv.slice(2);
const counts: Counts[] = [];
const stopped = new AbortController();
await inFolder(async (reports) => {
  const steps = stepsOf(mode, reports);
  if (!steps) {
    console.error(`"${mode}" is unknown. The modes are: ${MODES.join(", ")}.`);
    process.exitCode = 2;
    return;
  }
  const results = await runSteps(steps);
  console.log(summary(results, mode === "screenshots" ? null : counts));
  stopped.abort(); // if a step has failed, builds may still run
});

function stepsOf(name: string, reports: string): Step[] | undefined {
  if (!MODES.includes(name)) return undefined;
  // The search for a browser starts now, so that a download runs during the other steps.
  const browser: Step = ["browser", findBrowser()];
  const build: Step = ["build", buildUnlessFresh];
  const endToEnd: Step = ["end to end", () => runEndToEnd(reports)];
  if (name === "e2e") return [build, browser, endToEnd];
  // part: demo
  if (name === "screenshots")
    return [build, browser, ["screenshots", () => runNode(["e2e/screenshots.ts", ...rest])]];
  // end part: demo
  const builds = inBackground(path.join(reports, "background.txt"), async (how) => {
    return (await runNode(BUILD, how)) && buildFixtureApp(how);
  });
  const unitTests = () => {
    builds.start(); // the builds use CPU time that the unit tests leave idle
    return runUnitTests(reports);
  };
  return [
    ["lint", () => runNode(LINT)],
    ["types", () => runAll(TYPES)],
    ["unit tests", unitTests],
    ["builds", builds.wait],
    browser,
    endToEnd,
  ];
}

async function runUnitTests(reports: string): Promise<Outcome> {
  const report = path.join(reports, "unit.json");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  return { passed: await runNode([...UNIT_TESTS, ...reporters]), detail: await count(report) };
}

/** Runs work in the background. `start` begins it. `wait`, a later step, waits for its end and prints its output. */
function inBackground(file: string, work: (how: RunOptions) => Promise<boolean>) {
  let result = Promise.resolve(false);
  return {
    start() {
      const output = openSync(file, "w");
      result = work({ output, signal: stopped.signal }).finally(() => closeSync(output));
      result.catch(() => {}); // prevents an unhandled rejection; `wait` reports a failure later
    },
    async wait(): Promise<Outcome> {
      const passed = await result.finally(() => process.stdout.write(readFileSync(file)));
      return { passed, detail: "began during the unit tests" };
    },
  };
}

async function buildUnlessFresh(): Promise<Outcome> {
  const isFresh = await buildIsFresh(ROOT);
  return isFresh
    ? { passed: true, detail: "nothing has changed since the last build" }
    : { passed: await runNode(BUILD) };
}

/** Starts to search immediately. @returns a step that waits for the browser, and prints what the search has said */
function findBrowser(): Step[1] {
  const said: string[] = [];
  const search = browserLaunchOptions((line) => said.push(line));
  search.catch(() => {}); // prevents an unhandled rejection; the returned step reports a failure later
  return async () => {
    const options = await search.finally(() => said.map((line) => console.log(line)));
    return { passed: true, detail: options.executablePath ?? "" };
  };
}

async function runEndToEnd(reports: string): Promise<Outcome> {
  const report = path.join(reports, "e2e.json");
  const command: Command = [bin("playwright", "playwright"), "test", "--config", "e2e/playwright.config.ts"];
  const args = [...(mode === "e2e" ? rest : []), "--add-reporter=json"];
  const env = {
    PLAYWRIGHT_JSON_OUTPUT_FILE: report,
    NODE_COMPILE_CACHE: path.join(reports, "compiled"), // saves time: the tests start the app a hundred times
  };
  return { passed: await runNode([...command, ...args], { env }), detail: await count(report) };
}

/** Adds a test runner's report to the counts of this run. @returns a text with the report's counts */
async function count(file: string): Promise<string> {
  const report = await readReport(file);
  if (report === undefined) return "the tests ended before they wrote a report";
  const found = countsIn(report);
  counts.push(found);
  return `${found.passed} passed, ${found.failed} failed`;
}
