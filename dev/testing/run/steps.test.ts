import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { readCounts, summary } from "./report.ts";
import { runNode, type StepResult } from "./steps.ts";

const passed = (title: string): StepResult => ({ title, passed: true, seconds: 1.25 });
const failed = (title: string): StepResult => ({ title, passed: false, seconds: 2 });
const lastLine = (text: string): string | undefined => text.split("\n").at(-1);

describe("the last line of a test run", () => {
  test("the last line has the sums of unit tests and end-to-end tests", () => {
    const counts = [
      { passed: 200, failed: 0, skipped: 0 },
      { passed: 112, failed: 2, skipped: 0 },
    ];
    expect(lastLine(summary([passed("unit tests"), failed("end to end")], counts))).toBe(
      "312 passed, 2 failed",
    );
  });

  test("the last line includes a step that failed without a failing test", () => {
    expect(lastLine(summary([failed("lint")], []))).toBe("0 passed, 1 failed");
  });

  test("the last line is omitted if no tests were run", () => {
    const text = summary([passed("screenshots")], null);
    expect(text).toContain("screenshots");
    expect(text).not.toContain(" failed");
  });

  test("a line before the last line has the number of skipped tests", () => {
    const text = summary([passed("unit tests")], [{ passed: 4, failed: 0, skipped: 3 }]);
    expect(text).toContain("3 skipped or not run");
    expect(lastLine(text)).toBe("4 passed, 0 failed");
  });
});

describe("the counts in a report", () => {
  test.each([
    [
      "the counts are read from a report of Vitest",
      { numPassedTests: 5, numFailedTests: 1, numPendingTests: 2, numTodoTests: 1 },
      { passed: 5, failed: 1, skipped: 3 },
    ],
    [
      "the counts are read from a report of Playwright, in which a flaky test has failed",
      { stats: { expected: 7, unexpected: 1, flaky: 1, skipped: 2 } },
      { passed: 7, failed: 2, skipped: 2 },
    ],
    ["the counts are zero for an empty report", {}, { passed: 0, failed: 0, skipped: 0 }],
  ])("%s", async (_, report, counts) => {
    const file = path.join(await mkdtemp(path.join(tmpdir(), "oidc-report-")), "report.json");
    onTestFinished(() => rm(path.dirname(file), { recursive: true }));
    await writeFile(file, JSON.stringify(report));
    expect(await readCounts(file)).toEqual(counts);
  });

  test("the counts are undefined if the report does not exist", async () => {
    expect(await readCounts(path.join(import.meta.dirname, "no-such-report.json"))).toBeUndefined();
  });
});

describe("the runner of scripts", () => {
  test("the runner prints the signal that ended the script", async () => {
    const said = vi.spyOn(console, "error").mockImplementation(() => {});
    const args = ["--eval", "process.kill(process.pid, 'SIGKILL')"];
    expect(await runNode(["--input-type=module", ...args])).toBe(false);
    expect(said).toHaveBeenCalledWith(expect.stringContaining("was ended by SIGKILL"));
  });

  test("the runner prints nothing about a script that ends without a signal", async () => {
    const said = vi.spyOn(console, "error").mockImplementation(() => {});
    expect(await runNode(["--eval", "process.exit(3)"])).toBe(false);
    expect(await runNode(["--eval", "0"])).toBe(true);
    expect(said).not.toHaveBeenCalled();
  });

  test("the runner passes the script's output to a given function", async () => {
    const printed: string[] = [];
    const print = (text: string) => void printed.push(text);
    expect(await runNode(["--eval", "console.log('one'); console.error('two')"], { print })).toBe(true);
    expect(printed.sort()).toEqual(["one\n", "two\n"]);
  });

  test("the runner ends the script when the run is aborted, and prints nothing", async () => {
    const said = vi.spyOn(console, "error").mockImplementation(() => {});
    const abort = new AbortController();
    const run = runNode(["--eval", "setTimeout(() => {}, 20_000)"], { signal: abort.signal });
    abort.abort();
    expect(await run).toBe(false);
    expect(said).not.toHaveBeenCalled();
  });
});
