import type { Page } from "playwright/test";
import { SITE } from "../lib/site.ts";
import { ALICE, logIn, logInByRequest, logOut } from "./support/provider/people.ts";
import { CLIENT_ID } from "./support/stack.ts";
import { expect, test } from "./support/test.ts";

/** Expects that neither the navigation nor `/auth/me` shows a logged-in user. */
async function expectLoggedOut(page: Page): Promise<void> {
  await expect(page.getByRole("banner").getByRole("link", { name: "Log in" })).toBeVisible();
  expect((await page.request.get("/auth/me")).status()).toBe(401);
}

test("a user who logs out is logged out of the app and at the provider [C5, A5, K6]", async ({
  page,
  stack,
}) => {
  await logIn(page);
  await logOut(page);
  await expectLoggedOut(page);
  expect(stack.provider.counts.endSession).toBe(1);
  await page.goto("/profile");
  await expect(page.getByRole("heading", { level: 1, name: "Log in" })).toBeVisible();
});

test("a logout sends id_token_hint and post_logout_redirect_uri to the provider [C5, C1]", async ({
  page,
  stack,
}) => {
  await logIn(page);
  const asked = page.waitForRequest((request) =>
    request.url().startsWith(`${stack.provider.issuer}/session/end`),
  );
  await logOut(page);
  expect(Object.fromEntries(new URL((await asked).url()).searchParams)).toEqual({
    id_token_hint: expect.stringMatching(/^eyJ/),
    client_id: CLIENT_ID,
    post_logout_redirect_uri: `${stack.app.url}/`,
    state: expect.stringMatching(/^[\w-]{22,}$/),
  });
});

test("after a logout, the home page accepts any state parameter, and the user stays logged out [C5]", async ({
  request,
}) => {
  await logInByRequest(request);
  const out = await request.get("/auth/logout", { maxRedirects: 0 });
  expect(new URL(out.headers().location ?? "").searchParams.get("state")).toMatch(/^[\w-]{22}$/);
  for (const query of ["", "?state=of-another-logout", "?state=a&state=b", `?state=${"x".repeat(4_000)}`]) {
    const home = await request.get(`/${query}`);
    expect(home.status(), query).toBe(200);
    expect(await home.text()).toContain(">Log in<");
    expect((await request.get("/auth/me")).status()).toBe(401);
  }
});

test("a logout revokes the refresh token [C5]", async ({ page, stack }) => {
  await logIn(page);
  await logOut(page);
  await expect.poll(() => stack.provider.counts.revocation).toBe(1);
});

test("a user who has logged out can press Log out again in another open tab [A5]", async ({
  page,
  context,
}) => {
  await logIn(page);
  const forgotten = await context.newPage();
  await forgotten.goto("/profile");
  await logOut(page);
  await logOut(forgotten);
  await expectLoggedOut(forgotten);
});

test("after a logout, the Back button shows nothing of the session [C5]", async ({ page }) => {
  await logInByRequest(page.request);
  for (const path of ["/profile", "/profile?a=b"]) {
    await page.goto(path);
    await expect(page.getByRole("heading", { name: "ID token claims" })).toBeVisible();
  }
  await logOut(page);
  for (let step = 0; step < 2; step += 1) {
    await page.goBack();
    await expect(page.getByRole("heading", { level: 1, name: "Log in" })).toBeVisible();
    await expect(page.getByText("ID token claims")).toHaveCount(0);
  }
});

for (const path of ["/auth/logout", "/logout"]) {
  test(`a user who types ${path} into the address bar is logged out [A5]`, async ({ page }) => {
    await logInByRequest(page.request);
    await page.goto(path);
    await expect(page).toHaveURL(/\/(\?state=[\w-]+)?$/);
    await expectLoggedOut(page);
  });
}

test("a logout on one device does not end the session on another device [C5]", async ({
  page,
  newVisitor,
}) => {
  const other = await newVisitor();
  await logIn(page);
  await logIn(other);
  await logOut(page);
  await other.reload();
  await expect(other.getByRole("heading", { level: 1, name: ALICE.name })).toBeVisible();
});

test("a logout without a session redirects the visitor to the home page [A5]", async ({ request, stack }) => {
  const answer = await request.post("/auth/logout", { maxRedirects: 0 });
  expect(answer.status()).toBe(303);
  expect(new URL(answer.headers().location ?? "", stack.app.url).href).toBe(`${stack.app.url}/`);
});

test("a copy of the session cookie does not work after the logout [C5]", async ({ page }) => {
  await logIn(page);
  const cookies = await page.context().cookies();
  await logOut(page);
  await page.context().addCookies(cookies.filter(({ name }) => name.startsWith(`${SITE.id}.`)));
  expect((await page.request.get("/auth/me")).status()).toBe(401);
});

test("a user can log out on a page with Referrer-Policy: no-referrer, which a proxy may have set [A5]", async ({
  page,
}) => {
  await logInByRequest(page.request);
  await page.goto("/profile");
  await page.evaluate(() => {
    const policy = Object.assign(document.createElement("meta"), {
      name: "referrer",
      content: "no-referrer",
    });
    document.head.append(policy);
  });
  const posted = page.waitForRequest((request) => request.method() === "POST");
  await logOut(page);
  const { origin, "sec-fetch-site": site } = await (await posted).allHeaders();
  expect([origin, site]).toEqual(["null", "same-origin"]);
  await expectLoggedOut(page);
});
