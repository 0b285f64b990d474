import { readFile } from "node:fs/promises";
import type { StepResult } from "./steps.ts";

/** How many tests have passed, failed or been skipped. */
export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** Reads a test runner's JSON report. @returns undefined if the runner ended before it wrote a report */
export async function readReport(file: string): Promise<unknown> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  return text === undefined ? undefined : JSON.parse(text);
}

/** Counts the tests in Vitest's or Playwright's JSON report. A test that passed only on a retry has failed. */
export function countsIn(report: unknown): Counts {
  const { stats = {}, ...vitest } = Object(report);
  const sum = (...numbers: (number | undefined)[]) => numbers.reduce<number>((all, one = 0) => all + one, 0);
  return {
    passed: sum(vitest.numPassedTests, stats.expected),
    failed: sum(vitest.numFailedTests, stats.unexpected, stats.flaky),
    skipped: sum(vitest.numPendingTests, vitest.numTodoTests, stats.skipped),
  };
}

/**
 * Returns a summary for people, then one line for machines: `N passed, N failed`. If more steps than tests failed, the
 * second N is the number of failed steps. For example, lint or a build can fail although no test failed.
 * @param counts null if nothing was tested; the line for machines is then omitted
 */
export function summary(results: StepResult[], counts: Counts[] | null): string {
  const rows = results.map(({ title, passed, seconds, detail }) => {
    const time = `${seconds.toFixed(1)} s`.padStart(8);
    return [title.padEnd(16), passed ? "ok    " : "FAILED", time, detail ? `  ${detail}` : ""].join(" ");
  });
  return ["", "── Summary", ...rows, ...(counts ? totals(results, counts) : [])].join("\n");
}

function totals(results: StepResult[], counts: Counts[]): string[] {
  const sum = (field: keyof Counts): number => counts.reduce((total, count) => total + count[field], 0);
  const brokenSteps = results.filter(({ passed }) => !passed).length;
  const failed = Math.max(sum("failed"), brokenSteps);
  const skipped = sum("skipped") > 0 ? [`${sum("skipped")} skipped or not run`] : [];
  return [...skipped, `${sum("passed")} passed, ${failed} failed`];
}
