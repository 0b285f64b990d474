import { beforeEach, describe, expect, test, vi } from "vitest";
import { FakeCookieJar } from "@/dev/testing/cookie-jar.ts";
import { freshProcess, startScriptedProvider, thrownBy } from "@/dev/testing/fresh-process.ts";
import { openSession, startSession } from "@/dev/testing/kept-sessions.ts";
import { keepSessionsIn, MemoryStore, STORE_URL, unavailable } from "@/dev/testing/memory-store.ts";
import { tokenSet, unsignedJwt } from "@/dev/testing/tokens.ts";
import { SITE } from "../../site.ts";

/** What Next runs after the answer. */
const afterwards = vi.hoisted((): (() => Promise<void>)[] => []);
vi.mock("next/server", () => ({ after: (task: () => Promise<void>) => afterwards.push(task) }));

const op = await startScriptedProvider();
let store: MemoryStore;
let laptop: FakeCookieJar;
let phone: FakeCookieJar;
let bobs: FakeCookieJar;
let askedToRevoke: (string | null)[];
let lib: typeof import("./end-sessions.ts") & typeof import("./session-list.ts");

async function load(settings: Record<string, string | undefined> = {}): Promise<void> {
  freshProcess({ OIDC_ISSUER: op.issuer, SESSION_STORE_URL: STORE_URL, ...settings });
  keepSessionsIn(store);
  lib = { ...(await import("./end-sessions.ts")), ...(await import("./session-list.ts")) };
  (await import("../../log.ts")).log.level = "silent";
  [laptop, phone, bobs] = [await logIn("alice", "one"), await logIn("alice", "two"), await logIn("bob", "b")];
}

async function logIn(sub: string, refreshToken: string, iss = op.issuer): Promise<FakeCookieJar> {
  const { createSession } = await import("../session.ts");
  const jar = new FakeCookieJar();
  const idToken = unsignedJwt({ iss, sub, of: refreshToken });
  await startSession(jar, createSession(tokenSet({ refreshToken, idToken }), null));
  return jar;
}

beforeEach(async () => {
  const { issuer } = op;
  op.metadata = { end_session_endpoint: `${issuer}/logout`, revocation_endpoint: `${issuer}/revoke` };
  askedToRevoke = [];
  op.answers["/revoke"] = ({ body }) => {
    askedToRevoke.push(new URLSearchParams(body).get("token"));
    return {};
  };
  afterwards.length = 0;
  store = new MemoryStore();
  await load();
});

const post = (body: string, headers: Record<string, string> = {}, jar = laptop) =>
  lib.endSessions(
    new Request("http://0.0.0.0:3000/auth/sessions", { method: "POST", body, headers }),
    jar,
    "r",
  );

/** What the list of this browser calls the others. */
async function namesOfOthers(jar: FakeCookieJar): Promise<string[]> {
  const list = (await lib.listSessions((await openSession(jar)) ?? expect.fail())) ?? expect.fail();
  return list.filter(({ isCurrent }) => !isCurrent).map(({ name }) => name);
}

async function nameOf(jar: FakeCookieJar): Promise<string> {
  const list = (await lib.listSessions((await openSession(jar)) ?? expect.fail())) ?? expect.fail();
  return list.find(({ isCurrent }) => isCurrent)?.name ?? expect.fail();
}

const loggedIn = () =>
  Promise.all([laptop, phone, bobs].map(async (jar) => (await openSession(jar)) !== null));

/** The refresh tokens that the provider was asked to revoke, once the answer was on its way. */
async function revoked(): Promise<(string | null)[]> {
  await Promise.all(afterwards.map((task) => task()));
  return askedToRevoke.sort();
}

describe("ending one session of the list", () => {
  test("ends it at once, has its refresh token revoked, and leads back to the list", async () => {
    const [name = ""] = await namesOfOthers(laptop);
    const response = await post(`name=${name}`);
    expect([response.status, response.headers.get("location")]).toEqual([303, "/profile"]);
    expect(response.headers.get("cache-control")).toContain("no-store");
    expect(await loggedIn()).toEqual([true, false, true]);
    expect(op.asked).not.toContain("/revoke");
    expect(await revoked()).toEqual(["two"]);
  });

  test("does nothing with the name of somebody else's", async () => {
    const response = await post(`name=${await nameOf(bobs)}`);
    expect(response.headers.get("location")).toBe("/profile");
    expect(await loggedIn()).toEqual([true, true, true]);
    expect(await revoked()).toEqual([]);
  });

  test("of one that has ended already leads back to the list", async () => {
    const [name = ""] = await namesOfOthers(laptop);
    for (let time = 0; time < 2; time += 1) expect((await post(`name=${name}`)).status).toBe(303);
  });

  test("goes before logging out everywhere, where a form asks for both", async () => {
    const [name = ""] = await namesOfOthers(laptop);
    await post(`name=${name}&everywhere=1`);
    expect(await loggedIn()).toEqual([true, false, true]);
  });
});

describe("logging out everywhere", () => {
  test("ends every session of the person, and this one at the provider as well", async () => {
    const idToken = (await openSession(laptop))?.idToken ?? "";
    laptop.write(`__Host-${SITE.id}.login.x`, "y", {});
    const response = await post("everywhere=1");
    const location = new URL(response.headers.get("location") ?? "");
    expect([response.status, location.origin + location.pathname]).toEqual([303, `${op.issuer}/logout`]);
    expect(location.searchParams.get("id_token_hint")).toBe(idToken);
    expect(laptop.names()).toEqual([]);
    expect(await loggedIn()).toEqual([false, false, true]);
    expect(await revoked()).toEqual(["one", "two"]);
  });

  test("ends this session also where it stands in no list any more", async () => {
    const copy = laptop.copy();
    for (const key of store.keys("subject")) store.entries.delete(key);
    await post("everywhere=1");
    expect(await openSession(copy)).toBeNull();
    expect(await revoked()).toEqual(["one"]);
  });
});

describe("a login that finishes while its person logs out everywhere", () => {
  /** Logs out everywhere just before the login's first operation of this kind. */
  function logOutEverywhereBefore(isReached: (operation: string, key: string) => boolean): void {
    store.before = async (operation, [key = ""]) => {
      if (!isReached(operation, key)) return;
      store.before = () => undefined;
      await post("everywhere=1");
    };
  }

  test.each([
    ["stored", (operation: string, key: string) => operation === "set" && key.includes(":session:")],
    ["listed", (operation: string, key: string) => operation === "replace" && key.includes(":subject:")],
  ])("fails where it is not %s yet, and its refresh token is revoked", async (_, isReached) => {
    logOutEverywhereBefore(isReached);
    const login = logIn("alice", "late");
    expect(await thrownBy(login)).toMatchObject({ name: "LoginError", reason: "login_expired" });
    expect(await revoked()).toEqual(["late", "one", "two"]);
    expect(store.keys("session")).toHaveLength(1); // Bob's
  });

  test("fails also where it is listed already, and so was ended with the others", async () => {
    let added = 0;
    logOutEverywhereBefore((_, key) => key.includes(":ended:") && ++added === 3); // once before, once as it is stored
    expect(await thrownBy(logIn("alice", "late"))).toMatchObject({ reason: "login_expired" });
    expect(store.keys("session")).toHaveLength(1);
  });

  test("leaves the browser with the session that it had, where that is somebody else's", async () => {
    logOutEverywhereBefore((operation, key) => operation === "set" && key.includes(":session:"));
    const { sessions } = await import("../session-storage.ts");
    const { createSession } = await import("../session.ts");
    const replaced = (await openSession(bobs)) ?? expect.fail();
    const idToken = unsignedJwt({ iss: op.issuer, sub: "alice" });
    const login = sessions().start(bobs, createSession(tokenSet({ idToken }), null), {
      replaced,
      userAgent: null,
      begunAt: Date.now(),
    });
    expect(await thrownBy(login)).toMatchObject({ reason: "login_expired" });
    expect((await openSession(bobs))?.id).toBe(replaced.id);
  });

  test("is another matter a moment later, or for somebody else", async () => {
    logOutEverywhereBefore((operation, key) => operation === "set" && key.includes(":session:"));
    const carols = await logIn("carol", "c");
    const again = await logIn("alice", "again");
    for (const jar of [carols, again]) expect(await openSession(jar)).not.toBeNull();
  });
});

test("a person of another tenant whose subject is called the same keeps their sessions", async () => {
  const other = await logIn("alice", "other", "https://login.microsoftonline.com/other/v2.0");
  expect(await namesOfOthers(laptop)).toHaveLength(1);
  await post("everywhere=1");
  expect(await openSession(other)).not.toBeNull();
  expect(await revoked()).toEqual(["one", "two"]);
});

describe("a request that asks for nothing", () => {
  test.each(["", "everywhere=0", "everywhere=", "Name=x", `x=${"y".repeat(2_000)}&everywhere=1`])(
    "such as %j is refused and changes nothing",
    async (body) => {
      const response = await post(body);
      expect([response.status, response.headers.get("cache-control")]).toEqual([400, "private, no-store"]);
      expect(await loggedIn()).toEqual([true, true, true]);
    },
  );

  test("or comes without a session, leads to the dashboard, and so to the login", async () => {
    for (const body of ["everywhere=1", `name=${await nameOf(phone)}`]) {
      const response = await post(body, {}, new FakeCookieJar());
      expect([response.status, response.headers.get("location")]).toEqual([303, "/profile"]);
    }
    expect(await loggedIn()).toEqual([true, true, true]);
  });
});

describe("what the person did not wish", () => {
  test.each([
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { origin: "https://evil.example" },
    { origin: "null" },
    { "sec-fetch-site": "none", origin: "null" },
    { "sec-purpose": "prefetch", "sec-fetch-site": "same-origin" },
    { "sec-fetch-site": "same-origin", "sec-fetch-dest": "image" },
    { purpose: "prefetch" },
    { "x-moz": "prefetch" },
    { "next-router-prefetch": "1" },
  ])("is refused and changes nothing: %j", async (headers) => {
    for (const body of ["everywhere=1", `name=${await nameOf(phone)}`]) {
      expect((await post(body, headers as Record<string, string>)).status).toBe(403);
    }
    expect(await loggedIn()).toEqual([true, true, true]);
    expect(afterwards).toEqual([]);
  });

  test.each([
    {},
    { "sec-fetch-site": "same-origin", origin: "https://app.example.com" },
    { "sec-fetch-site": "same-origin", "sec-fetch-dest": "document", origin: "null" },
  ])("is not this: %j", async (headers) => {
    expect((await post("everywhere=1", headers as Record<string, string>)).status).toBe(303);
  });
});

test("without a store there is nothing to end but this session: the answer names the setting", async () => {
  await load({ SESSION_STORE_URL: undefined });
  const response = await post("everywhere=1");
  expect([response.status, response.headers.get("cache-control")]).toEqual([501, "private, no-store"]);
  expect(await response.text()).toContain("SESSION_STORE_URL");
});

test("while the store is unavailable nothing ends, and no cookie is deleted", async () => {
  const written = laptop.written.length;
  store.before = unavailable;
  expect(await thrownBy(post("everywhere=1"))).toMatchObject({ name: "SessionsUnavailableError" });
  store.before = () => undefined;
  expect(laptop.written).toHaveLength(written);
  expect(await loggedIn()).toEqual([true, true, true]);
});
