import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";

/** How a step of the test run ended. */
export interface StepResult {
  title: string;
  passed: boolean;
  seconds: number;
  /** What the summary says of it, e.g. how many tests there were. */
  detail?: string;
}

/** Counts of tests, as the two test runners report them. */
export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

const PACKAGES = path.resolve(import.meta.dirname, "../../../node_modules");

/** The script behind a package's command, e.g. of `next`: run by Node.js itself it needs no shell on any system. */
export function bin(packageName: string, command: string): string {
  const folder = path.join(PACKAGES, packageName);
  const found = record(JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8"))).bin;
  return path.join(folder, typeof found === "string" ? found : String(record(found)[command]));
}

/**
 * Runs a script with the Node.js that runs this, its output going straight to the terminal.
 *
 * @returns whether it succeeded; a signal that ended it is told of
 */
export function runNode(
  script: string,
  args: string[],
  env: Record<string, string> = {},
  cwd = process.cwd(),
): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [script, ...args], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", "inherit", "inherit"],
    });
    // Ctrl-C reaches the child by itself; a signal to this process alone does not.
    const passOn = (): void => void child.kill("SIGTERM");
    process.once("SIGTERM", passOn);
    child.on("error", () => resolve(false));
    child.on("exit", (code, signal) => {
      process.off("SIGTERM", passOn);
      if (signal) console.error(`\n${path.basename(script)} was ended by ${signal}.`);
      resolve(code === 0);
    });
  });
}

/** Runs one step under a heading and times it; a step that throws has failed, and its message is shown. */
export async function runStep(
  title: string,
  work: () => Promise<{ passed: boolean; detail?: string }>,
): Promise<StepResult> {
  console.log(`\n── ${title} ${"─".repeat(Math.max(3, 70 - title.length))}`);
  const start = performance.now();
  const outcome = await work().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    return { passed: false };
  });
  const result = { title, ...outcome, seconds: (performance.now() - start) / 1000 };
  console.log(`${title}: ${result.passed ? "ok" : "FAILED"} (${result.seconds.toFixed(1)} s)`);
  return result;
}

/**
 * A test runner's JSON report, which it writes when it is through.
 *
 * @returns undefined where the runner did not get so far
 */
export async function readReport(file: string): Promise<unknown> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  return text === undefined ? undefined : JSON.parse(text);
}

/** The counts in the report of Vitest's JSON reporter. */
export function vitestCounts(report: unknown): Counts {
  const { numPassedTests = 0, numFailedTests = 0, numPendingTests = 0, numTodoTests = 0 } = record(report);
  return {
    passed: Number(numPassedTests),
    failed: Number(numFailedTests),
    skipped: Number(numPendingTests) + Number(numTodoTests),
  };
}

/** The counts in the report of Playwright's JSON reporter; a test that passed at a second try has not passed. */
export function playwrightCounts(report: unknown): Counts {
  const { expected = 0, unexpected = 0, flaky = 0, skipped = 0 } = record(record(report).stats);
  return {
    passed: Number(expected),
    failed: Number(unexpected) + Number(flaky),
    skipped: Number(skipped),
  };
}

/**
 * The end of the run for people, then one line for machines: `N passed, N failed`. A step that failed without a
 * failed test in it (lint, types, the build, a crash) counts as one failure, so that the line never lies.
 *
 * @param counts null where nothing was tested: then there is no such line
 */
export function summary(results: StepResult[], counts: Counts[] | null): string {
  return ["", "── Summary", ...results.map(row), ...(counts ? totals(results, counts) : [])].join("\n");
}

function row({ title, passed, seconds, detail }: StepResult): string {
  const time = `${seconds.toFixed(1)} s`.padStart(8);
  return [title.padEnd(16), passed ? "ok    " : "FAILED", time, detail ? `  ${detail}` : ""].join(" ");
}

function totals(results: StepResult[], counts: Counts[]): string[] {
  const sum = (field: keyof Counts): number => counts.reduce((total, count) => total + count[field], 0);
  const brokenSteps = results.filter(({ passed }) => !passed).length;
  const failed = Math.max(sum("failed"), brokenSteps);
  const skipped = sum("skipped") > 0 ? [`${sum("skipped")} skipped or not run`] : [];
  return [...skipped, `${sum("passed")} passed, ${failed} failed`];
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
