import { describe, expect, test } from "vitest";
import { brokenFormStatus, isPrefetch, isScriptRequest, json, redirectTo, requestIdOf } from "./http.ts";

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
  ["is cut off", "POST", { "content-type": FORM }, WHOLE.slice(0, -9), 400],
  ["is empty", "POST", { "content-type": FORM }, "", 400],
  ["has no boundary", "POST", { "content-type": "multipart/form-data" }, WHOLE, 400],
  ["is whole", "POST", { "content-type": FORM }, WHOLE, null],
  [
    "belongs to a server action of the router",
    "POST",
    { "content-type": FORM, "next-action": "x" },
    "",
    null,
  ],
  ["has an upper-case type", "POST", { "content-type": FORM.replace("form-data", "FORM-DATA") }, "", 400],
  ["is longer than 1 MB", "POST", { "content-type": FORM, "content-length": "1048577" }, WHOLE, 413],
  ["does not state its length", "POST", { "content-type": FORM, "content-length": null }, WHOLE, 411],
  ["is URL-encoded", "POST", { "content-type": "application/x-www-form-urlencoded" }, "%", null],
  ["is sent with PUT", "PUT", { "content-type": FORM }, "", null],
])(
  "brokenFormStatus finds only forms that Next.js would answer with 500: a form that %s",
  async (_, method, headers, body, status) => {
    const length = { "content-length": String(body.length) };
    const given = Object.entries({ ...length, ...headers }).filter(
      (header): header is [string, string] => header[1] !== null,
    );
    const request = new Request("https://app.example.com/", { method, headers: new Headers(given), body });
    expect(await brokenFormStatus(request)).toBe(status);
    expect(await request.text()).toBe(body); // the page can still read the body
  },
);
