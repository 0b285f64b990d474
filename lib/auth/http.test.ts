import { describe, expect, test } from "vitest";
import { isPrefetch, isScriptRequest, json, redirectTo, requestIdOf } from "./http.ts";

const headers = (init: Record<string, string>) => new Headers(init);

describe("a prefetch", () => {
  test.each([
    { "sec-purpose": "prefetch" },
    { "sec-purpose": "prefetch;prerender" },
    { "sec-purpose": "Prefetch" },
    { purpose: "prefetch" },
    { purpose: "prerender" },
    { "x-moz": "prefetch" },
    { "next-router-prefetch": "1" },
    { "next-router-prefetch": "" },
  ])("%j is one", (init) => {
    expect(isPrefetch(headers(init as Record<string, string>))).toBe(true);
  });

  test.each([
    {},
    { purpose: "" },
    { "sec-purpose": "visit" },
    { rsc: "1" },
    { "sec-fetch-dest": "document" },
  ])("%j is none", (init) => {
    expect(isPrefetch(headers(init as Record<string, string>))).toBe(false);
  });
});

describe("a request by a script", () => {
  test.each([
    { rsc: "1" },
    { rsc: "" },
    { "sec-fetch-dest": "empty" },
    { "sec-fetch-dest": "image" },
    { "sec-fetch-dest": "script" },
    { "sec-fetch-dest": "" },
    { "sec-fetch-dest": "document", rsc: "1" },
    { "sec-fetch-dest": "xdocument" },
  ])("%j is one", (init) => {
    expect(isScriptRequest(headers(init as Record<string, string>))).toBe(true);
  });

  test.each([
    {},
    { "sec-fetch-dest": "document" },
    { "sec-fetch-dest": "iframe" },
    { "sec-fetch-dest": "frame" },
    { accept: "application/json" },
  ])("%j is a person's", (init) => {
    expect(isScriptRequest(headers(init as Record<string, string>))).toBe(false);
  });
});

describe("answers", () => {
  test("the request's id is the middleware's", () => {
    expect(requestIdOf({ headers: headers({ "x-request-id": "abc" }) })).toBe("abc");
    expect(requestIdOf({ headers: headers({}) })).toBe("unknown");
  });

  test("JSON that depends on who asks is kept by nobody [K7]", async () => {
    const response = json({ a: 1 }, 401);
    expect(response.status).toBe(401);
    expect(response.headers.get("content-type")).toMatch(/^application\/json/);
    expect(response.headers.get("cache-control")).toBe("private, no-store");
    expect(await response.json()).toEqual({ a: 1 });
  });

  test.each([302, 303, 307] as const)(
    "a redirect with %i is kept by nobody and may be a bare path",
    (status) => {
      const response = redirectTo("/profile", status);
      expect(response.status).toBe(status);
      expect(response.headers.get("location")).toBe("/profile");
      expect(response.headers.get("cache-control")).toBe("private, no-store");
    },
  );
});
