import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { propertyTest } from "@/dev/testing/property-test.ts";
import { locationFor, targetOf } from "./target.ts";

const BASE = "https://api.example.com/v1";
const of = (path: string, base = BASE) => targetOf(`https://app.example.com${path}`, base)?.href ?? null;

describe("targetOf", () => {
  test.each([
    ["/api/backend/orders", "https://api.example.com/v1/orders"],
    ["/api/backend/orders/a%20b/%C3%A4", "https://api.example.com/v1/orders/a%20b/%C3%A4"],
    [
      "/api/backend/orders?a=1&a=2&url=https://x.example/../",
      `${BASE}/orders?a=1&a=2&url=https://x.example/../`,
    ],
    ["/api/backend/a:b@c", `${BASE}/a:b@c`],
    ["/api/backend/..a", `${BASE}/..a`],
    ["/api/backend/100%25", `${BASE}/100%25`],
  ])("targetOf maps %s to %s", (path, expected) => {
    expect(of(path)).toBe(expected);
    expect(of(path, `${BASE}/`)).toBe(expected);
  });

  test("targetOf maps to the root of an API whose URL has no path", () => {
    expect(of("/api/backend/orders", "https://api.example.com")).toBe("https://api.example.com/orders");
  });

  test.each([
    "/api/backend",
    "/api/backend/",
    "/api/backends/x",
    "/api/backend/../data",
    "/api/backend/%2e%2e/data",
    "/api/backend/a/..%2f..%2fadmin",
    "/api/backend/..%2fadmin",
    "/api/backend/%2e%2e%2fadmin",
    "/api/backend/..%5cadmin",
    "/api/backend/a%2fb",
    "/api/backend/a%5Cb",
    "/api/backend/%252e%252e%252fadmin",
    "/api/backend/%25252e%25252e/admin",
    "/api/backend/%2525252525252e/admin",
    "/api/backend/..%252f%25",
    "/api/backend/%25252e%25252e%25252f%25zz",
    "/api/backend/..%20/admin",
    "/api/backend/..;/admin",
    "/api/backend/..;a=b/admin",
    "/api/backend/.;/admin",
    "/api/backend/;/admin",
    "/api/backend/%2e%2e%3b/admin",
    "/api/backend//evil.example/x",
    "/api/backend/x//y",
    "/api/backend/%00",
    "/api/backend/a%0d%0aHost:%20evil.example",
    "/api/backend/%C0%AE%C0%AE/admin",
    "/api/backend/%",
    "/api/backend/%zz",
  ])("targetOf refuses %s", (path) => {
    expect(of(path)).toBeNull();
  });

  propertyTest("a target never leaves the API's base URL, however often a server decodes it", () => {
    const piece = fc.constantFrom(
      ..."./\\%;@:?#a ",
      "..",
      "25",
      "2e",
      "%2f",
      "%5c",
      "%3b",
      "%00",
      "//evil.example",
    );
    const path = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(""));
    fc.assert(
      fc.property(path, (text) => {
        const found = URL.parse(`/api/backend/${text}`, "https://app.example.com");
        let reading = (found && targetOf(found.href, BASE))?.pathname ?? "/v1/";
        for (let step = 0; step < 4; step += 1) {
          const { origin, pathname } = new URL(reading.replace(/;[^/]*/g, ""), BASE);
          expect([origin, pathname.slice(0, 4)]).toEqual(["https://api.example.com", "/v1/"]);
          reading = reading.replace(/%[\da-f]{2}/gi, (code) => unescape(code));
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("locationFor", () => {
  const target = new URL(`${BASE}/orders?a=1`);
  test.each([
    ["https://api.example.com/v1/orders/7?b=2#c", "/api/backend/orders/7?b=2#c"],
    ["/v1/orders/7", "/api/backend/orders/7"],
    ["orders/7", "/api/backend/orders/7"],
    ["?page=2", "/api/backend/orders?page=2"],
  ])("locationFor maps the location %s to %s", (location, expected) => {
    expect(locationFor(location, target, BASE)).toBe(expected);
  });

  test.each([
    "https://evil.example/v1/orders",
    "//evil.example/v1/orders",
    "http://api.example.com/v1/orders",
    "https://api.example.com:444/v1/orders",
    "https://api.example.com.evil.example/v1/orders",
    "https://user@api.example.com/v1/orders",
    "/v2/orders",
    "../admin",
    "/v1",
    "javascript:alert(1)",
    "http://[",
  ])("locationFor returns null for the location %s", (location) => {
    expect(locationFor(location, target, BASE)).toBeNull();
  });
});
