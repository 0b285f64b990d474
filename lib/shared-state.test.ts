import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { freshProcess } from "@/dev/testing/fresh-process.ts";
import { BoundedMap, ExpiringSet } from "./shared-state.ts";

const load = () => import("./shared-state.ts");

describe("sharedState", () => {
  beforeEach(() => freshProcess());

  test("sharedState creates a value once, and returns it for the same name", async () => {
    const { sharedState } = await load();
    const create = vi.fn(() => new Map());
    expect(sharedState("a", create)).toBe(sharedState("a", create));
    expect(create).toHaveBeenCalledOnce();
  });

  test("sharedState returns different values for different names", async () => {
    const { sharedState } = await load();
    expect(sharedState("a", () => ({}))).not.toBe(sharedState("b", () => ({})));
  });

  test("sharedState returns the same value in a second copy of the module, as in another bundle", async () => {
    const first = await load();
    const value = first.sharedState("a", () => ({}));
    vi.resetModules();
    const second = await load();
    expect(second.sharedState).not.toBe(first.sharedState);
    expect(second.sharedState("a", () => ({}))).toBe(value);
  });

  test("sharedState also creates the value undefined only once", async () => {
    const { sharedState } = await load();
    const create = vi.fn(() => undefined);
    sharedState("a", create);
    sharedState("a", create);
    expect(create).toHaveBeenCalledOnce();
  });
});

describe("BoundedMap", () => {
  test("a BoundedMap drops its oldest entry beyond its limit", () => {
    const map = new BoundedMap<string, number>(2);
    for (const [index, key] of ["a", "b", "c"].entries()) map.set(key, index);
    expect([map.get("a"), map.get("b"), map.get("c"), map.size]).toEqual([undefined, 1, 2, 2]);
  });

  test("an entry that is set again becomes the newest entry", () => {
    const map = new BoundedMap<string, number>(2);
    map.set("a", 1);
    map.set("b", 2);
    map.set("a", 3);
    map.set("c", 4);
    expect([map.get("a"), map.get("b"), map.get("c")]).toEqual([3, undefined, 4]);
  });

  test("a deleted entry makes room for a new one", () => {
    const map = new BoundedMap<string, number>(1);
    map.set("a", 1);
    map.delete("a");
    map.set("b", 2);
    expect([map.get("a"), map.get("b"), map.size]).toEqual([undefined, 2, 1]);
  });

  test("a BoundedMap never grows beyond its limit", () => {
    const map = new BoundedMap<number, number>(10);
    for (let key = 0; key < 1_000; key += 1) map.set(key, key);
    expect(map.size).toBe(10);
  });
});

describe("ExpiringSet", () => {
  const NOW = 1_700_000_000;
  const HOUR = 3_600;

  beforeEach(() => void vi.useFakeTimers({ now: NOW * 1000, toFake: ["Date"] }));
  afterEach(() => void vi.useRealTimers());

  /** Adds `count` keys, which begin with `letter` and expire at the same time. */
  function add(set: ExpiringSet, count: number, letter: string, expiresAt: number): void {
    for (let index = 0; index < count; index += 1) set.add(`${letter}${index}`, expiresAt);
  }

  const kept = (set: ExpiringSet, count: number, letter: string) =>
    Array.from({ length: count }, (_, index) => set.has(`${letter}${index}`)).filter(Boolean).length;

  test("an ExpiringSet keeps each key until it expires, however many keys are added", () => {
    const set = new ExpiringSet(100_000);
    add(set, 10_000, "a", NOW + HOUR);
    add(set, 50_000, "b", NOW + 2 * HOUR);
    expect([kept(set, 10_000, "a"), kept(set, 50_000, "b")]).toEqual([10_000, 50_000]);
  });

  test("a full ExpiringSet drops expired keys first", () => {
    const set = new ExpiringSet(10_000);
    add(set, 2_000, "lasting", NOW + 2 * HOUR);
    add(set, 8_000, "brief", NOW + HOUR);
    vi.setSystemTime((NOW + HOUR) * 1000);
    add(set, 2_000, "new", NOW + 2 * HOUR);
    expect(set.size).toBeLessThan(10_000);
    expect([kept(set, 2_000, "lasting"), kept(set, 2_000, "new")]).toEqual([2_000, 2_000]);
  });

  test("an ExpiringSet beyond its limit drops the keys that expire first", () => {
    const set = new ExpiringSet(2_000);
    add(set, 500, "lasting", NOW + 2 * HOUR);
    add(set, 5_000, "brief", NOW + HOUR);
    expect(set.size).toBeLessThanOrEqual(2_000);
    expect(kept(set, 500, "lasting")).toBe(500);
  });
});
