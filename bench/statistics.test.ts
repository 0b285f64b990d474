import { describe, expect, test } from "vitest";
import { quantile, spread } from "./statistics.ts";

describe("a quantile", () => {
  test("the median of an odd number of values is one of the values", () => {
    expect(quantile([30, 10, 20], 0.5)).toBe(20);
  });

  test("a quantile between two values is interpolated linearly", () => {
    expect(quantile([10, 20], 0.5)).toBe(15);
    expect(quantile([0, 10, 20, 30, 40], 0.9)).toBeCloseTo(36);
  });

  test("quantile() sorts numerically and does not change its argument", () => {
    const numbers = [9, 100, 20];
    expect(quantile(numbers, 1)).toBe(100);
    expect(numbers).toEqual([9, 100, 20]);
  });

  test("a quantile of an empty list is NaN", () => {
    expect(quantile([], 0.5)).toBeNaN();
  });
});

test("a spread consists of the median, the minimum and the maximum", () => {
  expect(spread([5, 1, 3, 2, 4])).toEqual({ median: 3, min: 1, max: 5 });
});
