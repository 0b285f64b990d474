import { beforeEach, describe, expect, test, vi } from "vitest";
import { FakeCookieJar } from "@/dev/testing/cookie-jar.ts";
import { freshProcess, thrownBy } from "@/dev/testing/fresh-process.ts";
import { endElsewhere, openSession, startSession } from "@/dev/testing/kept-sessions.ts";
import { keepSessionsIn, MemoryStore, STORE_URL, unavailable } from "@/dev/testing/memory-store.ts";
import { tokenSet } from "@/dev/testing/tokens.ts";
import type { RefreshOutcome } from "../provider/index.ts";
import type { Session } from "../session.ts";

const tryToRevoke = vi.hoisted(() => vi.fn<(refreshToken: string | null) => Promise<void>>());
/** The provider's answer to a refresh. It is immediate unless a test delays it. */
const provider = vi.hoisted(() => vi.fn<() => Promise<RefreshOutcome>>());
vi.mock("../provider/index.ts", async (original) => ({
  ...(await original<object>()),
  requestRefresh: provider,
  tryToRevoke,
}));

const NOW = 1_700_000_000;
const NEW_TOKENS = { accessToken: "access-token-1", refreshToken: "refresh-token-1" };

let store: MemoryStore;
let jar: FakeCookieJar;
let session: Session;
let lib: typeof import("../session-storage.ts") & typeof import("./records.ts");

beforeEach(async () => {
  vi.useFakeTimers({ now: NOW * 1000, toFake: ["Date"] });
  freshProcess({ SESSION_STORE_URL: STORE_URL });
  store = new MemoryStore();
  keepSessionsIn(store);
  lib = { ...(await import("../session-storage.ts")), ...(await import("./records.ts")) };
  const { createSession } = await import("../session.ts");
  (await import("../../log.ts")).log.level = "silent";
  jar = new FakeCookieJar();
  await startSession(jar, createSession(tokenSet(), null));
  session = (await openSession(jar)) ?? expect.fail();
  tryToRevoke.mockReset();
  provider.mockReset().mockResolvedValue({ kind: "refreshed", tokens: tokenSet(NEW_TOKENS) });
  return () => vi.useRealTimers();
});

/** Refreshes the session, like one of several servers that share only the store. */
const refresh = () => lib.sessions().refresh(session, "the-request");
const lockKey = () => lib.keyOf("lock", lib.digest(session.id));

describe("several servers that refresh the same session", () => {
  test("several servers that refresh at once send one request to the provider, and all get the new tokens", async () => {
    const gate = Promise.withResolvers<void>();
    provider.mockImplementation(async () => {
      await gate.promise;
      return { kind: "refreshed", tokens: tokenSet(NEW_TOKENS) };
    });
    const outcomes = Array.from({ length: 20 }, refresh);
    await vi.waitUntil(() => store.operations.filter(({ name }) => name === "add").length > 40);
    gate.resolve();
    for (const outcome of await Promise.all(outcomes)) {
      expect(outcome).toMatchObject({ kind: "refreshed", tokens: NEW_TOKENS });
    }
    expect(provider).toHaveBeenCalledTimes(1);
    expect(await openSession(jar)).toMatchObject(NEW_TOKENS);
    expect(store.keys("lock")).toEqual([]);
  });

  test("a server uses the tokens that another server has already refreshed", async () => {
    await refresh();
    expect(await refresh()).toMatchObject({ kind: "refreshed", tokens: NEW_TOKENS });
    expect(provider).toHaveBeenCalledTimes(1);
  });

  test("no server asks the provider again for five seconds after it was unavailable to one of them", async () => {
    provider.mockResolvedValue({ kind: "unavailable" });
    expect(await Promise.all([refresh(), refresh(), refresh()])).toEqual(
      Array(3).fill({ kind: "unavailable" }),
    );
    expect(provider).toHaveBeenCalledTimes(1);
    expect(await openSession(jar)).not.toBeNull();
    vi.setSystemTime((NOW + 5) * 1000);
    provider.mockResolvedValue({ kind: "refreshed", tokens: tokenSet(NEW_TOKENS) });
    expect(await refresh()).toMatchObject({ kind: "refreshed" });
  });

  test("no server repeats a refresh that the provider refused less than a minute ago", async () => {
    provider.mockResolvedValue({ kind: "refused" });
    expect(await Promise.all([refresh(), refresh()])).toEqual(Array(2).fill({ kind: "refused" }));
    vi.setSystemTime((NOW + 59) * 1000);
    expect(await refresh()).toEqual({ kind: "refused" });
    expect(provider).toHaveBeenCalledTimes(1);
  });

  test("a refused refresh does not end the session, because its access token may still be valid", async () => {
    provider.mockResolvedValue({ kind: "refused" });
    await refresh();
    expect(await openSession(jar)).not.toBeNull();
  });

  test("a server waits for a server that has died only until the lock expires", async () => {
    await store.add(lockKey(), "a process that has died", NOW + 6);
    const outcome = refresh();
    await vi.waitUntil(() => store.operations.filter(({ name }) => name === "add").length > 5);
    expect(provider).not.toHaveBeenCalled();
    vi.setSystemTime((NOW + 6) * 1000);
    expect(await outcome).toMatchObject({ kind: "refreshed", tokens: NEW_TOKENS });
  });
});

describe("a session that ends while it is being refreshed", () => {
  test("a session that ends before the provider answers stays ended, and the new refresh token is revoked", async () => {
    provider.mockImplementation(async () => {
      await endElsewhere(session);
      return { kind: "refreshed", tokens: tokenSet(NEW_TOKENS) };
    });
    expect(await refresh()).toEqual({ kind: "ended" });
    expect(await openSession(jar)).toBeNull();
    expect(store.keys("session")).toEqual([]);
    expect(tryToRevoke.mock.calls).toEqual([["refresh-token-1"]]);
  });

  test("a session that ends while its new tokens are saved stays ended, and the new refresh token is revoked", async () => {
    store.before = async (name, [key = ""]) => {
      if (name !== "set" || !key.includes(":session:")) return;
      store.before = () => undefined;
      await endElsewhere(session);
    };
    expect(await refresh()).toEqual({ kind: "ended" });
    expect(store.keys("session")).toEqual([]);
    expect(tryToRevoke.mock.calls).toEqual([["refresh-token-1"]]);
  });
});

describe("a store that fails during a refresh", () => {
  /** Makes the store unavailable while the provider answers the refresh. */
  function failWhileRefreshing(): void {
    provider.mockImplementationOnce(async () => {
      store.before = unavailable;
      return { kind: "refreshed", tokens: tokenSet(NEW_TOKENS) };
    });
  }

  test("if the store fails before the refresh, the provider is not asked", async () => {
    store.before = unavailable;
    expect(await thrownBy(refresh())).toMatchObject({ name: "SessionsUnavailableError" });
    expect(provider).not.toHaveBeenCalled();
  });

  test("if the store fails after the refresh, the new tokens are saved when the store works again", async () => {
    failWhileRefreshing();
    expect(await refresh()).toMatchObject({ kind: "refreshed", tokens: NEW_TOKENS });
    store.before = () => undefined;
    await vi.waitUntil(async () => (await openSession(jar))?.accessToken === NEW_TOKENS.accessToken, 5_000);
  });

  test("the next refresh uses new tokens that are not saved yet, and does not ask the provider again", async () => {
    failWhileRefreshing();
    await refresh();
    store.before = () => undefined;
    vi.setSystemTime((NOW + 10) * 1000); // the first refresh could not release the lock, which has expired
    expect(await refresh()).toMatchObject({ kind: "refreshed", tokens: NEW_TOKENS });
    expect(provider).toHaveBeenCalledTimes(1);
    expect(await openSession(jar)).toMatchObject(NEW_TOKENS);
  });

  test("new tokens that are saved late do not replace the tokens that another server has saved", async () => {
    failWhileRefreshing();
    await refresh();
    store.before = () => undefined;
    const { writeSession } = await import("./stored-session.ts");
    await writeSession(lib.digest(session.id), { ...session, accessToken: "access-token-2" });
    const operations = store.operations.length;
    await vi.waitUntil(() => store.operations.length > operations, 5_000);
    await new Promise(setImmediate);
    expect(await openSession(jar)).toMatchObject({ accessToken: "access-token-2" });
  });

  test("new tokens that are saved late do not restore a session that was ended elsewhere", async () => {
    failWhileRefreshing();
    await refresh();
    store.before = () => undefined;
    await endElsewhere(session);
    const operations = store.operations.length;
    await vi.waitUntil(() => store.operations.length > operations, 5_000);
    await vi.waitUntil(() => tryToRevoke.mock.calls.length);
    expect(tryToRevoke.mock.calls).toEqual([["refresh-token-1"]]);
    expect(await openSession(jar)).toBeNull();
    expect(store.keys("session")).toEqual([]);
  });
});
