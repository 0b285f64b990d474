import { ADMIN, chooseAtProvider, fillSignUp, logOut, someoneNew } from "./support/provider/people.ts";
import { expect, test } from "./support/test.ts";

test.use({ javaScriptEnabled: false });

test("without JavaScript, a visitor logs in, reads every page and logs out [A7, A8, A9, C5, C9]", async ({
  page,
}) => {
  const main = page.getByRole("main");
  await page.goto("/");
  await page.getByRole("banner").getByRole("link", { name: "Log in" }).click();
  await chooseAtProvider(page, ADMIN.email);
  await expect(page).toHaveURL("/profile");
  await expect(main.getByRole("heading", { level: 1 })).toHaveText(ADMIN.name);
  await expect(main.getByRole("region", { name: "ID token claims as JSON" })).toContainText(ADMIN.email);
  const pages: Record<string, string> = {
    Profile: "ID token claims",
    Dashboard: `Welcome, ${ADMIN.name}`, // part: demo
    Public: "This is a public message.", // part: demo
    Protected: "This is a protected message.", // part: demo
    Admin: "This is an admin message.", // part: demo
  };
  for (const [tab, text] of Object.entries(pages)) {
    await page.getByRole("banner").getByRole("link", { name: tab, exact: true }).click();
    await expect(main.getByText(text).first()).toBeVisible();
  }
  await logOut(page);
  await expect(page.getByRole("banner").getByRole("link", { name: "Log in" })).toBeVisible();
});

test("without JavaScript, a newcomer signs up [A3]", async ({ page }) => {
  const newcomer = someoneNew();
  await page.goto("/");
  await page.getByRole("banner").getByRole("link", { name: "Sign up" }).click();
  await fillSignUp(page, newcomer);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(newcomer.name);
});

test("without JavaScript, a visitor can read the 404 page [A10]", async ({ page, watch }) => {
  watch.allow(/status of 404/);
  expect((await page.goto("/nothing-here"))?.status()).toBe(404);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("There is no such page");
});

test("without JavaScript, the error page of a failed login lets the visitor try again [C4]", async ({
  page,
}) => {
  await page.goto("/auth/error?reason=login_expired");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("This login is no longer valid");
  await page.getByRole("main").getByRole("link", { name: "Try again" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Log in");
});

test.describe("on a phone", () => {
  test.use({ viewport: { width: 360, height: 640 } });

  test("without JavaScript, a visitor opens the menu and follows a link in it [A6]", async ({ page }) => {
    await page.goto("/");
    const tab = page.getByRole("banner").getByRole("link", { name: "Profile" });
    await expect(tab).toBeHidden();
    await page.getByRole("button", { name: "Menu" }).click();
    await tab.click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Log in");
  });
});
