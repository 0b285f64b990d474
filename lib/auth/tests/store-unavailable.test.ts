import { beforeEach, describe, expect, test, vi } from "vitest";
import { freshProcess, thrownBy } from "@/dev/testing/fresh-process.ts";

vi.mock("next/headers", () => ({ cookies: async () => ({ getAll: () => [] }) }));

let lib: typeof import("../guard.ts") & typeof import("../errors.ts");
let logged: object[];

beforeEach(async () => {
  freshProcess();
  lib = { ...(await import("../guard.ts")), ...(await import("../errors.ts")) };
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
    method: "GET",
    pathname,
    search: "",
    headers: new Headers(headers),
    requestId: "r",
  });

describe("while the session store is away", () => {
  test.each(["/auth/me", "/auth/backchannel-logout", "/api/data", "/api/else", "/api"])(
    "%s answers a program in JSON that it may come back",
    async (path) => {
      const response = answer(path) ?? expect.fail("a page is no answer to a program");
      expect(response.status).toBe(503);
      expect(response.headers.get("retry-after")).toBe("5");
      expect(response.headers.get("cache-control")).toBe("private, no-store");
      expect(await response.json()).toEqual({ error: "Sessions are unavailable" });
    },
  );

  test.each(["/", "/public", "/profile", "/apis", "/auth/callback", "/auth/logout", "/nowhere"])(
    "%s has a page say so",
    (path) => {
      expect(answer(path)).toBeNull();
      expect(answer(path, { "sec-fetch-dest": "document" })).toBeNull();
    },
  );

  test.each([{ rsc: "1" }, { "sec-fetch-dest": "empty" }])(
    "a script that asks for a page (%j) gets a bare 503, and Next's router then loads the page",
    async (headers) => {
      const response = answer("/profile", headers as Record<string, string>);
      expect([response?.status, await response?.text()]).toEqual([503, ""]);
      expect(response?.headers.get("retry-after")).toBe("5");
      expect(response?.headers.get("cache-control")).toBe("private, no-store");
    },
  );

  test("the log says why, under the request's id", () => {
    answer("/", {}, new lib.SessionsUnavailableError("sqlite at x: no answer"));
    expect(logged).toEqual([{ requestId: "r", step: "session", reason: "sqlite at x: no answer" }]);
  });
});

describe("a store that goes away in the midst of a request", () => {
  const ask = (path: string, work: () => Promise<Response>) =>
    lib.sessionRoute(work)(new Request(`http://0.0.0.0:3000${path}`));
  const failing = () => Promise.reject(new lib.SessionsUnavailableError("x"));

  test("has a browser told that nothing was changed", async () => {
    const response = await ask("/auth/logout", failing);
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "5"]);
    expect(response.headers.get("cache-control")).toBe("private, no-store");
    expect(await response.text()).toContain("nothing was changed");
  });

  test("has a program told in JSON", async () => {
    const response = await ask("/auth/backchannel-logout", failing);
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ error: "Sessions are unavailable" });
  });

  test("is nothing that an answer or another error has to do with", async () => {
    const answer = new Response("done");
    expect(await ask("/auth/logout", async () => answer)).toBe(answer);
    const error = new TypeError("a bug of ours");
    expect(await thrownBy(ask("/auth/logout", () => Promise.reject(error)))).toBe(error);
  });
});

test("anything else that was thrown is thrown on", () => {
  const error = new TypeError("a bug of ours");
  expect(() => answer("/", {}, error)).toThrow(error);
  expect(logged).toEqual([]);
});
