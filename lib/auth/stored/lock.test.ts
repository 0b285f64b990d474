import { beforeEach, describe, expect, test, vi } from "vitest";
import { freshProcess, thrownBy } from "@/dev/testing/fresh-process.ts";
import { keepSessionsIn, MemoryStore, STORE_URL, unavailable } from "@/dev/testing/memory-store.ts";
import { SITE } from "../../site.ts";

const NOW = 1_700_000_000;
const LOCK = `${SITE.id}:lock:thing`;

let store: MemoryStore;
let withLock: typeof import("./lock.ts").withLock;

beforeEach(async () => {
  // `setTimeout` is not faked: `withLock` really pauses for a short time between two attempts to get the lock.
  vi.useFakeTimers({ now: NOW * 1000, toFake: ["Date", "performance", "setInterval", "clearInterval"] });
  freshProcess({ SESSION_STORE_URL: STORE_URL });
  store = new MemoryStore();
  keepSessionsIn(store);
  ({ withLock } = await import("./lock.ts"));
  return () => vi.useRealTimers();
});

const attempts = () => store.operations.filter(({ name }) => name === "add").length;

/** Makes work that ends when the test resolves `gate`. */
function openWork() {
  const gate = Promise.withResolvers<string>();
  const work = vi.fn(() => gate.promise);
  return { gate, work };
}

describe("withLock", () => {
  test("withLock runs one caller at a time, and every caller in the end", async () => {
    let inside = 0;
    const most: number[] = [];
    const work = async () => {
      most.push(++inside);
      await new Promise(setImmediate);
      inside -= 1;
      return "done";
    };
    const results = await Promise.all(Array.from({ length: 8 }, () => withLock("thing", work)));
    expect(results).toEqual(Array(8).fill("done"));
    expect(Math.max(...most)).toBe(1);
    expect(store.entries.size).toBe(0);
  });

  test("withLock does not block a caller with another name", async () => {
    const { work, gate } = openWork();
    const first = withLock("thing", work);
    expect(await withLock("another", async () => 2)).toBe(2);
    gate.resolve("1");
    expect(await first).toBe("1");
  });

  test("withLock releases the lock if the work fails, and throws the error of the work", async () => {
    const failing = withLock("thing", () => Promise.reject(new Error("oops")));
    expect(await thrownBy(failing)).toMatchObject({ message: "oops" });
    expect(store.entries.size).toBe(0);
  });

  test("withLock holds the lock for as long as the work takes", async () => {
    const { work, gate } = openWork();
    const first = withLock("thing", work);
    await vi.waitUntil(() => work.mock.calls.length);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(store.keys("lock")).toEqual([LOCK]);
    gate.resolve("1");
    await first;
    expect(store.keys("lock")).toEqual([]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(store.keys("lock")).toEqual([]);
  });

  test("withLock holds the lock during long work even if each operation of the store takes two seconds", async () => {
    const toFake = ["Date", "performance", "setInterval", "clearInterval", "setTimeout"] as const;
    vi.useFakeTimers({ now: NOW * 1000, toFake: [...toFake] });
    store.before = () => new Promise((resolve) => setTimeout(resolve, 2_000));
    const { work, gate } = openWork();
    const first = withLock("thing", work);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(work).toHaveBeenCalledOnce();
    for (let second = 0; second < 60; second++) {
      await vi.advanceTimersByTimeAsync(1_000);
      expect(store.keys("lock"), `after ${second} s`).toEqual([LOCK]);
    }
    gate.resolve("1");
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await first).toBe("1");
    expect(store.keys("lock")).toEqual([]);
  });

  test("the lock of a process that has died expires within ten seconds", async () => {
    await store.add(LOCK, "of a process that died just now", NOW + 10);
    const next = withLock("thing", async () => "mine");
    await vi.waitUntil(() => attempts() > 3);
    vi.setSystemTime((NOW + 10) * 1000);
    expect(await next).toBe("mine");
  });

  test("a process that lost its lock in a long pause does not change the lock of the new owner", async () => {
    const { work, gate } = openWork();
    const first = withLock("thing", work);
    await vi.waitUntil(() => work.mock.calls.length);
    store.before = unavailable; // the lock is not extended, as if the process were paused
    await vi.advanceTimersByTimeAsync(11_000);
    store.before = () => undefined;
    await store.add(LOCK, "another's", NOW + 100);
    gate.resolve("1");
    await first;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(store.entries.get(LOCK)).toEqual({ value: "another's", expiresAt: NOW + 100 });
  });
});

describe("an instance that is paused until another instance has taken its lock", () => {
  /** Takes the lock. Its next release or extension reaches the store only after the test has called `resume`. */
  async function pausedAt(operation: "release" | "extension"): Promise<{ resume: () => Promise<void> }> {
    const { work, gate } = openWork();
    const first = withLock("thing", work);
    await vi.waitUntil(() => work.mock.calls.length);
    const paused = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    store.before = async () => {
      store.before = () => undefined;
      reached.resolve();
      await paused.promise; // the operation was sent, but has not arrived yet
    };
    if (operation === "release") gate.resolve("done");
    else await vi.advanceTimersByTimeAsync(2_000);
    await reached.promise;
    vi.setSystemTime((NOW + 100) * 1000);
    return {
      async resume() {
        paused.resolve();
        gate.resolve("done");
        expect(await first).toBe("done");
      },
    };
  }

  test.each(["release", "extension"] as const)(
    "a late %s does not change the lock of the other instance",
    async (late) => {
      const { resume } = await pausedAt(late);
      const other = openWork();
      const second = withLock("thing", other.work);
      await vi.waitUntil(() => other.work.mock.calls.length);
      const lock = store.entries.get(LOCK);
      await resume();
      expect(store.entries.get(LOCK)).toEqual(lock);
      other.gate.resolve("the other's");
      expect(await second).toBe("the other's");
      expect(store.keys("lock")).toEqual([]);
    },
  );
});

describe("a caller that waits for the lock", () => {
  beforeEach(() => store.add(LOCK, "another's", NOW + 1_000).then(() => undefined));

  test("a waiting caller returns without the lock as soon as it finds the result of the other caller", async () => {
    const work = vi.fn(async () => "mine");
    const found = vi.fn<() => Promise<string | undefined>>();
    found.mockResolvedValueOnce(undefined).mockResolvedValueOnce(undefined).mockResolvedValue("found");
    expect(await withLock("thing", work, found)).toBe("found");
    expect(found).toHaveBeenCalledTimes(3);
    expect(work).not.toHaveBeenCalled();
    expect(store.entries.get(LOCK)?.value).toBe("another's");
  });

  test("a waiting caller gives up after 15 seconds", async () => {
    const waiting = withLock("thing", async () => "mine");
    await vi.waitUntil(() => attempts() > 2);
    await vi.advanceTimersByTimeAsync(14_900);
    const before = attempts();
    await vi.waitUntil(() => attempts() > before);
    await vi.advanceTimersByTimeAsync(200);
    expect(await waiting).toBeUndefined();
  });
});

describe("withLock while the store fails", () => {
  test("if the store fails before the lock is taken, withLock throws and does not run the work", async () => {
    store.before = unavailable;
    const work = vi.fn();
    expect(await thrownBy(withLock("thing", work))).toMatchObject({ name: "SessionsUnavailableError" });
    expect(work).not.toHaveBeenCalled();
  });

  test("if the store fails when the lock is released, withLock still returns the result", async () => {
    const work = async () => {
      store.before = unavailable;
      return "done";
    };
    expect(await withLock("thing", work)).toBe("done");
  });
});
