import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { FakeCookieJar } from "@/dev/testing/cookie-jar.ts";
import { thrownBy } from "@/dev/testing/fresh-process.ts";
import { startSession } from "@/dev/testing/kept-sessions.ts";
import { freshProcessWith, STORAGES, type StorageKind } from "@/dev/testing/storages.ts";
import { tokenSet, unsignedJwt } from "@/dev/testing/tokens.ts";
import type { TokenSet } from "./provider/index.ts";
import { LoginError } from "./provider/index.ts";

const refreshTokens = vi.hoisted(() => vi.fn<() => Promise<TokenSet>>());
const next = vi.hoisted(() => ({ cookies: new Map<string, string>(), headers: new Headers() }));

vi.mock("./provider/requests.ts", async (original) => ({ ...(await original<object>()), refreshTokens }));
vi.mock("next/headers", () => ({
  headers: async () => next.headers,
  cookies: async () => ({
    get: (name: string) => (next.cookies.has(name) ? { value: next.cookies.get(name) } : undefined),
    getAll: () => [...next.cookies.keys()].map((name) => ({ name })),
    set: () => expect.fail("a server component cannot set a cookie"),
  }),
}));
vi.mock("next/navigation", () => ({
  redirect: (location: string) => {
    throw new Error(`redirect to ${location}`);
  },
  forbidden: () => {
    throw new Error("403");
  },
}));

const NOW = 1_700_000_000;

let lib: typeof import("./current-user.ts") &
  typeof import("./refresh.ts") &
  typeof import("./session-cookie.ts") &
  typeof import("./session.ts");

async function load(storage: StorageKind): Promise<void> {
  vi.useFakeTimers({ now: NOW * 1000 });
  freshProcessWith(storage);
  next.cookies.clear();
  next.headers = new Headers();
  lib = {
    ...(await import("./current-user.ts")),
    ...(await import("./refresh.ts")),
    ...(await import("./session-cookie.ts")),
    ...(await import("./session.ts")),
  };
  (await import("../log.ts")).log.level = "silent";
}

afterEach(() => void vi.useRealTimers());

/** Logs somebody in. @returns the session */
async function logIn(changes: Partial<ReturnType<typeof tokenSet>> = {}) {
  const jar = new FakeCookieJar();
  const session = lib.createSession(tokenSet(changes), null);
  await startSession(jar, session);
  for (const [name, value] of jar.cookies) next.cookies.set(name, value);
  return session;
}

describe.each(STORAGES)("the current user, with sessions in %s [C6] [K7]", (storage) => {
  beforeEach(() => load(storage));

  test("getUser returns the session's user, and getSession returns the tokens for server code [C15]", async () => {
    await logIn();
    expect(await lib.getUser()).toMatchObject({ sub: "alice", name: "Alice" });
    expect(await lib.getSession()).toMatchObject({
      accessToken: "access-token-0",
      refreshToken: "refresh-token-0",
      idToken: tokenSet().idToken,
    });
  });

  test("getUser and getSession return null without a session", async () => {
    expect([await lib.getUser(), await lib.getSession()]).toEqual([null, null]);
  });

  test("a user without a name claim is called Anonymous [C10]", async () => {
    await logIn({ idToken: unsignedJwt({ sub: "alice" }) });
    expect(await lib.getUser()).toMatchObject({ name: "Anonymous", email: null });
  });
});

describe.each(STORAGES)("a session in %s whose access token has expired [C16]", (storage) => {
  beforeEach(() => load(storage));

  test("getSession returns null when the access token expires and there is no refresh token", async () => {
    await logIn({ accessTokenExpiresAt: NOW + 60, refreshToken: null });
    expect(await lib.getSession()).not.toBeNull();
    vi.setSystemTime((NOW + 60) * 1000);
    expect(await lib.getSession()).toBeNull();
  });

  test("getSession returns the session while the provider cannot be reached", async () => {
    const session = await logIn({ accessTokenExpiresAt: NOW });
    refreshTokens.mockRejectedValue(new LoginError("provider_unavailable", ""));
    await lib.refreshSession(session, "r");
    expect(await lib.getSession()).not.toBeNull();
  });

  test("getSession returns null after the provider has rejected the refresh", async () => {
    const session = await logIn({ accessTokenExpiresAt: NOW });
    refreshTokens.mockRejectedValue(new LoginError("provider_error", "", { providerError: "invalid_grant" }));
    await lib.refreshSession(session, "r");
    expect(await lib.getSession()).toBeNull();
  });
});

describe.each(STORAGES)("requireUser in a page, with sessions in %s [A7]", (storage) => {
  beforeEach(() => load(storage));

  test("requireUser returns the user and the session", async () => {
    await logIn();
    expect(await lib.requireUser("/profile")).toMatchObject({ user: { sub: "alice" }, session: { v: 1 } });
  });

  test("requireUser sends a visitor without a session to the login, and back to the page with its query", async () => {
    next.headers.set("x-search", "?a=1");
    const thrown = await thrownBy(lib.requireUser("/protected"));
    expect(String(thrown)).toContain("redirect to /auth/login?returnTo=%2Fprotected%3Fa%3D1");
  });

  test("a page can choose the query to return with, for example a form's input, unless it is too long", async () => {
    next.headers.set("x-search", "?a=1");
    const loginWith = async (note: string) =>
      String(await thrownBy(lib.requireUser(`/protected?${new URLSearchParams({ note })}`)));
    expect(await loginWith("a & b")).toContain(
      "redirect to /auth/login?returnTo=%2Fprotected%3Fnote%3Da%2B%2526%2Bb",
    );
    expect(await loginWith("x".repeat(3_000))).toContain("redirect to /auth/login?returnTo=%2Fprotected");
  });
});

describe.each(STORAGES)("a page, action or route with a requirement, with sessions in %s", (storage) => {
  beforeEach(() => load(storage));

  const claims = (more: object) => ({ idToken: unsignedJwt({ sub: "alice", roles: ["staff"], ...more }) });
  const requirement = { roles: ["staff"], maxAge: 300 };
  const STEP_UP = "returnTo=%2Forders%3Fitem%3D1&max_age=300&prompt=login&step_up=1";

  test("a user who fulfils the requirement can use the page, the action and the route", async () => {
    await logIn(claims({ auth_time: NOW }));
    const alice = { user: { sub: "alice" }, session: { authTime: NOW } };
    expect(await lib.requireUser("/orders", requirement)).toMatchObject(alice);
    expect(await lib.requireUserInAction("/orders", requirement)).toMatchObject(alice);
    const route = lib.requireUserInRoute(requirement, (_request, found, { id }: { id: number }) =>
      Response.json([found.user.sub, id]),
    );
    expect(await (await route(new Request("https://app.example.com/"), { id: 1 })).json()).toEqual([
      "alice",
      1,
    ]);
  });

  test("a user without the role gets a 403 page, an error from the action, or 403 in JSON from the route", async () => {
    await logIn(claims({ auth_time: 1 }));
    const roles = ["editor"];
    expect(String(await thrownBy(lib.requireUser("/orders", { ...requirement, roles })))).toContain("403");
    const error = "This needs role editor.";
    expect(await lib.requireUserInAction("/orders", { ...requirement, roles })).toEqual({ error });
    const answer = await lib.requireUserInRoute({ ...requirement, roles }, unreached)(request("GET"), null);
    expect([answer.status, await answer.json()]).toEqual([403, { error }]);
    expect(answer.headers.get("cache-control")).toContain("no-store");
  });

  test("a user with an old login is redirected by page and action, and gets the login URL from a route", async () => {
    await logIn(claims({ auth_time: 1 }));
    for (const ask of [lib.requireUser, lib.requireUserInAction]) {
      const thrown = String(await thrownBy(ask("/orders?item=1", requirement)));
      expect(thrown).toContain(`redirect to /auth/login?${STEP_UP}`);
    }
    const answer = await lib.requireUserInRoute(requirement, unreached)(
      request("POST", {
        "sec-fetch-site": "same-origin",
      }),
      null,
    );
    const login = "/auth/login?max_age=300&prompt=login&step_up=1";
    const body = { error: "This needs a more recent login.", login };
    expect([answer.status, await answer.json()]).toEqual([401, body]);
  });

  test("a visitor without a session is sent to an ordinary login, without the requirement", async () => {
    for (const ask of [lib.requireUser, lib.requireUserInAction]) {
      expect(String(await thrownBy(ask("/orders", requirement)))).toMatch(/login\?returnTo=%2Forders$/);
    }
    const answer = await lib.requireUserInRoute(requirement, unreached)(request("POST"), null);
    expect([answer.status, await answer.json()]).toEqual([401, { error: "Authentication required" }]);
  });

  test.each([
    ["POST", { "sec-fetch-site": "cross-site" }],
    ["POST", { "sec-fetch-site": "same-site", origin: "https://app.example.com" }],
    ["DELETE", { "sec-fetch-site": "none" }],
    ["PUT", { origin: "https://evil.example" }],
    ["PATCH", { origin: "null" }],
    ["POST", {}],
  ])("a route refuses a state-changing request from another site: %s with %j", async (method, headers) => {
    await logIn();
    const answer = await lib.requireUserInRoute({}, unreached)(request(method, headers), null);
    expect([answer.status, await answer.json()]).toEqual([
      403,
      { error: "Only pages of this app may send this request." },
    ]);
  });

  test.each([
    ["GET", { "sec-fetch-site": "cross-site" }],
    ["POST", { "sec-fetch-site": "same-origin" }],
    ["POST", { origin: "https://app.example.com" }],
  ])(
    "a route answers requests from the app's own pages, and any GET: %s with %j",
    async (method, headers) => {
      await logIn();
      const route = lib.requireUserInRoute({}, () => new Response(null, { status: 204 }));
      expect((await route(request(method, headers), null)).status).toBe(204);
    },
  );

  const request = (method: string, headers: Record<string, string> = {}) =>
    new Request("https://app.example.com/api/orders", { method, headers });
  const unreached = () => expect.fail("the route's handler was called");
});
