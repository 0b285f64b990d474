import { beforeEach, describe, expect, test, vi } from "vitest";
import { FakeCookieJar } from "@/dev/testing/cookie-jar.ts";
import { startScriptedProvider } from "@/dev/testing/fresh-process.ts";
import { openSession, startSession } from "@/dev/testing/kept-sessions.ts";
import { keepSessionsIn, MemoryStore } from "@/dev/testing/memory-store.ts"; // part: store
import { freshProcessWith, STORAGES, type StorageKind } from "@/dev/testing/storages.ts";
import { tokenSet } from "@/dev/testing/tokens.ts";

/** The tasks that the app passed to `after`. Next.js would run them after the response. */
const afterwards = vi.hoisted((): (() => Promise<void>)[] => []);
vi.mock("next/server", () => ({ after: (task: () => Promise<void>) => afterwards.push(task) }));

const op = await startScriptedProvider();
const store = { current: new MemoryStore() }; // part: store
let jar: FakeCookieJar;
/** The refresh tokens that the app asked the provider to revoke. */
let revoked: (string | null)[];
let lib: typeof import("../guard.ts") &
  typeof import("../logout.ts") &
  typeof import("../session-storage.ts") &
  typeof import("../session.ts");

/** Starts a process, and a session whose access token has just expired. */
async function load(storage: StorageKind): Promise<void> {
  op.reset();
  op.metadata = { revocation_endpoint: `${op.issuer}/revoke` };
  revoked = [];
  op.answers["/revoke"] = ({ body }) => {
    revoked.push(new URLSearchParams(body).get("token"));
    return {};
  };
  op.tokenResponse = { id_token: undefined };
  afterwards.length = 0;
  freshProcessWith(storage, { OIDC_ISSUER: op.issuer });
  store.current = new MemoryStore(); // part: store
  if (storage === "a store") keepSessionsIn(store.current); // part: store
  lib = {
    ...(await import("../guard.ts")),
    ...(await import("../logout.ts")),
    ...(await import("../session-storage.ts")),
    ...(await import("../session.ts")),
  };
  (await import("../../log.ts")).log.level = "silent";
  jar = new FakeCookieJar();
  const accessTokenExpiresAt = Math.floor(Date.now() / 1000);
  await startSession(jar, lib.createSession(tokenSet({ accessTokenExpiresAt }), null));
}

const visit = (browser: FakeCookieJar) =>
  lib.currentSession(browser, {
    method: "GET",
    pathname: "/profile",
    search: "",
    headers: new Headers(),
    requestId: "r",
  });

const logOut = (browser: FakeCookieJar) =>
  lib.logOut(new Request("http://0.0.0.0:3000/auth/logout", { method: "POST" }), browser, "r");

/** Delays the provider's answer to a refresh until the test calls `answer`. */
function heldRefresh() {
  const [asked, answered] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  op.answers["/token"] = async () => {
    asked.resolve();
    await answered.promise;
    return {
      json: { access_token: "new", token_type: "Bearer", expires_in: 300, refresh_token: "refresh-1" },
    };
  };
  return { asked: asked.promise, answer: () => answered.resolve() };
}

describe.each(STORAGES)("a logout or login during a refresh, with a session in %s", (storage) => {
  beforeEach(() => load(storage));

  test("a logout during a refresh also revokes the new refresh token, and the session stays ended", async () => {
    const { asked, answer } = heldRefresh();
    const browser = jar.copy();
    const visiting = visit(browser);
    await asked;
    await logOut(jar);
    const tasks = Promise.all(afterwards.map((task) => task()));
    answer();
    expect(await visiting).toBeNull();
    await tasks;
    expect(revoked.sort()).toEqual(["refresh-1", "refresh-token-0"]);
    expect(await openSession(browser)).toBeNull();
    expect(store.current.keys("session")).toEqual([]); // part: store
  });

  test("a logout with the cookie from before a refresh revokes the refresh token from after it", async () => {
    const before = jar.copy();
    expect(await visit(jar)).toMatchObject({ refreshToken: "refresh-1" });
    await logOut(before);
    await Promise.all(afterwards.map((task) => task()));
    expect(revoked).toEqual(["refresh-1"]);
    expect(await openSession(jar)).toBeNull();
  });

  test("a refresh that ends after a login replaced the session is dropped, and its refresh token is revoked", async () => {
    const { asked, answer } = heldRefresh();
    const visiting = visit(jar.copy());
    await asked;
    const replaced = (await openSession(jar)) ?? expect.fail();
    await lib.sessions().start(jar, lib.createSession(tokenSet(), null), {
      replaced,
      userAgent: null,
      begunAt: Date.now(),
    });
    answer();
    expect(await visiting).toBeNull();
    expect(revoked).toEqual(["refresh-1"]);
  });
});

// part: store
describe("a logout during a refresh by another server, with a store", () => {
  beforeEach(() => load("a store"));

  test("a logout revokes the refresh token that another server receives during the logout", async () => {
    const session = (await openSession(jar)) ?? expect.fail();
    store.current.before = async (name, [key = ""]) => {
      if (name !== "set" || !key.includes(":ended:")) return;
      store.current.before = () => undefined;
      op.answers["/token"] = () => ({
        json: { access_token: "another", token_type: "Bearer", refresh_token: "refresh-of-another-server" },
      });
      await lib.sessions().refresh(session, "another");
    };
    await logOut(jar);
    await Promise.all(afterwards.map((task) => task()));
    expect(revoked).toEqual(["refresh-of-another-server"]);
    expect(store.current.keys("session")).toEqual([]);
  });
});
// end part: store
