import { beforeEach, describe, expect, test, vi } from "vitest";
import { freshProcess, thrownBy } from "@/dev/testing/fresh-process.ts";

let lib: typeof import("./metadata.ts");
let warn: ReturnType<typeof vi.spyOn>;

beforeEach(async () => {
  vi.useFakeTimers({ now: 1_700_000_000_000 });
  freshProcess();
  lib = await import("./metadata.ts");
  const { log } = await import("../../log.ts");
  warn = vi.spyOn(log, "warn").mockImplementation(() => undefined);
  return () => vi.useRealTimers();
});

const fetch = vi.fn<() => Promise<string>>();
const ask = () => lib.cached("thing", 100, fetch);
const pass = (seconds: number) => vi.advanceTimersByTime(seconds * 1000);

beforeEach(() => {
  fetch.mockReset();
});

describe("the cache of metadata and keys", () => {
  test("a value is fetched once and kept for its lifetime", async () => {
    fetch.mockResolvedValue("one");
    expect(await ask()).toBe("one");
    pass(99);
    expect(await ask()).toBe("one");
    expect(fetch).toHaveBeenCalledOnce();
  });

  test("a value is fetched again after its lifetime", async () => {
    fetch.mockResolvedValueOnce("one").mockResolvedValueOnce("two");
    await ask();
    pass(100);
    expect(await ask()).toBe("two");
    pass(99);
    expect(await ask()).toBe("two");
    expect(fetch).toHaveBeenCalledTimes(2);
  });

  test("parallel callers share one fetch", async () => {
    fetch.mockResolvedValue("one");
    expect(await Promise.all([ask(), ask(), ask()])).toEqual(["one", "one", "one"]);
    expect(fetch).toHaveBeenCalledOnce();
  });

  test("both bundles of the app share one fetch", async () => {
    fetch.mockResolvedValue("one");
    vi.resetModules();
    const otherBundle = await import("./metadata.ts");
    expect(otherBundle.cached).not.toBe(lib.cached);
    await Promise.all([ask(), otherBundle.cached("thing", 100, fetch)]);
    expect(fetch).toHaveBeenCalledOnce();
  });

  test("the old value is still used if a renewal fails, and the failure is logged", async () => {
    fetch.mockResolvedValueOnce("one").mockRejectedValue(new TypeError("fetch failed"));
    await ask();
    pass(150);
    expect(await ask()).toBe("one");
    expect(warn).toHaveBeenCalledWith(
      expect.anything(),
      expect.stringContaining("still using the cached copy"),
    );
  });

  test("a failed renewal is tried again after 30 seconds, so that not every caller waits for a time-out", async () => {
    fetch
      .mockResolvedValueOnce("one")
      .mockRejectedValueOnce(new TypeError("fetch failed"))
      .mockResolvedValue("two");
    await ask();
    pass(100);
    await ask();
    pass(29);
    expect(await ask()).toBe("one");
    expect(fetch).toHaveBeenCalledTimes(2);
    pass(1);
    expect(await ask()).toBe("two");
  });

  test("without an old value, a failed fetch fails for all parallel callers, and the next caller tries again", async () => {
    const error = new TypeError("fetch failed");
    fetch.mockRejectedValueOnce(error).mockResolvedValue("one");
    expect(await Promise.all([thrownBy(ask()), thrownBy(ask())])).toEqual([error, error]);
    expect(fetch).toHaveBeenCalledOnce();
    expect(await ask()).toBe("one");
  });

  test("each name has its own value", async () => {
    fetch.mockResolvedValueOnce("one").mockResolvedValueOnce("two");
    await ask();
    expect(await lib.cached("another thing", 100, fetch)).toBe("two");
    expect(await ask()).toBe("one");
  });
});
