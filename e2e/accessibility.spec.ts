import { expectAccessible } from "./support/browser/accessibility.ts";
import { GUARDED_PAGES, OPEN_PAGES } from "./support/browser/parts.ts";
import { ADMIN, logInByRequest } from "./support/provider/people.ts";
import { expect, test } from "./support/test.ts";

const REASONS = [
  "access_denied",
  "login_expired",
  "state_mismatch",
  "invalid_response",
  "provider_error",
  "provider_unavailable",
  "configuration",
  "no_such_reason",
];

test.describe("in light and in dark mode", () => {
  for (const path of OPEN_PAGES) {
    test(`axe finds no problem at ${path} for a visitor who is not logged in [A6, A11, C13]`, async ({
      page,
    }) => {
      await page.goto(path);
      await expectAccessible(page);
    });
  }

  for (const path of [...OPEN_PAGES, ...GUARDED_PAGES]) {
    test(`axe finds no problem at ${path} for a logged-in user [A6, A8, A9, C9]`, async ({ page }) => {
      await logInByRequest(page.request, ADMIN.email);
      await page.goto(path);
      await expectAccessible(page);
    });
  }

  test("axe finds no problem on the page for an unknown address [A10]", async ({ page, watch }) => {
    watch.allow(/status of 404/);
    await page.goto("/nothing-here");
    await expectAccessible(page);
  });

  test("axe finds no problem on the error page of a login that failed, for every reason [C4]", async ({
    page,
  }) => {
    for (const reason of REASONS) {
      await page.goto(`/auth/error?reason=${reason}`);
      await expectAccessible(page);
    }
  });

  test("axe finds no problem on the provider's login and signup pages, with and without error messages [A3]", async ({
    page,
    watch,
  }) => {
    watch.allow(/status of 422/);
    await page.goto("/auth/login");
    await expectAccessible(page);
    await page.getByLabel("E-mail").fill("nobody@example.com");
    await page.getByRole("button", { name: "Continue", exact: true }).click();
    await expect(page.getByRole("alert")).toBeVisible();
    await expectAccessible(page);
    await page.goto("/auth/signup");
    await expectAccessible(page);
    await page.getByRole("button", { name: "Create account" }).click();
    await expect(page.getByRole("alert").first()).toBeVisible();
    await expectAccessible(page);
  });

  test("axe finds no problem on the provider's logout and error pages [A5]", async ({
    page,
    stack,
    watch,
  }) => {
    watch.allow(/status of 40[04]/);
    await logInByRequest(page.request);
    await page.goto(`${stack.provider.issuer}/session/end`);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Log out?");
    await expectAccessible(page);
    await page.goto(`${stack.provider.issuer}/auth?client_id=unknown`);
    await expectAccessible(page);
    await page.goto(`${stack.provider.issuer}/interaction/long-ago`);
    await expectAccessible(page);
  });

  test.describe("on a phone", () => {
    test.use({ viewport: { width: 360, height: 740 }, hasTouch: true });

    test("axe finds no problem with the menu closed or open [A6]", async ({ page }) => {
      await logInByRequest(page.request);
      await page.goto("/profile");
      await expectAccessible(page);
      await page.getByRole("button", { name: "Menu" }).click();
      await expectAccessible(page);
    });
  });
});
