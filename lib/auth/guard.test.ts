import { beforeEach, describe, expect, test, vi } from "vitest";
import { FakeCookieJar } from "@/dev/testing/cookie-jar.ts";
import { freshProcess, thrownBy } from "@/dev/testing/fresh-process.ts";
import { startSession } from "@/dev/testing/kept-sessions.ts";
import { away, keepSessionsIn, MemoryStore, STORE_URL } from "@/dev/testing/memory-store.ts";
import { tokenSet } from "@/dev/testing/tokens.ts";
import { ROUTES } from "./routes.ts";
import type { CookieJar } from "./session-cookie.ts";

/** The browser whose cookies Next's `cookies()` gives. */
const browser = vi.hoisted(() => ({ jar: null as CookieJar | null }));
vi.mock("next/headers", () => ({
  headers: async () => new Headers(),
  cookies: async () => ({
    get: (name: string) => ({ value: browser.jar?.read(name) }),
    getAll: () => (browser.jar?.names?.() ?? []).map((name) => ({ name })),
    set: (name: string, value: string, options: object) => browser.jar?.write(name, value, options),
  }),
}));

let lib: typeof import("./guard.ts");

beforeEach(async () => {
  freshProcess();
  lib = await import("./guard.ts");
});

/** The guard's answer to an anonymous visitor. */
function refuse(url: string, headers: Record<string, string> = {}, method = "GET"): Response | null {
  const { pathname, search } = new URL(url, "https://app.example.com");
  return lib.refuseAnonymous({
    method,
    pathname,
    search,
    headers: new Headers(headers),
    requestId: "r",
  });
}

describe("an anonymous visitor [A7] [C6]", () => {
  test.each(["/profile", "/dashboard", "/protected", "/admin", "/profile/", "/admin/deeper/still"])(
    "of %s is sent to log in and brought back",
    (path) => {
      const response = refuse(`${path}?a=1&b=c%20d`);
      expect(response?.status).toBe(307);
      const location = new URL(response?.headers.get("location") ?? "");
      expect(location.origin + location.pathname).toBe("https://app.example.com/auth/login");
      expect(location.searchParams.get("returnTo")).toBe(`${path}?a=1&b=c%20d`);
      expect(response?.headers.get("cache-control")).toBe("private, no-store");
    },
  );

  test.each([
    "/",
    "/public",
    "/auth/login",
    "/auth/error",
    "/auth/me",
    "/login",
    "/profiles",
    "/adminx",
    "/apis",
  ])("of %s passes", (path) => {
    expect(refuse(path)).toBeNull();
  });

  test.each(["/api", "/api/data", "/api/anything/else"])("of %s gets 401 as JSON [K8]", async (path) => {
    const response = refuse(path);
    expect(response?.status).toBe(401);
    expect(await response?.json()).toEqual({ error: "Authentication required" });
    expect(response?.headers.get("cache-control")).toBe("private, no-store");
  });

  test.each([{ rsc: "1" }, { "sec-fetch-dest": "empty" }, { "next-router-prefetch": "1", rsc: "1" }])(
    "whose script asks for a page (%j) is never led to another origin",
    async (headers) => {
      const response = refuse("/profile", headers as Record<string, string>);
      expect(response?.status).toBe(401);
      expect(response?.headers.get("location")).toBeNull();
      expect(await response?.text()).toBe("");
    },
  );

  const FORM = "multipart/form-data; boundary=b";
  const ACTIONS: Record<string, string>[] = [
    {
      "next-action": "00abc",
      accept: "text/x-component",
      "sec-fetch-dest": "empty",
      "content-type": "text/plain",
    },
    { "next-action": "00abc", "sec-fetch-dest": "empty", "content-type": FORM },
    { "sec-fetch-dest": "document", "content-type": FORM },
  ];

  test.each(ACTIONS)("reaches a page's server action (%j), which asks for the session itself", (headers) => {
    for (const path of ["/profile", "/admin/deeper?a=1"]) expect(refuse(path, headers, "POST")).toBeNull();
  });

  test.each(ACTIONS)(
    "reaches no route by the headers of an action (%j), and no page by another method",
    (headers) => {
      expect(refuse("/api/data", headers, "POST")?.status).toBe(401);
      for (const method of ["GET", "HEAD", "PUT"])
        expect(refuse("/profile", headers, method)?.status).toBeGreaterThan(300);
    },
  );

  test("who posts to a page something else than an action is sent to log in by GET", () => {
    const form = { "content-type": "application/x-www-form-urlencoded" };
    expect([refuse("/profile", form, "POST")?.status, refuse("/profile", form, "HEAD")?.status]).toEqual([
      303, 307,
    ]);
  });

  test("of a page under an odd spelling is sent to no other origin", () => {
    expect(refuse("/profile//evil.com")?.headers.get("location")).toBe(
      "https://app.example.com/auth/login?returnTo=%2Fprofile%2F%2Fevil.com",
    );
  });
});

describe("while the session store is away", () => {
  const loggedIn = new FakeCookieJar();
  let store: MemoryStore;

  beforeEach(async () => {
    freshProcess({ SESSION_STORE_URL: STORE_URL });
    store = new MemoryStore();
    keepSessionsIn(store);
    lib = await import("./guard.ts");
    const { createSession } = await import("./session.ts");
    await startSession(loggedIn, createSession(tokenSet(), null));
    store.before = away;
  });

  /** What the middleware asks for first. */
  const visit = (pathname: string, jar: FakeCookieJar, method = "GET") =>
    lib.currentSession(jar, { method, pathname, search: "", headers: new Headers(), requestId: "r" });

  test.each(["/", "/public", "/profile", "/auth/me", "/api/data", "/nowhere"])(
    "nobody knows who asks for %s, and no cookie is taken away",
    async (path) => {
      const written = loggedIn.written.length;
      expect(await thrownBy(visit(path, loggedIn))).toMatchObject({ name: "SessionsUnavailableError" });
      expect(loggedIn.written).toHaveLength(written);
      store.before = () => undefined;
      expect(await visit(path, loggedIn)).toMatchObject({ accessToken: "access-token-0" });
    },
  );

  test.each(
    ROUTES.filter(({ access }) => access === "session").flatMap(({ path, alias = path }) => [path, alias]),
  )("%s is left to the route, which deals with the session itself", async (path) => {
    store.operations.length = 0;
    expect(await visit(path, loggedIn)).toBeNull();
    expect(store.operations).toEqual([]);
  });

  test.each([
    ["callback", "GET"],
    ["logout", "GET"],
    ["logout", "POST"],
    ["sessions", "POST"],
  ])("the route /auth/%s answers %s with 503, and changes nothing", async (name, method) => {
    browser.jar = loggedIn;
    const route = await import(`@/app/auth/${name}/route.ts`);
    const written = loggedIn.written.length;
    const response = await route[method](
      new Request(`http://0.0.0.0:3000/auth/${name}?code=c&state=s`, { method }),
    );
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "5"]);
    expect(loggedIn.written).toHaveLength(written);
  });

  test.each(["/", "/public", "/profile", "/auth/me"])(
    "a visitor without a cookie is served at %s",
    async (path) => {
      store.operations.length = 0;
      expect(await visit(path, new FakeCookieJar())).toBeNull();
      expect(store.operations).toEqual([]);
    },
  );
});

test("a page asks the store once, and what follows it in the same request not at all", async () => {
  freshProcess({ SESSION_STORE_URL: STORE_URL });
  const store = new MemoryStore();
  keepSessionsIn(store);
  lib = await import("./guard.ts");
  const jar = new FakeCookieJar();
  const { createSession } = await import("./session.ts");
  await startSession(jar, createSession(tokenSet(), null));
  store.operations.length = 0;
  const headers = new Headers({ "x-request-id": "r", cookie: "as in the jar" });
  const session = await lib.currentSession(jar, {
    method: "GET",
    pathname: "/profile",
    search: "",
    headers,
    requestId: "r",
  });
  const { takeSession } = await import("./current-user.ts");
  expect(takeSession(headers)).toBe(session);
  expect(store.operations).toMatchObject([{ name: "get" }]);
});
