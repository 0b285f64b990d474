/** Pages that people might add to this app. They are in `e2e/fixture-app`, and are built in a copy of the app. */

import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Page } from "playwright/test";
import { buildFixtureApp, FIXTURE_APP } from "../dev/testing/run/build.ts";
import { SITE } from "../lib/site.ts";
import { ALICE, chooseAtProvider, logInByRequest, signUp, someoneNew } from "./support/people.ts";
import { rawRequest } from "./support/raw-request.ts";
import type { Stack } from "./support/stack.ts";
import { expect, test } from "./support/test.ts";

test.describe.configure({ mode: "default" }); // in one worker, so that there is one build

test.beforeAll(async () => {
  test.setTimeout(600_000);
  expect(await buildFixtureApp(), "the copy of the app is built").toBe(true);
});

/** Logs Alice in to the copy of the app and opens one of its pages. @returns the status of the answer */
async function open(page: Page, stack: Stack, path: string): Promise<number | undefined> {
  const { url } = await stack.startApp(() => ({}), FIXTURE_APP);
  await logInByRequest(page.request, ALICE.email, url);
  return (await page.goto(url + path))?.status();
}

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with JavaScript" : "without JavaScript", () => {
    test.use({ javaScriptEnabled });

    test("somebody logged in sends a form on a guarded page [C6]", async ({ page, stack }) => {
      await open(page, stack, "/profile/note?colour=green");
      await page.getByLabel("Your note").fill("Tea & milk?");
      await page.getByRole("button", { name: "Keep" }).click();
      await expect(page.getByRole("status")).toHaveText(`Kept: Tea & milk?, by ${ALICE.name}`);
    });

    test("somebody whose session has ended sends a form on a guarded page, logs in, and finds the input there [A7, C6]", async ({
      page,
      context,
      stack,
    }) => {
      await open(page, stack, "/profile/note?colour=green");
      await context.clearCookies();
      await page.getByLabel("Your note").fill("Tea & milk?");
      await page.getByRole("button", { name: "Keep" }).click();
      await chooseAtProvider(page, ALICE.email);
      await expect(page).toHaveURL(/\/profile\/note\?note=Tea/);
      await expect(page.getByLabel("Your note")).toHaveValue("Tea & milk?");
      await expect(page.getByRole("status")).toHaveCount(0); // nothing was kept for nobody
      await page.getByRole("button", { name: "Keep" }).click();
      await expect(page.getByRole("status")).toHaveText(`Kept: Tea & milk?, by ${ALICE.name}`);
    });

    test("a page that calls forbidden() is a 403 with a title, with a text that is true of any page [A9]", async ({
      page,
      stack,
      watch,
    }) => {
      watch.allow(/status of 403/);
      expect(await open(page, stack, "/profile/refused")).toBe(403);
      await expect(page).toHaveTitle(`You don't have access to this page · ${SITE.name}`);
      await expect(page.locator(javaScriptEnabled ? "h1" : "title")).toBeVisible();
      const said = await page.innerText("html");
      expect(said).toContain("You don't have access to this page");
      expect(said).not.toMatch(/API|read:admin-messages/);
    });
  });
}

test("a page that the guard does not know sends a visitor to the login and back with the query, whatever headers the request has [A7, C6]", async ({
  page,
  stack,
}) => {
  const app = await stack.startApp(() => ({}), FIXTURE_APP);
  const headers = { "x-search": "?evil", "x-pathname": "/evil" };
  const refused = await rawRequest(app, "/unlisted?colour=green", { headers });
  const login = "/auth/login?returnTo=%2Funlisted%3Fcolour%3Dgreen";
  expect([refused.status, refused.headers.location]).toEqual([307, login]);
  expect(refused.text).not.toContain(ALICE.name);
  await page.goto(app.url + login);
  await chooseAtProvider(page, ALICE.email);
  await expect(page).toHaveURL(`${app.url}/unlisted?colour=green`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(ALICE.name);
});

test("the page of a crash claims nothing about a form or the session, because it cannot know [A7]", async ({
  page,
  stack,
  watch,
}) => {
  watch.allow(/ERR_FAILED|Failed to fetch/);
  await open(page, stack, "/profile/note");
  await page.route(/\/profile\/note/, (route) => route.abort());
  await page.getByLabel("Your note").fill("Tea & milk?");
  await page.getByRole("button", { name: "Keep" }).click();
  const main = page.getByRole("main");
  await expect(main.getByRole("heading", { level: 1 })).toHaveText("Something went wrong");
  await expect(main).not.toContainText(/session|fault|logged/);
  await expect(main).toContainText("check first whether it arrived");
});

test("somebody whom a hook refuses reads why, has no session, and can log in as somebody else [C4]", async ({
  page,
  stack,
  newVisitor,
}) => {
  const { url } = await stack.startApp(() => ({}), FIXTURE_APP);
  const newcomer = someoneNew();
  await logInByRequest((await newVisitor()).request, ALICE.email, url); // makes the table
  const accounts = new DatabaseSync(path.join(FIXTURE_APP, "accounts.db"), { timeout: 5_000 });
  const block = "insert into accounts (iss, sub, blocked) values (?, ?, 1)";
  await signUp(page, newcomer); // in the app without hooks: the provider knows the person then
  const { user } = await (await page.request.get("/auth/me")).json();
  accounts.prepare(block).run(stack.provider.issuer, user.sub);
  accounts.close();

  await page.goto(`${url}/auth/login`);
  await expect(page).toHaveURL(`${url}/auth/error?reason=access_denied`);
  const main = page.getByRole("main");
  await expect(main.getByRole("heading", { level: 1 })).toHaveText("This app refused your login");
  await expect(main).toContainText("Your account is blocked. Write to help@example.com.");
  expect((await page.request.get(`${url}/auth/me`)).status()).toBe(401);
  await main.getByRole("link", { name: "Log in as somebody else" }).click();
  await chooseAtProvider(page, ALICE.email);
  await expect(page).toHaveURL(`${url}/profile`);
  expect((await (await page.request.get(`${url}/auth/me`)).json()).user).toHaveProperty("department", null);

  const other = await newVisitor();
  await other.goto(`${url}/auth/error?reason=access_denied`); // the link, in another browser
  await expect(other.getByRole("main")).not.toContainText("blocked");
});
