import { describe, expect, test } from "vitest";
import type { Figures } from "./measures.ts";
import { deploymentTable, pageTable, table } from "./report.ts";
import type { Result } from "./rounds.ts";

const result = (name: string, rates: number[], cpus: number[]): Result => ({
  name,
  rate: rates[0] ?? 0,
  p99: 12.34,
  cpu: cpus[0] ?? 0,
  bytes: 4_000,
  rates,
  cpus,
});

const figures: Figures = {
  opening: { first: 412.6, again: 9.4 },
  cookieBytes: 2_405,
  login: 8.25,
  refreshes: { sent: 50, good: 49, refreshes: 1 },
};

describe("the table of pages", () => {
  const bare = result("bare", [100, 200, 400], [2, 2, 2]);
  const empty = result("empty", [80, 100, 200], [4, 4, 4]);

  test("compares heat by heat, so that a slow heat counts for both", () => {
    const lines = pageTable([bare, empty, result("guarded", [40, 90, 200], [4, 5, 8])]).split("\n");
    expect(lines[3]?.split(/ {2,}/)).toEqual([
      "guarded",
      "40",
      "12.3",
      "4.00",
      "4000",
      "0.45 (0.40–0.50)",
      "0.90 (0.50–1.00)",
      "1.25 (1.00–2.00)",
    ]);
  });

  test("needs the two that the others are compared with", () => {
    expect(() => pageTable([bare])).toThrow("nothing to compare with");
  });
});

describe("the table of deployments", () => {
  const lines = deploymentTable({ cookies: figures, Redis: null }).split("\n");

  test("has a column for each", () => {
    expect(lines[0]?.split(/ {2,}/)).toEqual(["sessions in", "cookies", "Redis"]);
    expect(lines[1]?.split(/ {2,}/).slice(1)).toEqual(["413 µs", "not measured"]);
  });

  test("tells pages that were refused from those that were got", () => {
    expect(lines.find((line) => line.includes("pages that they get"))).toMatch(/ 49 /);
  });
});

test("columns are as wide as their widest cell, figures to the right", () => {
  expect(
    table([
      ["a", "1"],
      ["long", "100"],
    ]),
  ).toBe("a       1\nlong  100");
});
