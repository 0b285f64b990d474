import { beforeEach, describe, expect, test, vi } from "vitest";
import { FakeCookieJar } from "@/dev/testing/cookie-jar.ts";
import { freshProcess, thrownBy } from "@/dev/testing/fresh-process.ts";
import { startSession } from "@/dev/testing/kept-sessions.ts";
import { keepSessionsIn, MemoryStore, STORE_URL, unavailable } from "@/dev/testing/memory-store.ts";
import { tokenSet } from "@/dev/testing/tokens.ts";
import { ROUTES } from "../routes.ts";
import type { CookieJar } from "../session-cookie.ts";

/** The visitor's browser. In this test, the function `cookies()` of Next.js returns its cookies. */
const browser = vi.hoisted(() => ({ jar: null as CookieJar | null }));
vi.mock("next/headers", () => ({
  headers: async () => new Headers(),
  cookies: async () => ({
    get: (name: string) => ({ value: browser.jar?.read(name) }),
    getAll: () => (browser.jar?.names?.() ?? []).map((name) => ({ name })),
    set: (name: string, value: string, options: object) => browser.jar?.write(name, value, options),
  }),
}));

let lib: typeof import("../guard.ts") & typeof import("../stored/unavailable.ts");
let logged: object[];

beforeEach(async () => {
  freshProcess();
  lib = { ...(await import("../guard.ts")), ...(await import("../stored/unavailable.ts")) };
  const { log } = await import("../../log.ts");
  logged = [];
  vi.spyOn(log, "error").mockImplementation((entry) => void logged.push(entry as object));
});

const answer = (
  pathname: string,
  headers: Record<string, string> = {},
  error: unknown = new lib.SessionsUnavailableError("x"),
) =>
  lib.answerUnavailable(error, {
    pathname,
    headers: new Headers(headers),
    requestId: "r",
  });

describe("answerUnavailable, while the session store is unavailable", () => {
  test.each([
    "/auth/me",
    "/auth/backchannel-logout", // part: remote-logout
    "/api/data",
    "/api/else",
    "/api",
  ])("%s answers 503 in JSON, with Retry-After", async (path) => {
    const response = answer(path) ?? expect.fail("a program must not get a page");
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("5");
    expect(response.headers.get("cache-control")).toBe("private, no-store");
    expect(await response.json()).toEqual({ error: "Sessions are unavailable" });
  });

  test.each(["/", "/public", "/profile", "/apis", "/auth/callback", "/auth/logout", "/nowhere"])(
    "%s gets no response here, because a page of the app shows the error",
    (path) => {
      expect(answer(path)).toBeNull();
      expect(answer(path, { "sec-fetch-dest": "document" })).toBeNull();
    },
  );

  test.each([{ rsc: "1" }, { "sec-fetch-dest": "empty" }])(
    "a script that fetches a page (%j) gets an empty 503, so that the router loads the whole page",
    async (headers) => {
      const response = answer("/profile", headers as Record<string, string>);
      expect([response?.status, await response?.text()]).toEqual([503, ""]);
      expect(response?.headers.get("retry-after")).toBe("5");
      expect(response?.headers.get("cache-control")).toBe("private, no-store");
    },
  );

  test("the log has the reason and the request id", () => {
    answer("/", {}, new lib.SessionsUnavailableError("sqlite at x: no answer"));
    expect(logged).toEqual([{ requestId: "r", step: "session", reason: "sqlite at x: no answer" }]);
  });
});

describe("a store that becomes unavailable during a request", () => {
  const ask = (path: string, work: () => Promise<Response>) =>
    lib.sessionRoute(work)(new Request(`http://0.0.0.0:3000${path}`));
  const failing = () => Promise.reject(new lib.SessionsUnavailableError("x"));

  test("a browser gets a 503 page that asks to try again", async () => {
    const response = await ask("/auth/logout", failing);
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "5"]);
    expect(response.headers.get("cache-control")).toBe("private, no-store");
    expect(await response.text()).toContain("Try again in a few seconds");
  });

  test("a program gets a 503 in JSON", async () => {
    const response = await ask("/auth/me", failing);
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ error: "Sessions are unavailable" });
  });

  test("sessionRoute passes on every other response, and throws every other error again", async () => {
    const answer = new Response("done");
    expect(await ask("/auth/logout", async () => answer)).toBe(answer);
    const error = new TypeError("a bug of ours");
    expect(await thrownBy(ask("/auth/logout", () => Promise.reject(error)))).toBe(error);
  });
});

test("answerUnavailable throws every other error again", () => {
  const error = new TypeError("a bug of ours");
  expect(() => answer("/", {}, error)).toThrow(error);
  expect(logged).toEqual([]);
});

describe("a request while the session store is unavailable", () => {
  const loggedIn = new FakeCookieJar();
  let store: MemoryStore;

  beforeEach(async () => {
    freshProcess({ SESSION_STORE_URL: STORE_URL });
    store = new MemoryStore();
    keepSessionsIn(store);
    lib = { ...(await import("../guard.ts")), ...(await import("../stored/unavailable.ts")) };
    const { createSession } = await import("../session.ts");
    await startSession(loggedIn, createSession(tokenSet(), null));
    store.before = unavailable;
  });

  /** Opens the session as the middleware does. */
  const visit = (pathname: string, jar: FakeCookieJar, method = "GET") =>
    lib.currentSession(jar, { method, pathname, search: "", headers: new Headers(), requestId: "r" });

  test.each(["/", "/public", "/profile", "/auth/me", "/api/data", "/nowhere"])(
    "a request for %s fails with SessionsUnavailableError, and no cookie is deleted",
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
  )(
    "a request for %s does not read the store in the guard, because its route manages the session",
    async (path) => {
      store.operations.length = 0;
      expect(await visit(path, loggedIn)).toBeNull();
      expect(store.operations).toEqual([]);
    },
  );

  test.each([
    ["callback", "GET"],
    ["logout", "GET"],
    ["logout", "POST"],
    ["sessions", "POST"], // part: remote-logout
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
    "a visitor without a cookie is served at %s without a request to the store",
    async (path) => {
      store.operations.length = 0;
      expect(await visit(path, new FakeCookieJar())).toBeNull();
      expect(store.operations).toEqual([]);
    },
  );
});

test("the middleware and the page of one request read the store once together", async () => {
  freshProcess({ SESSION_STORE_URL: STORE_URL });
  const store = new MemoryStore();
  keepSessionsIn(store);
  lib = { ...(await import("../guard.ts")), ...(await import("../stored/unavailable.ts")) };
  const jar = new FakeCookieJar();
  const { createSession } = await import("../session.ts");
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
  const { takeSession } = await import("../current-user.ts");
  expect(takeSession(headers)).toBe(session);
  expect(store.operations).toMatchObject([{ name: "get" }]);
});
