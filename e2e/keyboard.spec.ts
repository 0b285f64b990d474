import { SITE } from "../lib/site.ts";
import { tabTo } from "./support/browser/keyboard.ts";
import { ALICE, logInByRequest } from "./support/provider/people.ts";
import { expect, test } from "./support/test.ts";

test("a keyboard user logs in, goes to another page and logs out [A6, A7, C3, C5]", async ({ page }) => {
  await page.goto("/");
  await tabTo(page, page.getByRole("banner").getByRole("link", { name: "Log in" }));
  await page.keyboard.press("Enter");
  await tabTo(page, page.getByRole("button", { name: `Continue as ${ALICE.name}` }));
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(ALICE.name);
  await tabTo(page, page.getByRole("banner").getByRole("link", { name: SITE.name }));
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(`Hello, ${ALICE.name}`);
  await tabTo(page, page.getByRole("banner").getByRole("button", { name: "Log out" }));
  await page.keyboard.press("Enter");
  await expect(page.getByRole("banner").getByRole("link", { name: "Log in" })).toBeVisible();
});

test("the first press of Tab focuses a link that skips the navigation [A6]", async ({ page }) => {
  await page.goto("/");
  await page.keyboard.press("Tab");
  const skip = page.getByRole("link", { name: "Skip to content" });
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("main")).toBeFocused();
});

test("a keyboard user reaches the scrollable claims on the profile [A8]", async ({ page }) => {
  await logInByRequest(page.request);
  await page.goto("/profile");
  await tabTo(page, page.getByRole("region", { name: "ID token claims as JSON" }));
});

test.describe("on a phone", () => {
  test.use({ viewport: { width: 360, height: 740 } });

  test("a keyboard user opens the menu, closes it, and follows a link in it [A6]", async ({ page }) => {
    await logInByRequest(page.request);
    await page.goto("/");
    const menu = page.getByRole("button", { name: "Menu" });
    const tab = page.getByRole("banner").getByRole("link", { name: "Profile" });
    await tabTo(page, menu);
    await page.keyboard.press("Enter");
    await expect(tab).toBeVisible();
    await page.keyboard.press("Escape");
    await expect(tab).toBeHidden();
    await expect(menu).toBeFocused();
    await page.keyboard.press("Space");
    await tabTo(page, tab);
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL("/profile");
  });
});
