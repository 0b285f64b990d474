import { beforeEach, describe, expect, test } from "vitest";
import { FakeCookieJar } from "@/dev/testing/cookie-jar.ts";
import { freshProcess } from "@/dev/testing/fresh-process.ts";

let lib: typeof import("./notice.ts");
let jar: FakeCookieJar;

beforeEach(async () => {
  freshProcess();
  lib = await import("./notice.ts");
  jar = new FakeCookieJar();
});

test("a notice lasts for five minutes, and readNotice ignores a text that is not one of the app's", async () => {
  const { cookieName } = await import("../session-cookie.ts");
  lib.leaveNotice(jar, "logged-out");
  expect(lib.readNotice(jar)).toBe("logged-out");
  expect(jar.written.at(-1)?.options).toMatchObject({ maxAge: 300, httpOnly: true });
  jar.write(cookieName("notice"), "<b>Call this number</b>", {});
  expect(lib.readNotice(jar)).toBeNull();
});

describe("the state that the provider adds to the URL after a logout", () => {
  const visit = (path: string) => lib.withoutLogoutState(new URL(path, "https://app.example.com"), jar);

  test("withoutLogoutState removes state from the URL after a logout, and keeps the rest of the query", () => {
    lib.leaveNotice(jar, "logged-out");
    expect(visit("/?state=abc")?.headers.get("location")).toBe("https://app.example.com/");
    const response = visit("/?a=1&state=abc&b=2");
    expect([response?.status, response?.headers.get("location")]).toEqual([
      303,
      "https://app.example.com/?a=1&b=2",
    ]);
  });

  test("withoutLogoutState does nothing without a logout, on other pages, and without a state", () => {
    expect(visit("/?state=abc")).toBeNull();
    lib.leaveNotice(jar, "logged-out");
    expect(visit("/profile?state=abc")).toBeNull();
    expect(visit("/?a=1")).toBeNull();
  });
});
