import { beforeEach, describe, expect, test, vi } from "vitest";
import { FakeCookieJar } from "@/dev/testing/cookie-jar.ts";
import { freshProcess, thrownBy } from "@/dev/testing/fresh-process.ts";
import { endElsewhere, openSession, startSession } from "@/dev/testing/kept-sessions.ts";
import { keepSessionsIn, MemoryStore, STORE_URL, unavailable } from "@/dev/testing/memory-store.ts";
import { tokenSet } from "@/dev/testing/tokens.ts";
import type { RefreshOutcome } from "../provider/index.ts";
import type { Session } from "../session.ts";

const tryToRevoke = vi.hoisted(() => vi.fn<(refreshToken: string | null) => Promise<void>>());
/** The provider's answer to a refresh: immediate, unless a test says otherwise. */
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

/** A refresh by one of several servers: nothing but the store is common to them. */
const refresh = () => lib.sessions().refresh(session, "the-request");
const lockKey = () => lib.keyOf("lock", lib.digest(session.id));

describe("several servers that refresh one session at a time", () => {
  test("ask the provider once between them, and all of them have its tokens", async () => {
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

  test("take what was refreshed before they came", async () => {
    await refresh();
    expect(await refresh()).toMatchObject({ kind: "refreshed", tokens: NEW_TOKENS });
    expect(provider).toHaveBeenCalledTimes(1);
  });

  test("do not ask a provider again that has just been unavailable to one of them", async () => {
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

  test("learn that the provider refuses, without asking for themselves", async () => {
    provider.mockResolvedValue({ kind: "refused" });
    expect(await Promise.all([refresh(), refresh()])).toEqual(Array(2).fill({ kind: "refused" }));
    vi.setSystemTime((NOW + 59) * 1000);
    expect(await refresh()).toEqual({ kind: "refused" });
    expect(provider).toHaveBeenCalledTimes(1);
  });

  test("do not end a session that is refused: its access token may be good for a while", async () => {
    provider.mockResolvedValue({ kind: "refused" });
    await refresh();
    expect(await openSession(jar)).not.toBeNull();
  });

  test("wait for one that has died no longer than its lock lives", async () => {
    await store.add(lockKey(), "a process that has died", NOW + 6);
    const outcome = refresh();
    await vi.waitUntil(() => store.operations.filter(({ name }) => name === "add").length > 5);
    expect(provider).not.toHaveBeenCalled();
    vi.setSystemTime((NOW + 6) * 1000);
    expect(await outcome).toMatchObject({ kind: "refreshed", tokens: NEW_TOKENS });
  });
});

describe("a session that is ended while it is being refreshed", () => {
  test("stays ended, whatever the provider answers", async () => {
    provider.mockImplementation(async () => {
      await endElsewhere(session);
      return { kind: "refreshed", tokens: tokenSet(NEW_TOKENS) };
    });
    expect(await refresh()).toEqual({ kind: "ended" });
    expect(await openSession(jar)).toBeNull();
    expect(store.keys("session")).toEqual([]);
    expect(tryToRevoke.mock.calls).toEqual([["refresh-token-1"]]);
  });

  test("stays ended also where the two meet in the store", async () => {
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

describe("a store that fails", () => {
  /** The store becomes unavailable while the provider answers. */
  function failWhileRefreshing(): void {
    provider.mockImplementationOnce(async () => {
      store.before = unavailable;
      return { kind: "refreshed", tokens: tokenSet(NEW_TOKENS) };
    });
  }

  test("before the provider is asked leaves the tokens unspent", async () => {
    store.before = unavailable;
    expect(await thrownBy(refresh())).toMatchObject({ name: "SessionsUnavailableError" });
    expect(provider).not.toHaveBeenCalled();
  });

  test("after it was asked costs nobody the new tokens: they are stored when it is back", async () => {
    failWhileRefreshing();
    expect(await refresh()).toMatchObject({ kind: "refreshed", tokens: NEW_TOKENS });
    store.before = () => undefined;
    await vi.waitUntil(async () => (await openSession(jar))?.accessToken === NEW_TOKENS.accessToken, 5_000);
  });

  test("for so long that the next refresh comes first does not have the spent tokens used again", async () => {
    failWhileRefreshing();
    await refresh();
    store.before = () => undefined;
    vi.setSystemTime((NOW + 10) * 1000); // the lock, which could not be given back, has expired
    expect(await refresh()).toMatchObject({ kind: "refreshed", tokens: NEW_TOKENS });
    expect(provider).toHaveBeenCalledTimes(1);
    expect(await openSession(jar)).toMatchObject(NEW_TOKENS);
  });

  test("for so long that another server has refreshed again keeps what that one has stored", async () => {
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

  test("while its session is ended elsewhere does not revive it when it is back", async () => {
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
