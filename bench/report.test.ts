import { describe, expect, test } from "vitest";
import type { Figures } from "./measures.ts";
import { deploymentTable, pageTable, startTable, table } from "./report.ts";
import type { Result } from "./rounds.ts";

const result = (name: string, shares: number[]): Result => ({
  name,
  rate: 100,
  p99: 12.34,
  cpu: 4,
  bytes: 4_000,
  shares,
  cpuShares: shares.map((share) => 1 / share),
});

const figures: Figures = {
  opening: { first: 412.6, again: 9.4 },
  cookieBytes: 2_405,
  login: 8.25,
  refreshes: { sent: 50, good: 49, refreshes: 1 },
};

test("the table of pages shows the ratio of each page to the empty page and to the plain page", () => {
  const [empty, plain] = [result("empty", [1]), result("plain", [1.25, 1.2, 1.3])];
  const lines = pageTable(empty, plain, [result("guarded", [0.5, 1, 0.8])]).split("\n");
  expect(lines.map((line) => line.split(/ {2,}/)[0])).toEqual(["", "plain", "empty", "guarded"]);
  expect(lines[2]?.split(/ {2,}/).slice(5)).toEqual(["0.80", "1.00 (1.00–1.00)", "1.00 (1.00–1.00)"]);
  expect(lines[3]?.split(/ {2,}/)).toEqual([
    "guarded",
    "100",
    "12.3",
    "4.00",
    "4000",
    "0.64",
    "0.80 (0.50–1.00)",
    "1.25 (1.00–2.00)",
  ]);
});

describe("the table of deployments", () => {
  const lines = deploymentTable({ cookies: figures, Redis: null }).split("\n");

  test("the table of deployments has a column for each deployment", () => {
    expect(lines[0]?.split(/ {2,}/)).toEqual(["sessions in", "cookies", "Redis"]);
    expect(lines[1]?.split(/ {2,}/).slice(1)).toEqual(["413 µs", "not measured"]);
  });

  test("the table of deployments counts only requests that were answered with the page", () => {
    expect(lines.find((line) => line.includes("answered with the page"))).toMatch(/ 49 /);
  });
});

test("the table of starts shows the median ratio of alternating starts", () => {
  const app = [300, 500, 900].map((time) => ({ time, cpu: 60 }));
  const plain = [100, 250, 600].map((time) => ({ time, cpu: 40 }));
  const lines = startTable({ app, plain }).split("\n");
  expect(lines[1]?.split(/ {2,}/)).toEqual(["plain", "250 ms", "40 ms", "1.00", "1.00"]);
  expect(lines[2]?.split(/ {2,}/)).toEqual(["app", "500 ms", "60 ms", "2.00", "1.50"]);
});

test("each column is as wide as its widest cell, and numbers are aligned to the right", () => {
  expect(
    table([
      ["a", "1"],
      ["long", "100"],
    ]),
  ).toBe("a       1\nlong  100");
});
