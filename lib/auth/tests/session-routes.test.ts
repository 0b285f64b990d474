import { beforeEach, describe, expect, test, vi } from "vitest";
import { freshProcess } from "@/dev/testing/fresh-process.ts";

const cookies = vi.hoisted(() => new Map([["hello", "1"]]));

vi.mock("next/headers", () => ({
  cookies: async () => ({
    get: (name: string) => (cookies.has(name) ? { value: cookies.get(name) } : undefined),
    getAll: () => [...cookies.keys()].map((name) => ({ name })),
    set: (name: string, value: string) => void cookies.set(name, value),
  }),
}));

let lib: typeof import("../guard.ts") & typeof import("../login.ts");

beforeEach(async () => {
  freshProcess();
  lib = { ...(await import("../guard.ts")), ...(await import("../login.ts")) };
});

const FORGED = { "x-request-id": "11111111-2222-3333-4444-555555555555" };
const request = () => new Request("http://0.0.0.0:3000/auth/login", { headers: FORGED });

test.each([
  ["https://app.example.com", "max-age=31536000"],
  ["http://localhost:4040", null],
])("a route of a login at %s demands https of the browser where it has it", async (url, expected) => {
  freshProcess({ APP_BASE_URL: url });
  const { sessionRoute } = await import("../guard.ts");
  const answer = new Response("no", { status: 400, headers: { "x-own": "kept" } });
  const response = await sessionRoute(async () => answer)(request());
  expect([response.status, await response.text(), response.headers.get("x-own")]).toEqual([
    400,
    "no",
    "kept",
  ]);
  expect(response.headers.get("strict-transport-security")).toBe(expected);
});

test("a route of a login goes by an id of its own, whatever the visitor sent as one", async () => {
  const ids: string[] = [];
  const route = lib.sessionRoute(async (_request, _jar, requestId) => {
    ids.push(requestId);
    return new Response();
  });
  await route(request());
  await route(request());
  expect(new Set([...ids, FORGED["x-request-id"]]).size).toBe(3);
  for (const id of ids) expect(id).toMatch(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
});

test("HEAD does nothing at a route of a login: no code is spent, no login begins", async () => {
  const step = vi.fn(async () => new Response());
  const head = new Request("http://0.0.0.0:3000/auth/callback?code=c&state=s", { method: "HEAD" });
  const response = await lib.sessionRoute(step)(head);
  expect(step).not.toHaveBeenCalled();
  expect([response.status, response.headers.get("cache-control")]).toEqual([200, "private, no-store"]);
  expect(response.headers.get("strict-transport-security")).not.toBeNull();
});

describe("what the provider posts [A4]", () => {
  const post = (body: string, path = "/auth/callback") =>
    lib.redirectFormPost(new Request(`http://0.0.0.0:3000${path}`, { method: "POST", body }));

  test.each([
    ["/auth/callback", "/auth/callback?code=a+b&state=%26x"],
    ["/auth/callback?tenant=x", "/auth/callback?tenant=x&code=a+b&state=%26x"],
    ["/auth/login", "/auth/login?code=a+b&state=%26x"],
  ])("to %s is sent on to the same address by GET, which brings the cookies", async (path, expected) => {
    const response = await post("code=a+b&state=%26x", path);
    expect([response.status, response.headers.get("location")]).toEqual([303, expected]);
  });

  test("is nothing where the form is one that a visitor fills in: what was typed stands in no URL", async () => {
    const body = new FormData();
    body.set("note", "private");
    const request = new Request("http://0.0.0.0:3000/auth/login?returnTo=/profile", { method: "POST", body });
    const response = await lib.redirectFormPost(request);
    expect(response.headers.get("location")).toBe("/auth/login?returnTo=%2Fprofile");
  });

  test("never becomes longer than a URL may be", async () => {
    expect((await post("a".repeat(100_000))).headers.get("location")?.length).toBeLessThan(17_000);
  });
});

test("a route of a login reads and writes the visitor's cookies", async () => {
  const route = lib.sessionRoute(async (_request, jar) => {
    jar.write("written", `${jar.read("hello")}2`, { path: "/" });
    return new Response();
  });
  await route(request());
  expect(cookies.get("written")).toBe("12");
});
