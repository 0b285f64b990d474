import { beforeEach, describe, expect, test, vi } from "vitest";
import { FakeCookieJar } from "@/dev/testing/cookie-jar.ts";
import { freshProcess, startScriptedProvider, thrownBy } from "@/dev/testing/fresh-process.ts";
import { openSession, startSession } from "@/dev/testing/kept-sessions.ts";
import { keepSessionsIn, MemoryStore, STORE_URL, unavailable } from "@/dev/testing/memory-store.ts";
import { tokenSet, unsignedJwt } from "@/dev/testing/tokens.ts";
import { SITE } from "../../site.ts";

/** The tasks that the app passed to `after`. Next.js would run them after the response. */
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

/** Returns the names of the other sessions in the list that this browser gets. */
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

/** Runs the tasks in `afterwards`. @returns the refresh tokens that the app asked the provider to revoke */
async function revoked(): Promise<(string | null)[]> {
  await Promise.all(afterwards.map((task) => task()));
  return askedToRevoke.sort();
}

describe("a person who ends one session of the list", () => {
  test("the session ends at once, its refresh token is revoked, and the person returns to the list", async () => {
    const [name = ""] = await namesOfOthers(laptop);
    const response = await post(`name=${name}`);
    expect([response.status, response.headers.get("location")]).toEqual([303, "/profile"]);
    expect(response.headers.get("cache-control")).toContain("no-store");
    expect(await loggedIn()).toEqual([true, false, true]);
    expect(op.asked).not.toContain("/revoke");
    expect(await revoked()).toEqual(["two"]);
  });

  test("a person cannot end another person's session", async () => {
    const response = await post(`name=${await nameOf(bobs)}`);
    expect(response.headers.get("location")).toBe("/profile");
    expect(await loggedIn()).toEqual([true, true, true]);
    expect(await revoked()).toEqual([]);
  });

  test("a person who ends a session that has already ended returns to the list", async () => {
    const [name = ""] = await namesOfOthers(laptop);
    for (let time = 0; time < 2; time += 1) expect((await post(`name=${name}`)).status).toBe(303);
  });

  test("a form that names a session and also asks for a logout everywhere ends that session only", async () => {
    const [name = ""] = await namesOfOthers(laptop);
    await post(`name=${name}&everywhere=1`);
    expect(await loggedIn()).toEqual([true, false, true]);
  });
});

describe("a person who logs out everywhere", () => {
  test("a logout everywhere ends all sessions of the person, and the current one at the provider too", async () => {
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

  test("a logout everywhere ends the current session even if the list does not contain it", async () => {
    const copy = laptop.copy();
    for (const key of store.keys("subject")) store.entries.delete(key);
    await post("everywhere=1");
    expect(await openSession(copy)).toBeNull();
    expect(await revoked()).toEqual(["one"]);
  });
});

describe("a login that finishes while its person logs out everywhere", () => {
  /** Logs out everywhere just before the login's first store operation for which `isReached` is true. */
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
  ])("a login that is not yet %s fails, and its refresh token is revoked", async (_, isReached) => {
    logOutEverywhereBefore(isReached);
    const login = logIn("alice", "late");
    expect(await thrownBy(login)).toMatchObject({ name: "LoginError", reason: "login_expired" });
    expect(await revoked()).toEqual(["late", "one", "two"]);
    expect(store.keys("session")).toHaveLength(1); // Bob's
  });

  test("a login that is already listed ends with the other sessions, and fails", async () => {
    let added = 0; // a login looks three times for a mark that it was ended, the last time after it is listed
    logOutEverywhereBefore((_, key) => key.includes(":ended:") && ++added === 3);
    expect(await thrownBy(logIn("alice", "late"))).toMatchObject({ reason: "login_expired" });
    expect(store.keys("session")).toHaveLength(1);
  });

  test("a login that fails in this way does not end another person's session in the browser", async () => {
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

  test("a login after the logout, or a login of another person, succeeds", async () => {
    logOutEverywhereBefore((operation, key) => operation === "set" && key.includes(":session:"));
    const carols = await logIn("carol", "c");
    const again = await logIn("alice", "again");
    for (const jar of [carols, again]) expect(await openSession(jar)).not.toBeNull();
  });
});

test("a logout everywhere does not end sessions of a person with the same sub in another tenant", async () => {
  const other = await logIn("alice", "other", "https://login.microsoftonline.com/other/v2.0");
  expect(await namesOfOthers(laptop)).toHaveLength(1);
  await post("everywhere=1");
  expect(await openSession(other)).not.toBeNull();
  expect(await revoked()).toEqual(["one", "two"]);
});

describe("a request to end sessions that is incomplete", () => {
  test.each(["", "everywhere=0", "everywhere=", "Name=x", `x=${"y".repeat(2_000)}&everywhere=1`])(
    "a request with the body %j is refused and changes nothing",
    async (body) => {
      const response = await post(body);
      expect([response.status, response.headers.get("cache-control")]).toEqual([400, "private, no-store"]);
      expect(await loggedIn()).toEqual([true, true, true]);
    },
  );

  test("a request without a session is redirected to /profile, and changes nothing", async () => {
    for (const body of ["everywhere=1", `name=${await nameOf(phone)}`]) {
      const response = await post(body, {}, new FakeCookieJar());
      expect([response.status, response.headers.get("location")]).toEqual([303, "/profile"]);
    }
    expect(await loggedIn()).toEqual([true, true, true]);
  });
});

describe("the origin of a request to end sessions", () => {
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
  ])("a request with %j is refused and changes nothing", async (headers) => {
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
  ])("a request with %j is accepted", async (headers) => {
    expect((await post("everywhere=1", headers as Record<string, string>)).status).toBe(303);
  });
});

test("without a store, a logout everywhere gets 501, and the answer names SESSION_STORE_URL", async () => {
  await load({ SESSION_STORE_URL: undefined });
  const response = await post("everywhere=1");
  expect([response.status, response.headers.get("cache-control")]).toEqual([501, "private, no-store"]);
  expect(await response.text()).toContain("SESSION_STORE_URL");
});

test("while the store is unavailable, no session ends and no cookie is deleted", async () => {
  const written = laptop.written.length;
  store.before = unavailable;
  expect(await thrownBy(post("everywhere=1"))).toMatchObject({ name: "SessionsUnavailableError" });
  store.before = () => undefined;
  expect(laptop.written).toHaveLength(written);
  expect(await loggedIn()).toEqual([true, true, true]);
});
