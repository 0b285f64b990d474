import { expectAccessible } from "./support/browser/accessibility.ts";
import { cookieHeader, type RawAnswer, rawRequest } from "./support/browser/raw-request.ts";
import { providerAnswer, whoAmI } from "./support/provider/login-steps.ts";
import { logoutToken, sendLogoutToken } from "./support/provider/logout-tokens.ts"; // part: remote-logout
import { withExpiredToken } from "./support/provider/passing-time.ts";
import { ADMIN, ALICE, logInByRequest } from "./support/provider/people.ts";
import { expect, test } from "./support/test.ts";

test.use({ baseURL: async ({ storeApp }, use) => use(storeApp.url) });

test.afterEach(({ storeApp }) => storeApp.store.mend());

const TITLE = "Your session cannot be read right now";

/** Expects that a response has the status 503 and a `Retry-After` header, is not cached, and changes no cookie. */
function expectComeBack(answer: RawAnswer, what: string): void {
  expect(answer.status, what).toBe(503);
  expect(answer.headers["retry-after"], what).toMatch(/^\d+$/);
  expect(answer.headers["cache-control"], what).toContain("no-store");
  expect(answer.headers["set-cookie"], what).toBeUndefined();
}

test("while the store is unavailable, every page says so, and the user stays logged in", async ({
  page,
  storeApp,
  watch,
}) => {
  watch.allow(/status of 503/);
  await logInByRequest(page.request);
  storeApp.store.breakDown();
  for (const path of ["/", "/profile", "/nowhere"]) {
    const answer = await page.request.get(path);
    expect([answer.status(), answer.headers()["retry-after"]], path).toEqual([503, "5"]);
    expect(await answer.text(), path).toContain(TITLE);
  }
  expect((await page.goto("/profile?a=1"))?.status()).toBe(503);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(TITLE);
  await expect(page.getByRole("banner").getByRole("link", { name: "Log in" })).toHaveCount(0);
  await expectAccessible(page);
  await page.getByRole("link", { name: "Try again" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(TITLE);
  storeApp.store.mend();
  await page.getByRole("link", { name: "Try again" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(ALICE.name);
  await expect(page).toHaveURL("/profile?a=1");
  const told = () => storeApp.log.having({ level: "error", msg: "the session store is unavailable" }).length;
  await expect.poll(told).toBeGreaterThan(4);
});

test("routes and scripts get 503 with Retry-After while the store is unavailable, and the session stays", async ({
  request,
  storeApp,
}) => {
  await logInByRequest(request);
  const cookie = await cookieHeader(request);
  storeApp.store.breakDown();
  for (const path of ["/auth/me", "/api/data"]) {
    const answer = await rawRequest(storeApp, path, { headers: { cookie } });
    expectComeBack(answer, path);
    expect(JSON.parse(answer.text)).toEqual({ error: "Sessions are unavailable" });
  }
  for (const headers of [{ rsc: "1" }, { "sec-fetch-dest": "empty" }]) {
    const answer = await rawRequest(storeApp, "/profile", { headers: { cookie, ...headers } });
    expectComeBack(answer, JSON.stringify(headers));
    expect(answer.text).toBe("");
  }
  storeApp.store.mend();
  expect(await whoAmI(request, storeApp)).toBe(ALICE.name);
});

// part: remote-logout
test("a logout token gets 503 while the store is unavailable, and works when it is sent again", async ({
  request,
  stack,
  storeApp,
}) => {
  await logInByRequest(request);
  storeApp.store.breakDown();
  const token = await logoutToken(stack, { aud: storeApp.clientId, sub: "alice" });
  expect((await sendLogoutToken(request, storeApp, token)).status()).toBe(503);
  storeApp.store.mend();
  expect(await whoAmI(request, storeApp)).toBe(ALICE.name);
  expect((await sendLogoutToken(request, storeApp, token)).status()).toBe(200);
  expect(await whoAmI(request, storeApp)).toBeNull();
});

test("Log out everywhere changes nothing while the store is unavailable, and Try again leads to the profile", async ({
  page,
  storeApp,
  watch,
}) => {
  watch.allow(/status of 503/);
  await logInByRequest(page.request);
  await page.goto("/profile");
  storeApp.store.breakDown();
  await page.getByRole("button", { name: "Log out everywhere" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(TITLE);
  storeApp.store.mend();
  expect(await whoAmI(page.request, storeApp)).toBe(ALICE.name);
  await page.getByRole("link", { name: "Try again" }).click();
  await expect(page).toHaveURL("/profile");
});
// end part: remote-logout

test("a visitor without a session is served as usual while the store is unavailable", async ({
  request,
  storeApp,
}) => {
  await logInByRequest(request);
  storeApp.store.breakDown();
  const expected = { "/": 200, "/auth/error": 200, "/auth/me": 401, "/nowhere": 404 };
  for (const [path, status] of Object.entries(expected)) {
    expect((await rawRequest(storeApp, path)).status, path).toBe(status);
  }
  expect((await rawRequest(storeApp, "/profile")).status).toBe(307);
  expect((await rawRequest(storeApp, "/auth/login")).status).toBe(302);
});

for (const path of ["/auth/callback", "/callback"]) {
  test(`Try again finishes a login that returned to ${path} while the store was unavailable`, async ({
    page,
    stack,
    storeApp,
    watch,
  }) => {
    watch.allow(/status of 503/);
    await logInByRequest(page.request, ADMIN.email); // the first login creates the table in the store
    await page.context().clearCookies();
    const { search } = await providerAnswer(page.request, storeApp, "?returnTo=/profile%3Fa=1");
    stack.provider.resetCounts();
    storeApp.store.breakDown();
    const form = Object.fromEntries(new URLSearchParams(search));
    const posted = await page.request.post(path, { form, maxRedirects: 0 });
    expect(posted.headers().location).toBe(path + search);
    expect((await page.goto(path + search))?.status()).toBe(503);
    await expect(page).toHaveURL(path + search);
    await expectAccessible(page);
    await page.reload();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(TITLE);
    expect(stack.provider.counts.token.authorization_code).toBe(0);
    storeApp.store.mend();
    await page.getByRole("link", { name: "Try again" }).click();
    await expect(page).toHaveURL("/profile?a=1");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(ALICE.name);
    expect(stack.provider.counts.token.authorization_code).toBe(1);
  });
}

test("a logout shows an error page while the store is unavailable, and Try again completes the logout later", async ({
  page,
  storeApp,
  watch,
}) => {
  watch.allow(/status of 503/);
  await logInByRequest(page.request);
  await page.goto("/profile");
  storeApp.store.breakDown();
  await page.getByRole("banner").getByRole("button", { name: "Log out" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(TITLE);
  storeApp.store.mend();
  expect(await whoAmI(page.request, storeApp)).toBe(ALICE.name);
  await page.getByRole("link", { name: "Try again" }).click();
  await expect(page.getByRole("banner").getByRole("link", { name: "Log in" })).toBeVisible();
  expect(await whoAmI(page.request, storeApp)).toBeNull();
});

test("an expired access token is not refreshed until the store is available again", async ({
  request,
  stack,
  storeApp,
}) => {
  await withExpiredToken(stack, request);
  const cookie = await cookieHeader(request);
  storeApp.store.breakDown();
  expectComeBack(await rawRequest(storeApp, "/profile", { headers: { cookie } }), "/profile");
  expect(stack.provider.counts.token.refresh_token, "the refresh token is not used").toBe(0);
  storeApp.store.mend();
  expect(await whoAmI(request, storeApp)).toBe(ALICE.name);
  expect(stack.provider.counts.token.refresh_token).toBe(1);
});
