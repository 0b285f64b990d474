/**
 * `npm test`: lint, types, unit tests, production builds, a browser, end-to-end tests; stops at the first that fails.
 *
 *   node dev/testing/run/test.ts                  everything
 *   node dev/testing/run/test.ts e2e [args]       the end-to-end tests alone; args go to Playwright, e.g. -g "log out"
 *   node dev/testing/run/test.ts screenshots      the README's screenshots
 *
 * The last line of a test run is for machines: `N passed, N failed`.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { buildFixtureApp } from "../fixture-app.ts";
import { browserLaunchOptions } from "./browser.ts";
import { buildIsFresh } from "./build-state.ts";
import {
  bin,
  type Counts,
  playwrightCounts,
  readReport,
  runNode,
  runStep,
  type StepResult,
  summary,
  vitestCounts,
} from "./test-steps.ts";

type Step = [title: string, work: () => Promise<{ passed: boolean; detail?: string }>];

const root = path.resolve(import.meta.dirname, "../../..");
const counts: Counts[] = [];

process.chdir(root);
process.env.NEXT_TELEMETRY_DISABLED = "1";
Reflect.deleteProperty(process.env, "NODE_ENV"); // each step sets its own
const [mode = "all", ...rest] = process.argv.slice(2);
const reports = await mkdtemp(path.join(tmpdir(), "oidc-test-"));
try {
  const steps = stepsOf(mode);
  if (steps === null) {
    console.error(`"${mode}" is nothing this can run. Try: node dev/testing/run/test.ts [e2e | screenshots]`);
    process.exitCode = 2;
  } else {
    const results = await run(steps);
    console.log(summary(results, mode === "screenshots" ? null : counts));
    process.exitCode = results.every(({ passed }) => passed) ? 0 : 1;
  }
} finally {
  await rm(reports, { recursive: true, force: true });
}

function stepsOf(name: string): Step[] | null {
  switch (name) {
    case "all": {
      // Begins at once: a download, if it comes to that, goes on beside the steps that need no browser.
      const browser = findBrowser();
      return [
        ["lint", () => cli("@biomejs/biome", "biome", ["check", "--error-on-warnings"])],
        ["types", types],
        ["unit tests", unitTests],
        ["build", build],
        ["build for tests", fixtureBuild],
        ["browser", browser],
        ["end to end", endToEnd],
      ];
    }
    case "e2e":
      return [
        ["build", buildIfNeeded],
        ["browser", findBrowser()],
        ["end to end", endToEnd],
      ];
    case "screenshots": {
      const screenshots: Step[1] = async () => ({
        passed: await runNode("dev/testing/run/screenshots.ts", rest),
      });
      return [
        ["build", buildIfNeeded],
        ["browser", findBrowser()],
        ["screenshots", screenshots],
      ];
    }
    default:
      return null;
  }
}

async function run(steps: Step[]): Promise<StepResult[]> {
  const results: StepResult[] = [];
  for (const [title, work] of steps) {
    const result = await runStep(title, work);
    results.push(result);
    if (!result.passed) break;
  }
  return results;
}

async function cli(packageName: string, command: string, args: string[]): Promise<{ passed: boolean }> {
  return { passed: await runNode(bin(packageName, command), args) };
}

async function types(): Promise<{ passed: boolean }> {
  // The types of the routes are generated; without them the compiler cannot check a page's props.
  const generated = await cli("next", "next", ["typegen"]);
  return generated.passed ? cli("typescript", "tsc", ["--noEmit"]) : generated;
}

async function unitTests(): Promise<{ passed: boolean; detail: string }> {
  const report = path.join(reports, "unit.json");
  const args = ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const passed = await runNode(bin("vitest", "vitest"), args);
  return { passed, detail: await count(report, vitestCounts) };
}

async function build(): Promise<{ passed: boolean }> {
  return cli("next", "next", ["build"]);
}

async function buildIfNeeded(): Promise<{ passed: boolean; detail?: string }> {
  return (await buildIsFresh(root))
    ? { passed: true, detail: "nothing has changed since the last" }
    : build();
}

/** The copy of the app with pages for tests: built here, so that it does not slow down the tests beside it. */
async function fixtureBuild(): Promise<{ passed: boolean }> {
  return { passed: await buildFixtureApp() };
}

/** Starts the search at once, keeps what it says, and shows that when it is waited for. */
function findBrowser(): Step[1] {
  const said: string[] = [];
  const search = browserLaunchOptions((line) => said.push(line));
  // Waited for later; until then a failure must not count as one that nobody looks at.
  search.catch(() => {});
  return async () => {
    const options = await search.finally(() => {
      for (const line of said) console.log(line);
    });
    return { passed: true, detail: options.executablePath ?? "" };
  };
}

async function endToEnd(): Promise<{ passed: boolean; detail: string }> {
  const report = path.join(reports, "e2e.json");
  const args = ["test", ...(mode === "e2e" ? rest : []), "--add-reporter=json"];
  const passed = await runNode(bin("@playwright/test", "playwright"), args, {
    PLAYWRIGHT_JSON_OUTPUT_FILE: report,
  });
  return { passed, detail: await count(report, playwrightCounts) };
}

/** Adds what a test runner's report says to the sum. @returns the same in words */
async function count(file: string, read: (report: unknown) => Counts): Promise<string> {
  const report = await readReport(file);
  if (report === undefined) return "it ended before it could count";
  const found = read(report);
  counts.push(found);
  return `${found.passed} passed, ${found.failed} failed`;
}
