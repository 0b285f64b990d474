import { describe, expect, test } from "vitest";
import { isBrokenForm, isPrefetch, isScriptRequest, json, redirectTo, requestIdOf } from "./http.ts";

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

const FORM = "multipart/form-data; boundary=b";
const WHOLE = '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nc\r\n--b--\r\n';

test.each([
  ["is cut off", "POST", { "content-type": FORM }, WHOLE.slice(0, -9), true],
  ["is empty", "POST", { "content-type": FORM }, "", true],
  ["has no boundary", "POST", { "content-type": "multipart/form-data" }, WHOLE, true],
  ["is whole", "POST", { "content-type": FORM }, WHOLE, false],
  ["is an action's of Next.js's router", "POST", { "content-type": FORM, "next-action": "x" }, "", false],
  ["is of another kind", "POST", { "content-type": "application/x-www-form-urlencoded" }, "%", false],
  ["is sent by another method", "PUT", { "content-type": FORM }, "", false],
])(
  "a form that %s is broken only where Next.js could not parse it",
  async (_, method, headers, body, isBroken) => {
    const request = new Request("https://app.example.com/", {
      method,
      headers: headers as Record<string, string>,
      body,
    });
    expect(await isBrokenForm(request)).toBe(isBroken);
    expect(await request.text()).toBe(body); // the page still reads it
  },
);
