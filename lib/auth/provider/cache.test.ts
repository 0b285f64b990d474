import { beforeEach, describe, expect, test, vi } from "vitest";
import { freshProcess, thrownBy } from "@/dev/testing/fresh-process.ts";

let lib: typeof import("./cache.ts");
let warn: ReturnType<typeof vi.spyOn>;

beforeEach(async () => {
  vi.useFakeTimers({ now: 1_700_000_000_000 });
  freshProcess();
  lib = await import("./cache.ts");
  const { log } = await import("../../log.ts");
  warn = vi.spyOn(log, "warn").mockImplementation(() => undefined);
  return () => vi.useRealTimers();
});

const fetch = vi.fn<() => Promise<string>>();
const ask = () => lib.published({ name: "thing", lifetime: 100, fetch });
const pass = (seconds: number) => vi.advanceTimersByTime(seconds * 1000);

beforeEach(() => {
  fetch.mockReset();
});

describe("what the provider publishes", () => {
  test("is fetched once and kept for its lifetime", async () => {
    fetch.mockResolvedValue("one");
    expect(await ask()).toBe("one");
    pass(99);
    expect(await ask()).toBe("one");
    expect(fetch).toHaveBeenCalledOnce();
  });

  test("is fetched anew past its lifetime", async () => {
    fetch.mockResolvedValueOnce("one").mockResolvedValueOnce("two");
    await ask();
    pass(100);
    expect(await ask()).toBe("two");
    pass(99);
    expect(await ask()).toBe("two");
    expect(fetch).toHaveBeenCalledTimes(2);
  });

  test("is asked for once by all who ask meanwhile", async () => {
    fetch.mockResolvedValue("one");
    expect(await Promise.all([ask(), ask(), ask()])).toEqual(["one", "one", "one"]);
    expect(fetch).toHaveBeenCalledOnce();
  });

  test("is asked for once by both bundles", async () => {
    fetch.mockResolvedValue("one");
    vi.resetModules();
    const otherBundle = await import("./cache.ts");
    expect(otherBundle.published).not.toBe(lib.published);
    await Promise.all([ask(), otherBundle.published({ name: "thing", lifetime: 100, fetch })]);
    expect(fetch).toHaveBeenCalledOnce();
  });

  test("serves on while a renewal fails, and the log learns of it", async () => {
    fetch.mockResolvedValueOnce("one").mockRejectedValue(new TypeError("fetch failed"));
    await ask();
    pass(150);
    expect(await ask()).toBe("one");
    expect(warn).toHaveBeenCalledWith(expect.anything(), expect.stringContaining("goes on serving"));
  });

  test("is tried again 30 s after a vain renewal, so that nobody waits for one time-out after another", async () => {
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

  test("fails for all who asked where there is no copy, and is tried again", async () => {
    const error = new TypeError("fetch failed");
    fetch.mockRejectedValueOnce(error).mockResolvedValue("one");
    expect(await Promise.all([thrownBy(ask()), thrownBy(ask())])).toEqual([error, error]);
    expect(fetch).toHaveBeenCalledOnce();
    expect(await ask()).toBe("one");
  });
});

describe("the copy in memory", () => {
  test("can be looked at without asking anybody, fresh or not", async () => {
    expect(lib.peek("thing")).toBeUndefined();
    fetch.mockResolvedValue("one");
    await ask();
    pass(1_000);
    expect(lib.peek("thing")).toBe("one");
    expect(fetch).toHaveBeenCalledOnce();
  });

  test("can be put there by hand, and is fresh then", async () => {
    expect(lib.remember("thing", "by hand")).toBe("by hand");
    pass(99);
    expect(await ask()).toBe("by hand");
    expect(fetch).not.toHaveBeenCalled();
  });

  test("is one for each name", () => {
    lib.remember("thing", "a");
    expect(lib.peek("other")).toBeUndefined();
  });
});
