import { type APIRequestContext, expect, type Page } from "playwright/test";

/** A person without permissions. */
export const ALICE = { name: "Alice Example", email: "alice@example.com" };
/** A person with `read:admin-messages`. */
export const ADMIN = { name: "Admin Example", email: "admin@example.com" };

export interface Newcomer {
  name: string;
  email: string;
}

/** A person that no other test uses. */
export function someoneNew(name = "Robin Doe"): Newcomer {
  return { name, email: `robin.${crypto.randomUUID().slice(0, 8)}@example.com` };
}

/**
 * Logs a user in from any page, and waits until the app shows the page after the login.
 *
 * @param email of a demo person, or of a person who has signed up
 * @param path the page after the login: path and query
 */
export async function logIn(page: Page, email: string = ALICE.email, path = "/profile"): Promise<void> {
  await page.goto(`/auth/login?${new URLSearchParams({ returnTo: path })}`);
  await chooseAtProvider(page, email);
  await page.waitForURL((url) => url.pathname + url.search === path);
}

/**
 * Logs a user in with requests and without a page, for tests of what happens after a login.
 *
 * @param request gets the session cookies; with `page.request`, the browser of that page is logged in
 * @param email of a person who has an account
 * @param appUrl the URL of the app; by default, the URL of `stack.app`
 */
export async function logInByRequest(
  request: APIRequestContext,
  email: string = ALICE.email,
  appUrl = "",
): Promise<void> {
  const loginPage = await request.get(`${appUrl}/auth/login`);
  const answer = await request.post(`${loginPage.url()}/login`, { form: { email } });
  expect(new URL(answer.url()).pathname, "the page after the login").toBe("/profile");
  expect(answer.status()).toBe(200);
}

/** Completes the provider's login page, which must be open: chooses a demo person, or types the person's e-mail. */
export async function chooseAtProvider(page: Page, email: string): Promise<void> {
  const person = [ALICE, ADMIN].find((one) => one.email === email);
  if (person) {
    await page.getByRole("button", { name: `Continue as ${person.name}` }).click();
  } else {
    await page.getByLabel("E-mail").fill(email);
    await page.getByRole("button", { name: "Continue", exact: true }).click();
  }
}

/** Signs a person up from any page, and waits until the app shows the page `path`. */
export async function signUp(page: Page, newcomer: Newcomer, path = "/profile"): Promise<void> {
  await page.goto(`/auth/signup?${new URLSearchParams({ returnTo: path })}`);
  await fillSignUp(page, newcomer);
  await page.waitForURL((url) => url.pathname + url.search === path);
}

/** Fills in the provider's signup page, which must be open. */
export async function fillSignUp(page: Page, { name, email }: Newcomer): Promise<void> {
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByLabel("E-mail").fill(email);
  await page.getByRole("button", { name: "Create account" }).click();
}

/** Clicks the logout button of the open page, and waits for the home page. */
export async function logOut(page: Page): Promise<void> {
  await page.getByRole("banner").getByRole("button", { name: "Log out" }).click();
  await page.waitForURL((url) => url.pathname === "/");
}
