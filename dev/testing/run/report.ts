import { readFile } from "node:fs/promises";
import type { StepResult } from "./steps.ts";

/** How many tests have passed, failed or been skipped. */
export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/**
 * Counts the tests in Vitest's or Playwright's JSON report. Treats a test that passed only on a retry as failed.
 * @returns undefined if the runner ended before it wrote a report
 */
export async function readCounts(file: string): Promise<Counts | undefined> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const { stats = {}, ...vitest } = JSON.parse(text);
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
  const lines = ["", "── Summary", ...rows];
  if (!counts) return lines.join("\n");
  const sum = (field: keyof Counts): number => counts.reduce((total, count) => total + count[field], 0);
  const failed = Math.max(sum("failed"), results.filter(({ passed }) => !passed).length);
  if (sum("skipped")) lines.push(`${sum("skipped")} skipped or not run`);
  return [...lines, `${sum("passed")} passed, ${failed} failed`].join("\n");
}
