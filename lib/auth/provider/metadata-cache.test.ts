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

describe("cached metadata and keys", () => {
  test("are fetched once and kept for their lifetime", async () => {
    fetch.mockResolvedValue("one");
    expect(await ask()).toBe("one");
    pass(99);
    expect(await ask()).toBe("one");
    expect(fetch).toHaveBeenCalledOnce();
  });

  test("are fetched again after their lifetime", async () => {
    fetch.mockResolvedValueOnce("one").mockResolvedValueOnce("two");
    await ask();
    pass(100);
    expect(await ask()).toBe("two");
    pass(99);
    expect(await ask()).toBe("two");
    expect(fetch).toHaveBeenCalledTimes(2);
  });

  test("are fetched once for parallel callers", async () => {
    fetch.mockResolvedValue("one");
    expect(await Promise.all([ask(), ask(), ask()])).toEqual(["one", "one", "one"]);
    expect(fetch).toHaveBeenCalledOnce();
  });

  test("are fetched once for both bundles", async () => {
    fetch.mockResolvedValue("one");
    vi.resetModules();
    const otherBundle = await import("./metadata.ts");
    expect(otherBundle.cached).not.toBe(lib.cached);
    await Promise.all([ask(), otherBundle.cached("thing", 100, fetch)]);
    expect(fetch).toHaveBeenCalledOnce();
  });

  test("are still used while a renewal fails, and that is logged", async () => {
    fetch.mockResolvedValueOnce("one").mockRejectedValue(new TypeError("fetch failed"));
    await ask();
    pass(150);
    expect(await ask()).toBe("one");
    expect(warn).toHaveBeenCalledWith(
      expect.anything(),
      expect.stringContaining("still using the cached copy"),
    );
  });

  test("are renewed 30 s after a failed renewal, so that nobody waits for one time-out after another", async () => {
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

  test("fail for all parallel callers if there is no copy, and are tried again", async () => {
    const error = new TypeError("fetch failed");
    fetch.mockRejectedValueOnce(error).mockResolvedValue("one");
    expect(await Promise.all([thrownBy(ask()), thrownBy(ask())])).toEqual([error, error]);
    expect(fetch).toHaveBeenCalledOnce();
    expect(await ask()).toBe("one");
  });

  test("are kept by name", async () => {
    fetch.mockResolvedValueOnce("one").mockResolvedValueOnce("two");
    await ask();
    expect(await lib.cached("another thing", 100, fetch)).toBe("two");
    expect(await ask()).toBe("one");
  });
});
