import { beforeEach, describe, expect, test, vi } from "vitest";
import { FakeCookieJar } from "@/dev/testing/cookie-jar.ts";
import { freshProcess, thrownBy } from "@/dev/testing/fresh-process.ts";
import { endSession, openSession, startSession } from "@/dev/testing/kept-sessions.ts";
import { keepSessionsIn, MemoryStore, STORE_URL, unavailable } from "@/dev/testing/memory-store.ts";
import { tokenSet, unsignedJwt } from "@/dev/testing/tokens.ts";

const NOW = 1_700_000_000;
const ISSUER = "https://idp.example.com";

let store: MemoryStore;
let lib: typeof import("./session-index.ts") & typeof import("../session.ts") & typeof import("./records.ts");

async function load(settings: Record<string, string> = {}): Promise<void> {
  freshProcess({ SESSION_STORE_URL: STORE_URL, SESSION_MAX_AGE: "10000", ...settings });
  keepSessionsIn(store);
  lib = {
    ...(await import("./session-index.ts")),
    ...(await import("../session.ts")),
    ...(await import("./records.ts")),
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

/** A browser in which somebody has logged in. */
async function logIn(claims: object = { sub: "alice" }): Promise<FakeCookieJar> {
  const jar = new FakeCookieJar();
  const idToken = unsignedJwt({ iss: ISSUER, ...claims });
  await startSession(jar, lib.createSession(tokenSet({ idToken }), null));
  return jar;
}

async function logOut(jar: FakeCookieJar): Promise<void> {
  await endSession(jar, await openSession(jar));
}

async function times(count: number, act: () => Promise<FakeCookieJar>): Promise<FakeCookieJar[]> {
  const jars: FakeCookieJar[] = [];
  for (let time = 0; time < count; time += 1) jars.push(await act());
  return jars;
}

type Owner = { iss?: string } & ({ sub: string } | { sid: string });

const list = (owner: Owner) => lib.findSessions({ iss: ISSUER, ...owner });
const found = async (owner: Owner = { sub: "alice" }) => (await list(owner)).length;

describe("the list of a person's sessions", () => {
  test("the list has all sessions of 20 simultaneous logins", async () => {
    const jars = await Promise.all(Array.from({ length: 20 }, () => logIn({ sub: "alice", sid: "s1" })));
    expect([await found(), await found({ sid: "s1" })]).toEqual([20, 20]);
    expect(new Set(await list({ sub: "alice" })).size).toBe(20);
    expect(await Promise.all(jars.map((jar) => openSession(jar)))).not.toContain(null);
    expect(store.keys("lock")).toEqual([]);
  });

  test.each([0, 1])(
    "two servers both add a session to a list of %i sessions, even if one server is paused while it writes",
    async (before) => {
      await times(before, logIn);
      const [reached, resumed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      store.before = async (name, [key = ""]) => {
        if (name === "get" || !key.includes(":subject:")) return;
        store.before = () => undefined;
        reached.resolve();
        await resumed.promise;
      };
      const paused = logIn();
      await reached.promise;
      at(100); // by now, even a lock would have expired
      await logIn();
      resumed.resolve();
      await paused;
      expect(await found()).toBe(before + 2);
    },
  );

  test("two servers with one store share the list", async () => {
    await logIn();
    await load();
    await logIn();
    expect(await found()).toBe(2);
  });

  test("a person with the same sub at another provider or client has a separate list", async () => {
    await logIn();
    await load({ OIDC_CLIENT_ID: "another" });
    expect(await found()).toBe(0);
    await load();
    expect(await found({ iss: "https://other.example.com", sub: "alice" })).toBe(0);
    expect(await found()).toBe(1);
  });

  test.each([{ sub: "alice" }, { sid: "s1" }])(
    "each tenant has its own list for %j, because the issuer of the ID token identifies the list",
    async (owner) => {
      const tenants = ["a", "b"].map((tenant) => `https://login.microsoftonline.com/${tenant}/v2.0`);
      await load({ OIDC_ISSUER: "https://login.microsoftonline.com/organizations/v2.0" });
      for (const iss of tenants) await logIn({ iss, sub: "alice", sid: "s1" });
      for (const iss of tenants) expect(await found({ iss, ...owner })).toBe(1);
    },
  );

  test("a trailing slash in OIDC_ISSUER does not change the list", async () => {
    await logIn();
    await load({ OIDC_ISSUER: `${ISSUER}/` });
    await logIn();
    expect(await found()).toBe(2);
  });

  test("a sub and a sid with the same value have separate lists", async () => {
    await logIn({ sub: "x", sid: "y" });
    await logIn({ sub: "y", sid: "x" });
    for (const owner of [{ sub: "x" }, { sub: "y" }, { sid: "x" }, { sid: "y" }])
      expect(await found(owner)).toBe(1);
  });

  test.each([{ sid: "" }, { sid: 7 }, { sid: null }, {}])(
    "a session whose ID token has the claims %j is listed by its sub only",
    async (claims) => {
      await logIn({ sub: "alice", ...claims });
      expect([store.keys("subject").length, store.keys("sid").length]).toEqual([1, 0]);
    },
  );

  test("the list drops sessions that have expired, and expires with the last one", async () => {
    await logIn();
    at(5_000);
    await logIn();
    expect(await found()).toBe(2);
    at(10_000);
    expect(await found()).toBe(1);
    at(14_999);
    expect(store.keys("subject")).toHaveLength(1);
    at(15_000);
    expect(store.keys("subject")).toEqual([]);
  });

  test("a corrupt list is treated as empty, and the next login begins a new list", async () => {
    await logIn();
    const [key = ""] = store.keys("subject");
    store.entries.set(key, { value: "rubbish", expiresAt: NOW + 10_000 });
    expect(await found()).toBe(0);
    await logIn();
    expect(await found()).toBe(1);
  });

  test("a login fails, and sets no cookie, if the list cannot be written", async () => {
    store.before = (name, [key = ""]) =>
      name !== "get" && key.includes(":subject:") ? unavailable() : undefined;
    const jar = new FakeCookieJar();
    const login = startSession(jar, lib.createSession(tokenSet(), null));
    expect(await thrownBy(login)).toMatchObject({ name: "SessionsUnavailableError" });
    expect(jar.names()).toEqual([]);
    expect(store.keys("lock")).toEqual([]);
  });
});

describe("the limit of 100 sessions of one person", () => {
  test("a login beyond the limit ends the person's oldest session", async () => {
    expect(lib.MAX_SESSIONS).toBe(100);
    const [first, second] = await times(lib.MAX_SESSIONS, logIn);
    expect(await openSession(first ?? expect.fail())).not.toBeNull();
    const bobs = await logIn({ sub: "bob" });
    const last = await logIn();
    expect(await found()).toBe(lib.MAX_SESSIONS);
    expect(await openSession(first ?? expect.fail())).toBeNull();
    for (const jar of [second, last, bobs]) expect(await openSession(jar ?? expect.fail())).not.toBeNull();
  });

  test("sessions that have ended do not use up the limit", async () => {
    const phone = await logIn();
    await times(lib.MAX_SESSIONS + 20, async () => {
      const jar = await logIn();
      await logOut(jar);
      return jar;
    });
    expect(await openSession(phone)).not.toBeNull();
    expect(await found()).toBeLessThan(30);
  });
});
