import { beforeEach, describe, expect, test, vi } from "vitest";
import { FakeCookieJar } from "@/dev/testing/cookie-jar.ts";
import { freshProcess, thrownBy } from "@/dev/testing/fresh-process.ts";
import { endSession, openSession, startSession } from "@/dev/testing/kept-sessions.ts";
import { keepSessionsIn, MemoryStore, STORE_URL, unavailable } from "@/dev/testing/memory-store.ts";
import { tokenSet, unsignedJwt } from "@/dev/testing/tokens.ts";
import { log } from "../../log.ts";
import { SITE } from "../../site.ts";
import type { RefreshOutcome } from "../provider/index.ts";
import type { Session } from "../session.ts";

const requestRefresh = vi.hoisted(() => vi.fn<() => Promise<RefreshOutcome>>());
vi.mock("../provider/index.ts", async (original) => ({ ...(await original<object>()), requestRefresh }));

const NOW = 1_700_000_000;

let store: MemoryStore;
let lib: typeof import("../session.ts") & typeof import("../session-storage.ts");

/** Starts another server with the same store. The previous server may still be running. */
async function restart(settings: Record<string, string | undefined> = {}): Promise<void> {
  freshProcess({
    SESSION_STORE_URL: STORE_URL,
    SESSION_MAX_AGE: "10000",
    SESSION_IDLE_TIMEOUT: "1000",
    ...settings,
  });
  keepSessionsIn(store);
  lib = { ...(await import("../session.ts")), ...(await import("../session-storage.ts")) };
}

beforeEach(async () => {
  vi.useFakeTimers({ now: NOW * 1000, toFake: ["Date"] });
  store = new MemoryStore();
  await restart();
  return () => vi.useRealTimers();
});

const at = (seconds: number) => vi.setSystemTime((NOW + seconds) * 1000);
const newSession = (changes = {}): Session => lib.createSession(tokenSet(changes), { sub: "alice" });

async function jarWith(session: Session): Promise<FakeCookieJar> {
  const jar = new FakeCookieJar();
  await startSession(jar, session);
  return jar;
}

describe("a session in the store", () => {
  test("a stored session can be opened again, also after a restart of the server", async () => {
    const session = newSession();
    const jar = await jarWith(session);
    expect(await openSession(jar)).toMatchObject(session);
    await restart();
    expect(await openSession(jar)).toMatchObject(session);
  });

  test("the cookie of a stored session contains only a sealed id", async () => {
    const [small, big] = [
      await jarWith(newSession()),
      await jarWith(newSession({ accessToken: "t".repeat(64_000) })),
    ];
    expect(small.names()).toEqual([`__Host-${SITE.id}.session`]);
    for (const { value } of [...small.written, ...big.written]) expect(value.length).toBeLessThan(400);
    expect((await openSession(big))?.accessToken).toHaveLength(64_000);
  });

  test("a stored session is encrypted: its tokens, claims and id cannot be read", async () => {
    const session = newSession();
    await jarWith(session);
    const all = JSON.stringify([...store.entries]);
    for (const text of [
      "alice",
      "Alice",
      "access-token",
      "refresh-token",
      session.id,
      "eyJhbGciOiJSUzI1NiJ9",
    ]) {
      expect(all).not.toContain(text);
      expect(all).not.toContain(Buffer.from(text).toString("base64url"));
    }
  });

  test("the entry with the tokens expires at SESSION_MAX_AGE, and the entry of the visit with the idle time", async () => {
    await jarWith(newSession());
    const [session, visit] = ["session", "visit"].map((kind) => store.entries.get(store.keys(kind)[0] ?? ""));
    expect(session?.expiresAt).toBe(NOW + 10_000);
    expect(visit?.expiresAt).toBe(NOW + 1_000);
    at(10_000);
    expect(store.keys("session")).toEqual([]);
  });

  test("each login starts a session with a new id, and the session before it is refused", async () => {
    const first = newSession();
    const jar = await jarWith(first);
    const stolen = jar.copy();
    const second = newSession();
    await lib.sessions().start(jar, second, { replaced: first, userAgent: null, begunAt: NOW * 1000 });
    expect(second.id).not.toBe(first.id);
    expect((await openSession(jar))?.id).toBe(second.id);
    expect(await openSession(stolen)).toBeNull();
    expect(store.keys("session")).toHaveLength(1);
  });

  test("a session id in the cookie that is not sealed is refused", async () => {
    const session = newSession();
    await jarWith(session);
    for (const value of [session.id, `Fe26.2**${session.id}`]) {
      expect(await openSession(new FakeCookieJar([[`__Host-${SITE.id}.session`, value]]))).toBeNull();
    }
  });

  test("a session that is too large for the store fails the login, and the error contains no token", async () => {
    const jar = new FakeCookieJar();
    const error = await thrownBy(startSession(jar, newSession({ accessToken: "t".repeat(300_000) })));
    expect(error).toMatchObject({ name: "LoginError", reason: "configuration" });
    expect(JSON.stringify(error) + String(error)).not.toContain("ttt");
    expect(jar.names()).toEqual([]);
    expect(store.entries.size).toBe(0);
  });
});

describe("the end of a stored session", () => {
  test("a stored session ends with its idle time", async () => {
    const jar = await jarWith(newSession());
    at(999);
    expect(await openSession(jar)).not.toBeNull();
    at(1_000);
    expect(await openSession(jar)).toBeNull();
  });

  test("a stored session ends at its absolute end, although a visit has just renewed its idle time", async () => {
    await restart({ SESSION_IDLE_TIMEOUT: "9000" });
    const jar = await jarWith(newSession());
    at(8_000);
    const session = (await openSession(jar)) ?? expect.fail();
    await lib.sessions().update(jar, session, session, { renew: true });
    at(9_999);
    expect(await openSession(jar)).not.toBeNull();
    at(10_000);
    expect(await openSession(jar)).toBeNull();
  });

  test("a logout ends the session for every server and for a copy of the cookie", async () => {
    const session = newSession();
    const jar = await jarWith(session);
    const copy = jar.copy();
    await openSession(copy);
    await endSession(jar, session);
    expect(jar.names()).toEqual([]);
    expect(await openSession(copy)).toBeNull();
    await restart();
    expect(await openSession(copy)).toBeNull();
    expect(store.keys("session")).toEqual([]);
  });

  test("a logout does not end other sessions", async () => {
    const [jar, other] = [await jarWith(newSession()), await jarWith(newSession())];
    await endSession(jar, await openSession(jar));
    expect(await openSession(other)).not.toBeNull();
  });
});

describe("a visit with a stored session", () => {
  const writes = () => store.operations.filter(({ name }) => name !== "get").length;

  test("a visit soon after the last one costs only one read of the store", async () => {
    const jar = await jarWith(newSession());
    store.operations.length = 0;
    at(99);
    const session = await openSession(jar);
    if (!session) expect.fail();
    expect(await lib.sessions().update(jar, session, session, { renew: true })).toEqual(session);
    expect(store.operations).toHaveLength(1);
  });

  test("a visit is saved after five minutes, without a new cookie if the idle time is not renewed", async () => {
    await restart({ SESSION_IDLE_TIMEOUT: "9000" });
    const jar = await jarWith(newSession());
    const cookies = jar.written.length;
    at(300);
    const session = await openSession(jar);
    if (!session) expect.fail();
    await lib.sessions().update(jar, session, session, { renew: true });
    expect(jar.written).toHaveLength(cookies);
    expect(await openSession(jar)).toMatchObject({
      visit: { seenAt: NOW + 300 },
      idleExpiresAt: NOW + 9_000,
    });
  });

  test("a visit extends the session and its cookie once a tenth of the idle time has passed", async () => {
    const jar = await jarWith(newSession());
    at(100);
    const session = await openSession(jar);
    if (!session) expect.fail();
    await lib.sessions().update(jar, session, session, { renew: true });
    expect(jar.written.at(-1)?.options).toMatchObject({ maxAge: 1_000 });
    at(1_099);
    expect(await openSession(jar)).not.toBeNull();
    at(1_100);
    expect(await openSession(jar)).toBeNull();
  });

  test("a visit does not undo a refresh by another server", async () => {
    const jar = await jarWith(newSession());
    at(100);
    const before = await openSession(jar);
    if (!before) expect.fail();
    const tokens = tokenSet({ accessToken: "access-token-1", refreshToken: "refresh-token-1" });
    requestRefresh.mockResolvedValue({ kind: "refreshed", tokens });
    await lib.sessions().refresh(before, "the-request");
    await lib.sessions().update(jar, before, before, { renew: true });
    expect(await openSession(jar)).toMatchObject({
      accessToken: "access-token-1",
      refreshToken: "refresh-token-1",
      idleExpiresAt: NOW + 1_100,
    });
    expect(writes()).toBeGreaterThan(0);
  });
});

describe("an entry of the store that was changed", () => {
  const keyOf = (kind: string) => store.keys(kind)[0] ?? "";
  const meddle = (kind: string, change: (value: string) => string) => {
    const entry = store.entries.get(keyOf(kind));
    if (entry) store.entries.set(keyOf(kind), { ...entry, value: change(entry.value) });
  };

  test.each([
    ["cut off", (value: string) => value.slice(0, -20)],
    [
      "changed in one letter",
      (value: string) => `${value.slice(0, -3)}${value.at(-3) === "A" ? "B" : "A"}${value.slice(-2)}`,
    ],
    ["JSON without encryption", () => JSON.stringify({ ...newSession(), accessToken: "forged" })],
    ["empty", () => ""],
    ["encoded in base64 again", (value: string) => Buffer.from(value).toString("base64")],
  ])("an entry that is %s is not a session, and is logged", async (_, change) => {
    const warn = vi.spyOn(log, "warn").mockReturnValue();
    const { log: fresh } = await import("../../log.ts");
    const freshWarn = vi.spyOn(fresh, "warn").mockReturnValue();
    const jar = await jarWith(newSession());
    meddle("session", change);
    expect(await openSession(jar)).toBeNull();
    expect([...warn.mock.calls, ...freshWarn.mock.calls].flat().join(" ")).toContain("cannot read an entry");
  });

  test("an entry that was copied to the key of another session is not a session", async () => {
    const [mine, other] = [await jarWith(newSession()), await jarWith(newSession({ accessToken: "other" }))];
    const [first = "", second = ""] = store.keys("session");
    const entry = store.entries.get(second);
    if (entry) store.entries.set(first, entry);
    expect(await openSession(mine)).toBeNull();
    expect(await openSession(other)).not.toBeNull();
  });
});

describe("the same answer to a login at two instances", () => {
  const login = { state: "s".repeat(43), expiresAt: NOW + 600 };

  test("the second instance waits until the first instance has finished the login", async () => {
    const { claimLogin, settleLogin } = lib.sessions();
    expect(await claimLogin(login)).toBe("claimed");
    await restart();
    const second = lib.sessions().claimLogin(login);
    setTimeout(() => settleLogin(login, "finished"), 120);
    expect(await second).toBe("finished");
  });

  test("the second instance refuses an answer that the first has already used, even if that login failed", async () => {
    const failing = { ...login, state: "f".repeat(43) };
    const { claimLogin, settleLogin } = lib.sessions();
    for (const one of [login, failing]) expect(await claimLogin(one)).toBe("claimed");
    await settleLogin(login, "finished");
    await settleLogin(failing, "failed");
    await restart();
    for (const one of [login, failing]) expect(await lib.sessions().claimLogin(one)).toBe("used");
  });

  test("the second instance refuses the answer if the first fails while the second waits", async () => {
    const { claimLogin, settleLogin } = lib.sessions();
    await claimLogin(login);
    const second = claimLogin(login);
    setTimeout(() => settleLogin(login, "failed"), 120);
    expect(await second).toBe("used");
  });

  test("an answered login is remembered by a digest until the login would expire", async () => {
    const { claimLogin, settleLogin } = lib.sessions();
    const expectRemembered = () => {
      const [key = ""] = store.keys("answered");
      expect(key).not.toContain(login.state);
      expect(store.entries.get(key)?.expiresAt).toBe(login.expiresAt);
    };
    await claimLogin(login);
    expectRemembered(); // the store remembers the login even if the process dies now
    await settleLogin(login, "finished");
    expectRemembered();
  });
});

describe("while the store is unavailable", () => {
  test("opening or ending a session throws, and the session still exists when the store works again", async () => {
    const jar = await jarWith(newSession());
    const written = jar.written.length;
    store.before = unavailable;
    expect(await thrownBy(openSession(jar))).toMatchObject({ name: "SessionsUnavailableError" });
    expect(await thrownBy(endSession(jar, newSession()))).toMatchObject({ name: "SessionsUnavailableError" });
    expect(await thrownBy(lib.sessions().ensureAvailable())).toMatchObject({
      name: "SessionsUnavailableError",
    });
    expect(jar.written).toHaveLength(written);
    store.before = () => undefined;
    expect(await openSession(jar)).not.toBeNull();
  });

  test("ensureAvailable throws if the store can be read but not written", async () => {
    await lib.sessions().ensureAvailable();
    store.before = (name) => (name === "get" ? undefined : unavailable());
    expect(await thrownBy(lib.sessions().ensureAvailable())).toMatchObject({
      name: "SessionsUnavailableError",
    });
  });

  test("a hundred simultaneous calls of ensureAvailable share one write", async () => {
    const { ensureAvailable } = lib.sessions();
    await Promise.all(Array.from({ length: 100 }, ensureAvailable));
    expect(store.operations).toHaveLength(1);
    store.before = unavailable;
    const asked = await Promise.allSettled(Array.from({ length: 100 }, ensureAvailable));
    expect(asked.every(({ status }) => status === "rejected")).toBe(true);
    store.before = () => undefined;
    await ensureAvailable();
    expect(store.operations).toHaveLength(3);
  });

  test("a visitor without a session is served without a request to the store", async () => {
    store.before = unavailable;
    expect(await openSession(new FakeCookieJar())).toBeNull();
    expect(store.operations).toEqual([]);
  });

  test("a login fails and sets no cookie", async () => {
    store.before = unavailable;
    const jar = new FakeCookieJar();
    await thrownBy(startSession(jar, newSession()));
    expect(jar.names()).toEqual([]);
  });
});

describe("SESSION_SECRET and stored sessions", () => {
  const SECRETS = {
    old: "an-old-secret-0123456789012345678901",
    next: "a-new-secret-0123456789012345678901",
  };

  test("a session can be read as long as the secret that encrypted it is listed", async () => {
    await restart({ SESSION_SECRET: SECRETS.old });
    const jar = await jarWith(newSession());
    await restart({ SESSION_SECRET: `${SECRETS.next},${SECRETS.old}` });
    expect(await openSession(jar)).not.toBeNull();
    await restart({ SESSION_SECRET: SECRETS.next });
    expect(await openSession(jar)).toBeNull();
  });
});

test("once there is a store, a cookie that contains a whole session is ignored without an error", async () => {
  await restart({ SESSION_STORE_URL: undefined });
  const jar = await jarWith(newSession());
  await restart();
  expect(await openSession(jar)).toBeNull();
});

test("findSessions finds a session by its sub or sid, even with special characters", async () => {
  const { findSessions } = await import("./session-index.ts");
  const idToken = unsignedJwt({ iss: "https://idp.example.com", sub: "a|b:c/d é", sid: "s:1" });
  await jarWith(newSession({ idToken }));
  const iss = "https://idp.example.com";
  expect(await findSessions({ iss, sub: "a|b:c/d é" })).toHaveLength(1);
  expect(await findSessions({ iss, sid: "s:1" })).toHaveLength(1);
  expect(await findSessions({ iss, sid: "s:2" })).toEqual([]);
  expect(await findSessions({ iss, sub: "alice" })).toEqual([]);
});
