import { beforeEach, describe, expect, test, vi } from "vitest";
import { freshProcess, thrownBy } from "@/dev/testing/fresh-process.ts";
import { keepSessionsIn, MemoryStore, STORE_URL, unavailable } from "@/dev/testing/memory-store.ts";
import { SITE } from "../../site.ts";

const NOW = 1_700_000_000;
const LOCK = `${SITE.id}:lock:thing`;

let store: MemoryStore;
let withLock: typeof import("./lock.ts").withLock;

beforeEach(async () => {
  // The pauses between two attempts are real, and short.
  vi.useFakeTimers({ now: NOW * 1000, toFake: ["Date", "performance", "setInterval", "clearInterval"] });
  freshProcess({ SESSION_STORE_URL: STORE_URL });
  store = new MemoryStore();
  keepSessionsIn(store);
  ({ withLock } = await import("./lock.ts"));
  return () => vi.useRealTimers();
});

const attempts = () => store.operations.filter(({ name }) => name === "add").length;

/** Work that ends when the test says so. */
function openWork() {
  const gate = Promise.withResolvers<string>();
  const work = vi.fn(() => gate.promise);
  return { gate, work };
}

describe("a turn", () => {
  test("is had by one at a time, and by everybody in the end", async () => {
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

  test("about one thing keeps nobody from another", async () => {
    const { work, gate } = openWork();
    const first = withLock("thing", work);
    expect(await withLock("another", async () => 2)).toBe(2);
    gate.resolve("1");
    expect(await first).toBe("1");
  });

  test("is given back also by work that fails, whose error goes on to the caller", async () => {
    const failing = withLock("thing", () => Promise.reject(new Error("oops")));
    expect(await thrownBy(failing)).toMatchObject({ message: "oops" });
    expect(store.entries.size).toBe(0);
  });

  test("is held for as long as the work takes", async () => {
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

  test("is never free during long work, even where the store takes 2 s for everything", async () => {
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

  test("of a process that has died is over within ten seconds", async () => {
    await store.add(LOCK, "of a process that died just now", NOW + 10);
    const next = withLock("thing", async () => "mine");
    await vi.waitUntil(() => attempts() > 3);
    vi.setSystemTime((NOW + 10) * 1000);
    expect(await next).toBe("mine");
  });

  test("that was lost in a long pause is not taken back from its new owner", async () => {
    const { work, gate } = openWork();
    const first = withLock("thing", work);
    await vi.waitUntil(() => work.mock.calls.length);
    store.before = unavailable; // no extension arrives, as when the whole process stands still
    await vi.advanceTimersByTimeAsync(11_000);
    store.before = () => undefined;
    await store.add(LOCK, "another's", NOW + 100);
    gate.resolve("1");
    await first;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(store.entries.get(LOCK)).toEqual({ value: "another's", expiresAt: NOW + 100 });
  });
});

describe("an instance that is paused while it holds the turn, and somebody else has taken it", () => {
  /** Holds the turn, and is paused where the test says so: its next operation of that kind comes late. */
  async function pausedAt(operation: "release" | "extension"): Promise<{ resume: () => Promise<void> }> {
    const { work, gate } = openWork();
    const first = withLock("thing", work);
    await vi.waitUntil(() => work.mock.calls.length);
    const paused = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    store.before = async () => {
      store.before = () => undefined;
      reached.resolve();
      await paused.promise; // sent, and not yet arrived
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
    "does not touch the other's lock: its %s comes late",
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

describe("somebody who waits", () => {
  beforeEach(() => store.add(LOCK, "another's", NOW + 1_000).then(() => undefined));

  test("may find that there is nothing left to do", async () => {
    const work = vi.fn(async () => "mine");
    const found = vi.fn<() => Promise<string | undefined>>();
    found.mockResolvedValueOnce(undefined).mockResolvedValueOnce(undefined).mockResolvedValue("found");
    expect(await withLock("thing", work, found)).toBe("found");
    expect(found).toHaveBeenCalledTimes(3);
    expect(work).not.toHaveBeenCalled();
    expect(store.entries.get(LOCK)?.value).toBe("another's");
  });

  test("gives up after 15 seconds", async () => {
    const waiting = withLock("thing", async () => "mine");
    await vi.waitUntil(() => attempts() > 2);
    await vi.advanceTimersByTimeAsync(14_900);
    const before = attempts();
    await vi.waitUntil(() => attempts() > before);
    await vi.advanceTimersByTimeAsync(200);
    expect(await waiting).toBeUndefined();
  });
});

describe("a store that fails", () => {
  test("before the turn has come, is told to the caller, and no work is done", async () => {
    store.before = unavailable;
    const work = vi.fn();
    expect(await thrownBy(withLock("thing", work))).toMatchObject({ name: "SessionsUnavailableError" });
    expect(work).not.toHaveBeenCalled();
  });

  test("when the turn is given back, spoils no work that was done", async () => {
    const work = async () => {
      store.before = unavailable;
      return "done";
    };
    expect(await withLock("thing", work)).toBe("done");
  });
});
