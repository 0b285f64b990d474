import { rawRequest } from "./support/browser/raw-request.ts";
import { goThroughLogin } from "./support/provider/login-steps.ts";
import { ALICE, chooseAtProvider, logInByRequest } from "./support/provider/people.ts";
import { expect, test } from "./support/test.ts";

/** Decoded values of `returnTo` that could lead to another site, to the logout or into a redirect loop. */
const HOSTILE = [
  "https://evil.test/",
  "http://evil.test",
  "//evil.test",
  "///evil.test",
  "////evil.test/%2e%2e",
  "/\\evil.test",
  "\\\\evil.test",
  "\\/evil.test",
  "/\\/evil.test",
  "/\t/evil.test",
  "/\n/evil.test",
  "\t//evil.test",
  " //evil.test",
  "\u0000//evil.test",
  "/.//evil.test",
  "/..//evil.test",
  "/%2f/evil.test",
  "/%2fevil.test",
  "/%5cevil.test",
  "/%252fevil.test",
  "/a/..//evil.test",
  "/%09/evil.test",
  "/%0d%0aLocation:%20https://evil.test",
  "/\r\nLocation: https://evil.test",
  "https:evil.test",
  "https:/evil.test",
  "https:///evil.test",
  "//evil.test:80@localhost",
  "//localhost@evil.test",
  "///localhost.evil.test",
  "http://localhost.evil.test",
  "javascript:alert(document.domain)",
  "JaVaScRiPt://%0aalert(1)",
  "data:text/html,<script>alert(1)</script>",
  "blob:http://localhost/x",
  "//[::1]",
  "/／evil.test/..//evil.test",
  "evil.test",
  "?next=//evil.test",
  "#",
  "",
  "/auth/logout",
  "/logout",
  "/Logout",
  "/auth/login",
  "/auth/callback?code=x",
  "/%61uth/logout",
  "/./auth/logout",
  "/auth%2flogout",
  "/profile/../auth/logout",
  "/logout/",
  `/${"a".repeat(8_192)}`,
];

const HARMLESS = [
  "/",
  "/profile?next=//evil.test",
  "/profile?u=https%3A%2F%2Fevil.test",
  "/profile?a=1&b=2&b=3",
  "/nothing/here",
];

test("no returnTo makes a login end on another site, at the logout or in a redirect loop [C3, A7]", async ({
  request,
  stack,
}) => {
  await logInByRequest(request);
  const led = async (returnTo: string) => {
    const login = `/auth/login?${new URLSearchParams({ returnTo })}`;
    return [returnTo, await goThroughLogin(request, stack.app, login)];
  };
  for (let first = 0; first < HOSTILE.length; first += 4) {
    const some = HOSTILE.slice(first, first + 4); // the app keeps at most five unfinished logins per browser
    expect(await Promise.all(some.map(led))).toEqual(some.map((returnTo) => [returnTo, "/profile"]));
  }
  const twice = "/auth/login?returnTo=//evil.test&returnTo=https://evil.test";
  expect(await goThroughLogin(request, stack.app, twice)).toBe("/profile");
});

test("a login with a harmless returnTo ends at that page [A7]", async ({ request, stack }) => {
  await logInByRequest(request);
  for (const route of ["/auth/login", "/login"]) {
    for (const returnTo of HARMLESS) {
      const login = `${route}?${new URLSearchParams({ returnTo })}`;
      expect(await goThroughLogin(request, stack.app, login)).toBe(returnTo);
    }
  }
});

for (const returnTo of ["//evil.test", "/\\evil.test", "/\t/evil.test"]) {
  test(`a visitor who logs in with returnTo=${JSON.stringify(returnTo)} lands on the profile [A7]`, async ({
    page,
  }) => {
    await page.goto(`/auth/login?${new URLSearchParams({ returnTo })}`);
    await chooseAtProvider(page, ALICE.email);
    await expect(page).toHaveURL("/profile");
  });
}

test("no path and no query makes the app redirect to another site [A7]", async ({ stack }) => {
  const paths = [
    "//evil.test",
    "//evil.test/",
    "//evil.test//",
    "///evil.test/%2e%2e/",
    "/\\evil.test/",
    "/%5cevil.test/",
    "/%2fevil.test/",
    "/%09/evil.test/",
    "/profile//evil.test",
    "/profile/..//evil.test/",
    "/https://evil.test/",
    "/auth/error/?to=//evil.test",
    "/auth/callback/?code=1",
    "/auth/logout?post_logout_redirect_uri=https://evil.test&returnTo=https://evil.test",
  ];
  for (const path of paths) {
    const { headers } = await rawRequest(stack.app, path);
    const to = new URL(headers.location ?? "/", stack.app.url);
    expect(to.origin, `${path} leads to ${to}`).toBe(stack.app.url);
  }
});
