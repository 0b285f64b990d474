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
])("a login route at %s sends Strict-Transport-Security only over https", async (url, expected) => {
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

test("a login route uses a new request id, whatever X-Request-Id the visitor sends", async () => {
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

test("a HEAD request at a login route does nothing: it uses up no code and begins no login", async () => {
  const step = vi.fn(async () => new Response());
  const head = new Request("http://0.0.0.0:3000/auth/callback?code=c&state=s", { method: "HEAD" });
  const response = await lib.sessionRoute(step)(head);
  expect(step).not.toHaveBeenCalled();
  expect([response.status, response.headers.get("cache-control")]).toEqual([200, "private, no-store"]);
  expect(response.headers.get("strict-transport-security")).not.toBeNull();
});

describe("redirectFormPost, for an answer that the provider posts [A4]", () => {
  const post = (body: string, path = "/auth/callback") =>
    lib.redirectFormPost(new Request(`http://0.0.0.0:3000${path}`, { method: "POST", body }));

  test.each([
    ["/auth/callback", "/auth/callback?code=a+b&state=%26x"],
    ["/auth/callback?tenant=x", "/auth/callback?tenant=x&code=a+b&state=%26x"],
    ["/auth/login", "/auth/login?code=a+b&state=%26x"],
  ])(
    "a form post to %s is redirected to the same path by GET, so that the browser sends its cookies",
    async (path, expected) => {
      const response = await post("code=a+b&state=%26x", path);
      expect([response.status, response.headers.get("location")]).toEqual([303, expected]);
    },
  );

  test("the input of a visitor's own form is not put into the URL", async () => {
    const body = new FormData();
    body.set("note", "private");
    const request = new Request("http://0.0.0.0:3000/auth/login?returnTo=/profile", { method: "POST", body });
    const response = await lib.redirectFormPost(request);
    expect(response.headers.get("location")).toBe("/auth/login?returnTo=%2Fprofile");
  });

  test("the URL of the redirect stays short even for a long form", async () => {
    expect((await post("a".repeat(100_000))).headers.get("location")?.length).toBeLessThan(17_000);
  });
});

test("a login route can read and write the visitor's cookies", async () => {
  const route = lib.sessionRoute(async (_request, jar) => {
    jar.write("written", `${jar.read("hello")}2`, { path: "/" });
    return new Response();
  });
  await route(request());
  expect(cookies.get("written")).toBe("12");
});
