import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { thrownBy } from "@/dev/testing/fresh-process.ts";
import { lazyStore } from "./lazy-store.ts";
import { type Backend, TIME_LIMITS } from "./store.ts";

const ADDRESS = { place: "redis at cache:6379", secrets: ["alice", "p%40ss", "p@ss"] };

function backend(changes: Partial<Backend> = {}): Backend {
  return {
    get: async (keys) => keys.map(() => "value"),
    set: async () => {},
    add: async () => true,
    replace: async () => true,
    delete: async () => {},
    close: async () => {},
    ...changes,
  };
}

const failingWith = (error: unknown) =>
  lazyStore(ADDRESS, async () => backend({ get: () => Promise.reject(error) }), TIME_LIMITS);

describe("the first operation opens the store", () => {
  test("once, even if several start at the same time", async () => {
    const open = vi.fn(async () => backend());
    const store = lazyStore(ADDRESS, open, TIME_LIMITS);
    expect(open).not.toHaveBeenCalled();
    await Promise.all([store.get(["a"]), store.set("a", "value", 1), store.add("a", "value", 1)]);
    expect(open).toHaveBeenCalledOnce();
  });

  test("and the next one tries again if that failed", async () => {
    const open = vi.fn(async () => backend()).mockRejectedValueOnce(new Error("no such file"));
    const store = lazyStore(ADDRESS, open, TIME_LIMITS);
    expect(String(await thrownBy(store.get(["a"])))).toBe("StoreError: redis at cache:6379: no such file");
    expect(await store.get(["a"])).toEqual(["value"]);
  });

  test("but an operation on no keys does not, nor does closing it", async () => {
    const open = vi.fn(async () => backend());
    const store = lazyStore(ADDRESS, open, TIME_LIMITS);
    expect(await store.get([])).toEqual([]);
    await store.delete([]);
    await store.close();
    expect(open).not.toHaveBeenCalled();
  });
});

describe("an operation fails", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("after ten seconds, including the time to open the store, and the back end is notified", async () => {
    const onTimeout = vi.fn();
    const store = lazyStore(
      ADDRESS,
      async () => backend({ get: () => new Promise(() => {}), onTimeout }),
      TIME_LIMITS,
    );
    const thrown = thrownBy(store.get(["a"]));
    await vi.advanceTimersByTimeAsync(9_999);
    expect(onTimeout).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(String(await thrown)).toBe("StoreError: redis at cache:6379: no answer within 10 s");
    expect(onTimeout).toHaveBeenCalledOnce();
  });

  test("after ten seconds if opening the store hangs", async () => {
    const store = lazyStore(ADDRESS, () => new Promise(() => {}), TIME_LIMITS);
    const thrown = thrownBy(store.get(["a"]));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(String(await thrown)).toContain("no answer within 10 s");
  });

  test("or succeeds, without leaving a timer", async () => {
    const store = lazyStore(ADDRESS, async () => backend(), TIME_LIMITS);
    await store.get(["a"]);
    await thrownBy(failingWith(new Error("no")).get(["a"]));
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("the message of a failure is safe to log", () => {
  test.each([
    [Object.assign(new Error("connect refused"), { code: "ECONNREFUSED" }), "ECONNREFUSED connect refused"],
    [
      Object.assign(new Error("connect ECONNREFUSED ::1"), { code: "ECONNREFUSED" }),
      "connect ECONNREFUSED ::1",
    ],
    [new AggregateError([new Error("a"), new Error("b")]), "failed"],
    [Object.assign(new Error("no user alice"), { code: "28P01" }), "28P01"],
    [Object.assign(new Error("p@ss is wrong"), { code: 18 }), "18"],
    [new Error("redis://alice:p%40ss@cache is down"), "failed"],
    [new Error("two\nlines"), "two lines"],
    ["a text", "failed"],
    [null, "failed"],
  ])("%s", async (thrown, said) => {
    const error = await thrownBy(failingWith(thrown).get(["a"]));
    expect(error).toMatchObject({ name: "StoreError", message: `redis at cache:6379: ${said}` });
    expect(error).not.toHaveProperty("cause");
  });
});
