import { SITE } from "../lib/site.ts";
import { GUARDED_PAGES } from "./support/browser/parts.ts";
import {
  ADMIN,
  ALICE,
  chooseAtProvider,
  fillSignUp,
  logIn,
  signUp,
  someoneNew,
} from "./support/provider/people.ts";
import { expect, test } from "./support/test.ts";

test("a visitor logs in from the home page and sees their name on the profile [C3, C6, A2, A8]", async ({
  page,
}) => {
  await page.goto("/");
  await page.getByRole("banner").getByRole("link", { name: "Log in" }).click();
  await chooseAtProvider(page, ALICE.email);
  await expect(page).toHaveURL("/profile");
  await expect(page.getByRole("heading", { level: 1, name: ALICE.name })).toBeVisible();
  await expect(page.getByRole("main").getByText(ALICE.email, { exact: true })).toBeVisible();
});

test("a visitor logs in by typing an e-mail address instead of choosing a person [C3]", async ({ page }) => {
  await page.goto("/auth/login");
  await page.getByLabel("E-mail").fill(ADMIN.email);
  await page.getByRole("button", { name: "Continue", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1, name: ADMIN.name })).toBeVisible();
});

for (const path of GUARDED_PAGES) {
  test(`a visitor who opens ${path} logs in and returns to that page [A7, C6]`, async ({
    page,
    stack,
    watch,
  }) => {
    watch.allow(/status of 403/); // Alice may not read the admin message
    await page.goto(path);
    expect(new URL(page.url()).origin).toBe(stack.provider.issuer);
    await chooseAtProvider(page, ALICE.email);
    await expect(page).toHaveURL(path);
    await expect(page.getByRole("banner").getByRole("button", { name: "Log out" })).toBeVisible();
  });
}

test("a visitor who opens a guarded URL with a query returns to the same URL after the login [A7]", async ({
  page,
}) => {
  await page.goto("/profile?view=a%20b&name=%C3%A9&flag=&list=1&list=2");
  await chooseAtProvider(page, ALICE.email);
  await expect(page).toHaveURL(/\/profile\?view=a%20b&name=%C3%A9&flag=&list=1&list=2$/);
});

test("a newcomer signs up from the home page and is logged in under the new name [A3]", async ({ page }) => {
  const newcomer = someoneNew();
  await page.goto("/");
  await page.getByRole("banner").getByRole("link", { name: "Sign up" }).click();
  await fillSignUp(page, newcomer);
  await expect(page).toHaveURL("/profile");
  await expect(page.getByRole("heading", { level: 1, name: newcomer.name })).toBeVisible();
});

test("a newcomer signs up, and logs in later on another device [A3, C3]", async ({ page, newVisitor }) => {
  const newcomer = someoneNew();
  await signUp(page, newcomer, "/profile?a=b");
  const later = await newVisitor();
  await logIn(later, newcomer.email);
  await expect(later.getByRole("heading", { level: 1, name: newcomer.name })).toBeVisible();
});

test("a visitor who cancels the login at the provider sees a message and can try again [C4]", async ({
  page,
}) => {
  await page.goto("/profile?a=b");
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(page).toHaveURL("/auth/error?reason=access_denied");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("The login was not approved");
  await page.getByRole("main").getByRole("link", { name: "Try again" }).click();
  await chooseAtProvider(page, ALICE.email);
  await expect(page.getByRole("heading", { level: 1, name: ALICE.name })).toBeVisible();
});

test("a user who is still logged in at the provider logs in to the app without a prompt [C3]", async ({
  page,
}) => {
  await logIn(page);
  await page.context().clearCookies({ name: new RegExp(`^${SITE.id}\\.`) });
  await page.goto("/profile?a=b");
  await expect(page).toHaveURL("/profile?a=b");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(ALICE.name);
});

test("two people in two browsers each see their own name [C6]", async ({ page, newVisitor }) => {
  const other = await newVisitor();
  await logIn(page, ALICE.email);
  await logIn(other, ADMIN.email);
  await page.reload();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(ALICE.name);
  await expect(other.getByRole("heading", { level: 1 })).toHaveText(ADMIN.name);
});

test("a login sends one token request and one userinfo request to the provider [Q3]", async ({
  page,
  stack,
}) => {
  await logIn(page);
  expect(stack.provider.counts.token).toEqual({ authorization_code: 1, refresh_token: 0 });
  expect(stack.provider.counts.userinfo).toBe(1);
  expect(stack.provider.counts.authorization).toBeLessThanOrEqual(2); // the second comes after the login page
});
