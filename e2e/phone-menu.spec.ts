import { GUARDED_PAGES, OPEN_PAGES, TABS } from "./support/browser/parts.ts";
import { ALICE, logInByRequest } from "./support/provider/people.ts";
import { expect, test } from "./support/test.ts";

test.use({ viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true });

test("on a phone, a logged-in user finds every tab and Log out behind the menu button [A6]", async ({
  page,
}) => {
  await logInByRequest(page.request);
  await page.goto("/profile");
  const banner = page.getByRole("banner");
  const menu = banner.getByRole("button", { name: "Menu" });
  await expect(banner.getByRole("link", { name: "Profile" })).toBeHidden();
  await menu.tap();
  await expect(banner.getByRole("listitem")).toHaveText(TABS.loggedIn);
  await expect(banner.locator("[aria-current=page]")).toHaveText("Profile");
  await expect(banner.getByRole("button", { name: "Log out" })).toBeInViewport();
  await menu.tap();
  await expect(banner.getByRole("link", { name: "Profile" })).toBeHidden();
});

test("on a phone, a visitor finds Sign up and Log in in the menu [A6]", async ({ page }) => {
  await page.goto("/");
  const banner = page.getByRole("banner");
  await banner.getByRole("button", { name: "Menu" }).tap();
  await expect(banner.getByRole("listitem")).toHaveText(TABS.anonymous);
  await expect(banner.getByRole("link", { name: "Sign up" })).toBeInViewport();
  await banner.getByRole("link", { name: "Log in" }).tap();
  await expect(page.getByRole("heading", { level: 1, name: "Log in" })).toBeVisible();
});

test("on a phone, a tap on a tab in the menu opens its page and closes the menu [A6]", async ({ page }) => {
  await logInByRequest(page.request);
  await page.goto("/");
  const banner = page.getByRole("banner");
  await banner.getByRole("button", { name: "Menu" }).tap();
  await banner.getByRole("link", { name: "Profile" }).tap();
  await expect(page).toHaveURL("/profile");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(ALICE.name);
  await expect(banner.getByRole("link", { name: "Profile" })).toBeHidden();
});

test("on a phone, the page behind the open menu does not scroll [A6]", async ({ page }) => {
  await logInByRequest(page.request);
  await page.goto("/profile");
  const position = () => page.evaluate(() => scrollY);
  await page.getByRole("banner").getByRole("button", { name: "Menu" }).tap();
  await page.keyboard.press("End");
  await page.keyboard.press("PageDown");
  await page.evaluate(
    () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
  );
  expect(await position()).toBe(0);
  await page.getByRole("banner").getByRole("button", { name: "Menu" }).tap();
  await page.keyboard.press("End");
  await expect.poll(position).toBeGreaterThan(0);
});

for (const width of [320, 360, 768, 1280]) {
  test(`no page is wider than a screen of ${width} pixels [A6]`, async ({ page, watch }) => {
    watch.allow(/status of 40[34]/);
    await page.setViewportSize({ width, height: 640 });
    await logInByRequest(page.request);
    for (const path of [...OPEN_PAGES, ...GUARDED_PAGES, "/auth/error", "/none"]) {
      await page.goto(path);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(overflow, path).toBeLessThanOrEqual(0);
    }
  });
}
