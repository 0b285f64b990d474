import { beforeEach, describe, expect, test, vi } from "vitest";
import { freshProcess, startScriptedProvider } from "@/dev/testing/fresh-process.ts";
import { keepSessionsIn, MemoryStore, STORE_URL, unavailable } from "@/dev/testing/memory-store.ts"; // part: store

const op = await startScriptedProvider();
let findMissing: typeof import("./readiness.ts").findMissing;
let logged: string[];

async function start(settings: Record<string, string> = {}): Promise<void> {
  freshProcess({ OIDC_ISSUER: op.issuer, ...settings });
  ({ findMissing } = await import("./readiness.ts"));
  const { log } = await import("./log.ts");
  logged = [];
  for (const level of ["info", "warn"] as const) {
    vi.spyOn(log, level).mockImplementation(
      (_: unknown, message?: string) => void logged.push(String(message)),
    );
  }
}

beforeEach(() => start());

describe("findMissing, for readiness probes", () => {
  test("the app is ready once the provider's metadata is known, and a probe does not wait for that", async () => {
    expect(await findMissing()).toEqual(["provider"]);
    await vi.waitFor(async () => expect(await findMissing()).toEqual([]));
    expect(logged).toEqual(["not ready", "ready"]);
  });

  test("a hundred probes do not each send a request to an unavailable provider", async () => {
    op.answers = { "/.well-known/openid-configuration": () => ({ status: 503 }) };
    await Promise.all(Array.from({ length: 50 }, findMissing));
    await vi.waitFor(() => expect(op.asked).not.toEqual([]));
    for (let probe = 0; probe < 50; probe += 1) expect(await findMissing()).toEqual(["provider"]);
    expect(op.asked.length).toBeLessThanOrEqual(2); // the app repeats a request once after a 503
    expect(logged).toEqual(["not ready"]);
  });

  // part: store
  describe("findMissing with a session store", () => {
    let store: MemoryStore;
    beforeEach(async () => {
      vi.useFakeTimers({ toFake: ["performance"] });
      await start({ SESSION_STORE_URL: STORE_URL });
      store = new MemoryStore();
      keepSessionsIn(store);
      await (await import("./auth/provider/index.ts")).getProviderMetadata();
      return () => void vi.useRealTimers();
    });

    test("the app is not ready while the store is unavailable, and is ready again afterwards", async () => {
      expect(await findMissing()).toEqual([]);
      store.before = unavailable;
      vi.advanceTimersByTime(5_000);
      expect(await findMissing()).toEqual(["store"]);
      store.before = () => undefined;
      vi.advanceTimersByTime(5_000);
      expect(await findMissing()).toEqual([]);
      expect(logged).toEqual(["not ready", "ready"]);
    });

    test("probes write to the store once in five seconds, however many probes there are", async () => {
      await Promise.all(Array.from({ length: 50 }, findMissing));
      for (let probe = 0; probe < 50; probe += 1) await findMissing();
      expect(store.operations).toHaveLength(1);
      vi.advanceTimersByTime(5_000);
      await findMissing();
      expect(store.operations).toHaveLength(2);
    });
  });
  // end part: store
});

// part: store
test("a store that does not answer delays a probe by about two seconds at most", async () => {
  await start({ SESSION_STORE_URL: STORE_URL });
  const store = new MemoryStore();
  keepSessionsIn(store);
  store.before = () => new Promise(() => undefined);
  const begun = performance.now();
  expect(await findMissing()).toContain("store");
  expect(performance.now() - begun).toBeLessThan(4_000);
});
// end part: store
