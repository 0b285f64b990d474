import { describe, expect, test } from "vitest";
import { loginPath, parseReturnTo } from "./return-to.ts";

describe("parseReturnTo with pages of this app", () => {
  test.each([
    "/",
    "/profile",
    "/dashboard/",
    "/public?a=1&b=2",
    "/public?next=https://evil.com/",
    "/public?next=//evil.com",
    "/public?q=100%25",
    "/public#section",
    "/public?a=b#c?d",
    "/search?q=a+b%20c",
    "/caf%C3%A9/%E3%81%82",
    "/authors",
    "/authentic/login",
    "/login-help",
    "/logout.html",
    "/docs/auth/login",
    "/public?auth=/auth/login",
    "/public#/auth/login",
    "/@evil.com",
    "/profile@evil.com",
    "/:80",
    "/a/b/",
    "/javascript:alert(1)",
  ])("parseReturnTo keeps %s", (path) => {
    expect(parseReturnTo(path)).toBe(path);
  });

  test.each([
    ["/a/../b", "/b"],
    ["/a/./b", "/a/b"],
    ["/a/%2e%2e/b", "/b"],
    ["/../profile", "/profile"],
    ["/auth/../profile", "/profile"],
    ["/café", "/caf%C3%A9"],
    ["/あ?い#う", "/%E3%81%82?%E3%81%84#%E3%81%86"],
    ["/a b", "/a%20b"],
    ['/"><script>', "/%22%3E%3Cscript%3E"],
    ["/100%", "/100%"],
  ])("parseReturnTo changes %s to %s", (given, path) => {
    expect(parseReturnTo(given)).toBe(path);
  });
});

describe("parseReturnTo with values that lead out of this app", () => {
  test.each([
    "//evil.com",
    "///evil.com",
    "////evil.com",
    "//evil.com/%2e%2e",
    "//evil.com/..",
    "//user@evil.com",
    "//localhost:4040@evil.com",
    "//app.invalid",
    "//app.invalid/profile",
    "//evil%E3%80%82com",
    "//evil。com",
    "//[::1]",
    "//2130706433",
    "/\\evil.com",
    "/\\/evil.com",
    "\\\\evil.com",
    "\\/evil.com",
    "/\\\\evil.com",
    "/profile\\..\\evil",
    "\\evil.com",
    "/%5cevil.com",
    "/%5C%5Cevil.com",
    "/%2f%2fevil.com",
    "/%2Fevil.com",
    "/%252f%252fevil.com",
    "/%255cevil.com",
    "/..//evil.com",
    "/.//evil.com",
    "/a/..//evil.com",
    "/.%2e//evil.com",
    "/%2e%2e//evil.com",
    "/%2e//evil.com",
    "/.%2e%2f%2fevil.com",
    "/\t/evil.com",
    "/\n/evil.com",
    "/\r/evil.com",
    "\t//evil.com",
    "/\u0000/evil.com",
    "/%09/evil.com",
    "/%0a/evil.com",
    "/%0d%0aLocation:%20https://evil.com",
    "/profile\r\nSet-Cookie: a=b",
    "/%00",
    "/\u0085/evil.com",
    " //evil.com",
    " /evil.com",
    "https://evil.com",
    "https:evil.com",
    "https:/evil.com",
    "https:///evil.com",
    "https:\\\\evil.com",
    "HTTPS://evil.com",
    "http://app.invalid/profile",
    "https://app.invalid/profile",
    "https://app.invalid.evil.com",
    "ftp://evil.com",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "blob:https://evil.com/x",
    "file:///etc/passwd",
    "mailto:a@evil.com",
    "evil.com",
    "profile",
    "./profile",
    "../profile",
    "?a=b",
    "#top",
    "@evil.com",
    ".evil.com",
    "／／evil.com",
    "⁄evil.com",
    "〱evil.com",
    "",
  ])("parseReturnTo refuses %j", (value) => {
    expect(parseReturnTo(value)).toBeNull();
  });

  test("parseReturnTo refuses a missing value", () => {
    expect([parseReturnTo(null), parseReturnTo(undefined)]).toEqual([null, null]);
  });
});

describe("parseReturnTo with routes that begin or end a login", () => {
  test.each([
    "/auth",
    "/auth/",
    "/auth/login",
    "/auth/logout",
    "/auth/callback?code=a&state=b",
    "/auth/error",
    "/auth/anything/else",
    "/AUTH/login",
    "/Auth/Logout",
    "/login",
    "/login/",
    "/login?returnTo=/",
    "/login#a",
    "/signup",
    "/callback",
    "/callback/x",
    "/logout",
    "/LOGOUT",
    "/%61uth/login",
    "/%2561uth/login",
    "/%25%36%31uth/login",
    "/log%6Fut",
    "/./auth/login",
    "/a/../auth/login",
    "/%2e/auth/login",
    "/a/%2e%2e/logout",
    "/auth%2flogout",
    "/auth%252flogout",
    "/x/..%2fauth/login",
    "/x/..%2f%2fauth/login",
    "/x%2f..%2flogout",
    "/.%2flogout",
    "/auth%5clogout",
    "/logout%2f",
    "/logout%2f%2e",
    "/callback%2f../",
    "/api/auth/v2/logout", // part: broker
    "/api/auth/v2/login?x=1", // part: broker
    "/callback%252f../x",
  ])("parseReturnTo refuses the login route %s", (value) => {
    expect(parseReturnTo(value)).toBeNull();
  });

  test.each(["/%61uth/logout%", "/%6cogout/%ff", "/auth%2flogout%zz"])(
    "parseReturnTo refuses the login route %s, even if one of its percent signs escapes nothing",
    (value) => {
      expect(parseReturnTo(value)).toBeNull();
    },
  );
});

describe("parseReturnTo with long values", () => {
  const long = (length: number) => `/${"a".repeat(length - 1)}`;

  test("parseReturnTo keeps a path of 2,000 characters", () => {
    expect(parseReturnTo(long(2_000))).toBe(long(2_000));
  });

  test("parseReturnTo refuses a path of 2,001 characters", () => {
    expect(parseReturnTo(long(2_001))).toBeNull();
  });

  test("the limit applies to the escaped path, because the login cookie contains the escaped path", () => {
    expect(parseReturnTo(`/${"あ".repeat(1_000)}`)?.length ?? 0).toBeLessThanOrEqual(2_000);
    expect(parseReturnTo(`/?${'"'.repeat(1_999)}`)?.length ?? 0).toBeLessThanOrEqual(2_000);
  });
});

describe("loginPath", () => {
  test("loginPath names the page to return to, with its query [A7]", () => {
    expect(loginPath("/protected", "?a=1&b=%26")).toBe(
      "/auth/login?returnTo=%2Fprotected%3Fa%3D1%26b%3D%2526",
    );
    expect(loginPath("/protected", "?path=C:\\temp&b=1")).toBe(
      `/auth/login?returnTo=${encodeURIComponent("/protected?path=C:%5Ctemp&b=1")}`,
    );
  });

  test("loginPath drops a query that is too long, but keeps the page", () => {
    expect(loginPath("/protected", `?q=${"a".repeat(2_000)}`)).toBe("/auth/login?returnTo=%2Fprotected");
  });

  test("loginPath names no page if the visitor may not return to that page", () => {
    expect(loginPath("/auth/logout", "")).toBe("/auth/login");
    expect(loginPath("//evil.com", "?a=b")).toBe("/auth/login");
  });
});
