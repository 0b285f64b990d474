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
import path from "node:path";
import { browserLaunchOptions } from "./browser.ts";
import { buildFixtureApp, buildIsFresh } from "./build.ts";
import { inFolder } from "./copy.ts";
import { type Counts, readCounts, summary } from "./report.ts";
import type { Command, Outcome, Step } from "./steps.ts";
import { BUILD, bin, LINT, ROOT, runAll, runNode, runSteps, TYPES, UNIT_TESTS } from "./steps.ts";

const MODES = [
  "all",
  "e2e",
  "screenshots", // part: demo
];

const [mode = "all", ...rest] = process.argv.slice(2);
const counts: Counts[] = [];
const stopped = new AbortController();

if (MODES.includes(mode)) {
  const results = await inFolder((reports) => runSteps(stepsOf(mode, reports)));
  console.log(summary(results, mode === "screenshots" ? null : counts));
  stopped.abort(); // if a step has failed, builds may still run
} else {
  console.error(`"${mode}" is unknown. The modes are: ${MODES.join(", ")}.`);
  process.exitCode = 2;
}

function stepsOf(name: string, reports: string): Step[] {
  // The search for a browser starts now, so that a download runs during the other steps.
  const search = begin(async (print) => {
    const { executablePath, channel } = await browserLaunchOptions((line) => print(`${line}\n`));
    return { passed: true, detail: executablePath ?? channel ?? "" };
  });
  const browser: Step = ["browser", search];
  const build: Step = ["build", buildUnlessFresh];
  const endToEnd: Step = ["end to end", () => runEndToEnd(reports)];
  if (name === "e2e") return [build, browser, endToEnd];
  // part: demo
  if (name === "screenshots")
    return [build, browser, ["screenshots", () => runNode(["e2e/screenshots.ts", ...rest])]];
  // end part: demo
  let builds: Step[1];
  const unitTests = () => {
    builds = begin(buildBoth); // the builds use CPU time that the unit tests leave idle
    const report = path.join(reports, "unit.json");
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
    return runTests([...UNIT_TESTS, ...reporters], report);
  };
  return [
    ["lint", () => runNode(LINT)],
    ["types", () => runAll(TYPES)],
    ["unit tests", unitTests],
    ["builds", () => builds()],
    browser,
    endToEnd,
  ];
}

/** Begins work in the background. @returns a later step, which waits for the work's end and prints its output */
function begin(work: (print: (text: string) => void) => Promise<Outcome>): () => Promise<Outcome> {
  const printed: string[] = [];
  const result = work((text) => printed.push(text));
  result.catch(() => {}); // prevents an unhandled rejection; the later step reports a failure
  return () => result.finally(() => process.stdout.write(printed.join("")));
}

async function buildBoth(print: (text: string) => void): Promise<Outcome> {
  const how = { print, signal: stopped.signal };
  const passed = (await runNode(BUILD, how)) && (await buildFixtureApp(how));
  return { passed, detail: "began during the unit tests" };
}

async function buildUnlessFresh(): Promise<Outcome> {
  return buildIsFresh(ROOT)
    ? { passed: true, detail: "nothing has changed since the last build" }
    : { passed: await runNode(BUILD) };
}

function runEndToEnd(reports: string): Promise<Outcome> {
  const report = path.join(reports, "e2e.json");
  const command: Command = [bin("playwright", "playwright"), "test", "--config", "e2e/playwright.config.ts"];
  const args = [...(mode === "e2e" ? rest : []), "--add-reporter=json"];
  return runTests([...command, ...args], report, {
    PLAYWRIGHT_JSON_OUTPUT_FILE: report,
    NODE_COMPILE_CACHE: path.join(reports, "compiled"), // saves time: the tests start the app a hundred times
  });
}

/** Runs tests, and adds the counts in their report to the counts of this run. */
async function runTests(command: Command, report: string, env = {}): Promise<Outcome> {
  const passed = await runNode(command, { env });
  const found = await readCounts(report);
  if (!found) return { passed, detail: "the tests ended before they wrote a report" };
  counts.push(found);
  return { passed, detail: `${found.passed} passed, ${found.failed} failed` };
}
