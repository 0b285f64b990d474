import { expect, test } from "vitest";
import { best, type Score, summarise } from "./rounds.ts";

const score = (name: string, rate: number, latencies: number[]): Score => ({
  name,
  rate,
  cpu: 1_000 / rate,
  bytes: 4_000,
  latencies,
});

test("heats are put together by name: medians of the heats, and all answers for p99", () => {
  const [bare, guarded] = summarise([
    [score("bare", 100, [1]), score("guarded", 90, [3])],
    [score("bare", 300, [1]), score("guarded", 250, [3])],
    [score("bare", 200, [1]), score("guarded", 200, [9])],
  ]);
  expect(bare).toMatchObject({ name: "bare", rate: 200, rates: [100, 300, 200], cpu: 5, p99: 1 });
  expect(guarded).toMatchObject({
    name: "guarded",
    rate: 200,
    rates: [90, 250, 200],
    cpus: [1_000 / 90, 4, 5],
  });
  expect(guarded?.p99).toBeGreaterThan(8);
});

test("what a busy machine did to a few rounds does not count", () => {
  expect(best([150, 151, 90, 152, 60, 149], "most")).toBeGreaterThan(149);
  expect(best([7, 7.1, 12, 7.2, 20, 6.9], "least")).toBeLessThan(7.1);
});
