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

describe("lazyStore, which opens the store at the first operation", () => {
  test("several operations that start at the same time open the store once", async () => {
    const open = vi.fn(async () => backend());
    const store = lazyStore(ADDRESS, open, TIME_LIMITS);
    expect(open).not.toHaveBeenCalled();
    await Promise.all([store.get(["a"]), store.set("a", "value", 1), store.add("a", "value", 1)]);
    expect(open).toHaveBeenCalledOnce();
  });

  test("the next operation opens the store again if opening failed", async () => {
    const open = vi.fn(async () => backend()).mockRejectedValueOnce(new Error("no such file"));
    const store = lazyStore(ADDRESS, open, TIME_LIMITS);
    expect(String(await thrownBy(store.get(["a"])))).toBe("StoreError: redis at cache:6379: no such file");
    expect(await store.get(["a"])).toEqual(["value"]);
  });

  test("an operation without keys, or closing the store, does not open it", async () => {
    const open = vi.fn(async () => backend());
    const store = lazyStore(ADDRESS, open, TIME_LIMITS);
    expect(await store.get([])).toEqual([]);
    await store.delete([]);
    await store.close();
    expect(open).not.toHaveBeenCalled();
  });
});

describe("the time limit of a store operation", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("an operation fails after ten seconds, and the back end's onTimeout is called", async () => {
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

  test("an operation fails after ten seconds if the store cannot be opened in that time", async () => {
    const store = lazyStore(ADDRESS, () => new Promise(() => {}), TIME_LIMITS);
    const thrown = thrownBy(store.get(["a"]));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(String(await thrown)).toContain("no answer within 10 s");
  });

  test("an operation leaves no timer behind, whether it succeeds or fails", async () => {
    const store = lazyStore(ADDRESS, async () => backend(), TIME_LIMITS);
    await store.get(["a"]);
    await thrownBy(failingWith(new Error("no")).get(["a"]));
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("the error message of a store operation", () => {
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
  ])("the message for %s contains no user name, password or line break", async (thrown, said) => {
    const error = await thrownBy(failingWith(thrown).get(["a"]));
    expect(error).toMatchObject({ name: "StoreError", message: `redis at cache:6379: ${said}` });
    expect(error).not.toHaveProperty("cause");
  });
});
