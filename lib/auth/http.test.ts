import { describe, expect, test } from "vitest";
import { isBrokenForm, isPrefetch, isScriptRequest, json, redirectTo, requestIdOf } from "./http.ts";

const headers = (init: Record<string, string>) => new Headers(init);

describe("isPrefetch", () => {
  test.each([
    { "sec-purpose": "prefetch" },
    { "sec-purpose": "prefetch;prerender" },
    { "sec-purpose": "Prefetch" },
    { purpose: "prefetch" },
    { purpose: "prerender" },
    { "x-moz": "prefetch" },
    { "next-router-prefetch": "1" },
    { "next-router-prefetch": "" },
  ])("the headers %j mark a prefetch", (init) => {
    expect(isPrefetch(headers(init as Record<string, string>))).toBe(true);
  });

  test.each([
    {},
    { purpose: "" },
    { "sec-purpose": "visit" },
    { rsc: "1" },
    { "sec-fetch-dest": "document" },
  ])("the headers %j do not mark a prefetch", (init) => {
    expect(isPrefetch(headers(init as Record<string, string>))).toBe(false);
  });
});

describe("isScriptRequest", () => {
  test.each([
    { rsc: "1" },
    { rsc: "" },
    { "sec-fetch-dest": "empty" },
    { "sec-fetch-dest": "image" },
    { "sec-fetch-dest": "script" },
    { "sec-fetch-dest": "" },
    { "sec-fetch-dest": "document", rsc: "1" },
    { "sec-fetch-dest": "xdocument" },
  ])("the headers %j mark a request by a script", (init) => {
    expect(isScriptRequest(headers(init as Record<string, string>))).toBe(true);
  });

  test.each([
    {},
    { "sec-fetch-dest": "document" },
    { "sec-fetch-dest": "iframe" },
    { "sec-fetch-dest": "frame" },
    { accept: "application/json" },
  ])("the headers %j belong to a page load", (init) => {
    expect(isScriptRequest(headers(init as Record<string, string>))).toBe(false);
  });
});

describe("requestIdOf, json and redirectTo", () => {
  test("requestIdOf returns the id that the middleware set", () => {
    expect(requestIdOf({ headers: headers({ "x-request-id": "abc" }) })).toBe("abc");
    expect(requestIdOf({ headers: headers({}) })).toBe("unknown");
  });

  test("json makes a response that no cache stores [K7]", async () => {
    const response = json({ a: 1 }, 401);
    expect(response.status).toBe(401);
    expect(response.headers.get("content-type")).toMatch(/^application\/json/);
    expect(response.headers.get("cache-control")).toBe("private, no-store");
    expect(await response.json()).toEqual({ a: 1 });
  });

  test.each([302, 303, 307] as const)(
    "redirectTo with %i makes a response that no cache stores, and its target may be a path",
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
  [
    "belongs to a server action of the router",
    "POST",
    { "content-type": FORM, "next-action": "x" },
    "",
    false,
  ],
  ["is URL-encoded", "POST", { "content-type": "application/x-www-form-urlencoded" }, "%", false],
  ["is sent with PUT", "PUT", { "content-type": FORM }, "", false],
])(
  "isBrokenForm is true only for a form that Next.js cannot parse: a form that %s",
  async (_, method, headers, body, isBroken) => {
    const request = new Request("https://app.example.com/", {
      method,
      headers: headers as Record<string, string>,
      body,
    });
    expect(await isBrokenForm(request)).toBe(isBroken);
    expect(await request.text()).toBe(body); // the page can still read the body
  },
);
