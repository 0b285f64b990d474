import { SITE } from "../lib/site.ts";
import { GUARDED_PAGES, navigation, TABS } from "./support/browser/parts.ts";
import { logInByRequest } from "./support/provider/people.ts";
import { expect, test } from "./support/test.ts";

test("a visitor reads on the home page what the app is, and finds how to log in [A11]", async ({ page }) => {
  await page.goto("/");
  await expect(page).toHaveTitle(SITE.name);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(SITE.headline);
  await expect(page.getByRole("main").getByRole("link", { name: "Try it now" })).toBeVisible();
  for (const name of ["Log in", "Sign up", "Profile"]) {
    await expect(page.getByRole("link", { name }), "one link for each name").toHaveCount(1);
  }
});

test("the links to other sites in the footer open in a new tab and send no referrer [A11]", async ({
  page,
  stack,
}) => {
  await page.goto("/");
  const links = page.getByRole("contentinfo").getByRole("link");
  await expect(links).not.toHaveCount(0);
  for (const link of await links.all()) {
    await expect(link).toHaveAttribute("target", "_blank");
    await expect(link).toHaveAttribute("rel", "noopener noreferrer");
    expect(new URL((await link.getAttribute("href")) ?? "", stack.app.url).protocol).toBe("https:");
  }
});

test("a visitor who is not logged in sees the public tabs, Sign up and Log in [A6]", async ({ page }) => {
  await page.goto("/");
  await expect(navigation(page).getByRole("listitem")).toHaveText(TABS.anonymous);
  await expect(navigation(page).locator("[aria-current=page]")).toHaveCount(0);
  await expect(navigation(page).getByRole("link", { name: "Sign up" })).toBeVisible();
  await expect(navigation(page).getByRole("link", { name: "Log in" })).toBeVisible();
  await expect(navigation(page).getByRole("button", { name: "Log out" })).toHaveCount(0);
});

for (const path of GUARDED_PAGES) {
  test(`a visitor who opens ${path} without a session is redirected to the login [A7]`, async ({
    page,
    request,
    stack,
  }) => {
    const answer = await request.get(`${path}?a=1&b=%2F`, { maxRedirects: 0 });
    expect(answer.status()).toBe(307);
    const to = new URL(answer.headers().location ?? "", stack.app.url);
    expect(to.origin + to.pathname).toBe(`${stack.app.url}/auth/login`);
    expect(to.searchParams.get("returnTo")).toBe(`${path}?a=1&b=%2F`);
    await page.goto(path);
    await expect(page.getByRole("heading", { level: 1, name: "Log in" })).toBeVisible();
  });
}

test("a visitor without a session gets 401 as JSON from /auth/me and /api/data [K7, K8, C6]", async ({
  request,
}) => {
  const me = await request.get("/auth/me");
  expect([me.status(), await me.json()]).toEqual([401, { error: "Not authenticated" }]);
  const data = await request.get("/api/data");
  expect([data.status(), await data.json()]).toEqual([401, { error: "Authentication required" }]);
});

for (const path of ["/nothing-here", "/nothing/deeper", "/auth/nothing", "/a/b/c?d=e", "/%F0%9F%A6%8A"]) {
  test(`a visitor who opens ${path} gets a 404 page with the navigation [A10]`, async ({ page, watch }) => {
    watch.allow(/status of 404/);
    const answer = await page.goto(path);
    expect(answer?.status()).toBe(404);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("There is no such page");
    await expect(navigation(page).getByRole("link", { name: "Profile" })).toBeVisible();
    await page.getByRole("main").getByRole("link", { name: "Home" }).click();
    await expect(page).toHaveURL("/");
  });
}

test("a logged-in user gets a 404 page for an unknown address below /profile [A10]", async ({
  page,
  watch,
}) => {
  watch.allow(/status of 404/);
  await logInByRequest(page.request);
  expect((await page.goto("/profile/nothing"))?.status()).toBe(404);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("There is no such page");
  await expect(navigation(page).getByRole("listitem")).toHaveText(TABS.loggedIn);
});
