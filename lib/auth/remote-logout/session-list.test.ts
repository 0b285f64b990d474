import { beforeEach, describe, expect, test, vi } from "vitest";
import { FakeCookieJar } from "@/dev/testing/cookie-jar.ts";
import { freshProcess, thrownBy } from "@/dev/testing/fresh-process.ts";
import { endSession, openSession } from "@/dev/testing/kept-sessions.ts";
import { keepSessionsIn, MemoryStore, STORE_URL, unavailable } from "@/dev/testing/memory-store.ts";
import { tokenSet, unsignedJwt } from "@/dev/testing/tokens.ts";
import { SITE } from "../../site.ts";
import type { Session } from "../session.ts";

const NOW = 1_700_000_000;

let store: MemoryStore;
let lib: typeof import("./session-list.ts") &
  typeof import("../session.ts") &
  typeof import("../session-storage.ts");

async function load(settings: Record<string, string | undefined> = {}): Promise<void> {
  freshProcess({ SESSION_STORE_URL: STORE_URL, ...settings });
  keepSessionsIn(store);
  lib = {
    ...(await import("./session-list.ts")),
    ...(await import("../session.ts")),
    ...(await import("../session-storage.ts")),
  };
  (await import("../../log.ts")).log.level = "silent";
}

beforeEach(async () => {
  vi.useFakeTimers({ now: NOW * 1000, toFake: ["Date"] });
  store = new MemoryStore();
  await load();
  return () => vi.useRealTimers();
});

const at = (seconds: number) => vi.setSystemTime((NOW + seconds) * 1000);

/** Logs somebody in, in a new browser. */
async function browserOf(
  sub: string,
  userAgent: string | null = null,
): Promise<{ jar: FakeCookieJar; session: Session }> {
  const jar = new FakeCookieJar();
  const data = lib.createSession(tokenSet({ idToken: unsignedJwt({ sub }) }), null);
  await lib.sessions().start(jar, data, { replaced: null, userAgent, begunAt: Date.now() });
  return { jar, session: (await openSession(jar)) ?? expect.fail() };
}

/** Returns the list that the person with this session sees. */
const list = async (session: Session) => (await lib.listSessions(session)) ?? expect.fail();
const isLoggedIn = async ({ jar }: { jar: FakeCookieJar }) => (await openSession(jar)) !== null;

/** Returns the name of this session in the list. */
async function nameOf(session: Session): Promise<string> {
  return (await list(session)).find(({ isCurrent }) => isCurrent)?.name ?? expect.fail();
}

describe("the list of a person's sessions", () => {
  test("the list begins with the current session, and then has the others, most recently seen first", async () => {
    const phone = await browserOf("alice", "phone");
    at(10);
    const laptop = await browserOf("alice", "laptop");
    at(20);
    await browserOf("alice", "tablet");
    await browserOf("bob", "bob's");
    at(400);
    await lib.sessions().update(phone.jar, phone.session, phone.session, { renew: true });
    expect(await list(laptop.session)).toMatchObject([
      { userAgent: "laptop", isCurrent: true, createdAt: NOW + 10, seenAt: NOW + 10 },
      { userAgent: "phone", isCurrent: false, createdAt: NOW, seenAt: NOW + 400 },
      { userAgent: "tablet", isCurrent: false, createdAt: NOW + 20, seenAt: NOW + 20 },
    ]);
  });

  test("the list contains no session id, token or cookie value", async () => {
    const { jar, session } = await browserOf("alice", "phone");
    const text = JSON.stringify(await list(session));
    for (const secret of [session.id, session.accessToken, session.idToken, ...jar.cookies.values()]) {
      expect(text).not.toContain(secret);
    }
    for (const { name } of await list(session)) {
      expect(await openSession(new FakeCookieJar([[`__Host-${SITE.id}.session`, name]]))).toBeNull();
    }
  });

  test("the list leaves out sessions that were logged out, have expired or cannot be read", async () => {
    const [gone, corrupt] = [await browserOf("alice"), await browserOf("alice")];
    const { session } = await browserOf("alice");
    await endSession(gone.jar, gone.session);
    const key = `${SITE.id}:session:${await nameOf(corrupt.session)}`;
    store.entries.set(key, { value: "rubbish", expiresAt: NOW + 10_000 });
    expect(await list(session)).toHaveLength(1);
    at(50_000);
    const fresh = await browserOf("alice");
    at(100_000);
    expect(await list(fresh.session)).toMatchObject([{ isCurrent: true }]);
  });

  test("the list has at most 300 characters of a User-Agent", async () => {
    const { session } = await browserOf("alice", "x".repeat(10_000));
    expect((await list(session))[0]?.userAgent).toHaveLength(300);
  });

  test("listSessions returns null without a store, and while the store is unavailable", async () => {
    const { session } = await browserOf("alice");
    store.before = unavailable;
    expect(await lib.listSessions(session)).toBeNull();
    await load({ SESSION_STORE_URL: undefined });
    expect(await lib.listSessions(session)).toBeNull();
  });
});

describe("endOneSession", () => {
  test("endOneSession ends only the named session, and returns it", async () => {
    const [phone, laptop, tablet] = [
      await browserOf("alice"),
      await browserOf("alice"),
      await browserOf("alice"),
    ];
    const ended = await lib.endOneSession(laptop.session, await nameOf(phone.session));
    expect(ended.map(({ id }) => id)).toEqual([phone.session.id]);
    expect(await Promise.all([phone, laptop, tablet].map(isLoggedIn))).toEqual([false, true, true]);
  });

  test("endOneSession does not end another person's session", async () => {
    const [alice, bob] = [await browserOf("alice"), await browserOf("bob")];
    expect(await lib.endOneSession(alice.session, await nameOf(bob.session))).toEqual([]);
    expect(await Promise.all([alice, bob].map(isLoggedIn))).toEqual([true, true]);
  });

  test.each(["", "x", "*", "../subject", "__proto__"])(
    "endOneSession does nothing for the name %j",
    async (name) => {
      const alice = await browserOf("alice");
      expect(await lib.endOneSession(alice.session, name)).toEqual([]);
      expect(await isLoggedIn(alice)).toBe(true);
    },
  );

  test("endOneSession does nothing for a session that has already ended", async () => {
    const [phone, laptop] = [await browserOf("alice"), await browserOf("alice")];
    const name = await nameOf(phone.session);
    await lib.endOneSession(laptop.session, name);
    expect(await lib.endOneSession(laptop.session, name)).toEqual([]);
  });

  test("endOneSession throws while the store is unavailable, and the session stays", async () => {
    const [phone, laptop] = [await browserOf("alice"), await browserOf("alice")];
    const name = await nameOf(phone.session);
    store.before = unavailable;
    expect(await thrownBy(lib.endOneSession(laptop.session, name))).toMatchObject({
      name: "SessionsUnavailableError",
    });
    store.before = () => undefined;
    expect(await isLoggedIn(phone)).toBe(true);
  });
});

describe("endAllSessions", () => {
  test("endAllSessions ends all sessions of the person, including the current one, and no others", async () => {
    const [phone, laptop, bob] = [await browserOf("alice"), await browserOf("alice"), await browserOf("bob")];
    const ended = await lib.endAllSessions(laptop.session);
    expect(ended.map(({ id }) => id).sort()).toEqual([phone.session.id, laptop.session.id].sort());
    expect(await Promise.all([phone, laptop, bob].map(isLoggedIn))).toEqual([false, false, true]);
    expect(await lib.endAllSessions(laptop.session)).toEqual([]);
  });
});
