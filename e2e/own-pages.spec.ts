/** Tests of pages that a developer might add. They are in `e2e/fixture-app`, which is built in a copy of the app. */

import { createHmac } from "node:crypto"; // part: docs
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Page } from "playwright/test";
import { buildFixtureApp, FIXTURE_APP } from "../dev/testing/run/build.ts";
import { SITE } from "../lib/site.ts";
import { type AppServer, startAppServer } from "./support/app/server.ts";
import { rawRequest } from "./support/browser/raw-request.ts";
import {
  ADMIN,
  ALICE,
  chooseAtProvider,
  logIn, // part: docs
  logInByRequest,
  signUp,
  someoneNew,
} from "./support/provider/people.ts";
import { test as base, expect } from "./support/test.ts";

const WEBHOOK_SECRET = "the secret of the shop"; // part: docs

/** `copy` is the server of the copy of the app. */
const test = base.extend<object, { copy: AppServer }>({
  copy: [
    async ({ stack }, use) => {
      expect(await buildFixtureApp(), "the copy of the app is built").toBe(true);
      const settings = {
        ...stack.takeAddress(),
        SHOP_WEBHOOK_SECRET: WEBHOOK_SECRET, // part: docs
      };
      const { port } = new URL(settings.APP_BASE_URL);
      const copy = await startAppServer(settings, Number(port), { root: FIXTURE_APP });
      stack.followLog(copy.log);
      await use(copy);
      await copy.stop();
    },
    { scope: "worker", timeout: 600_000 },
  ],
});

test.describe.configure({ mode: "default" }); // runs the tests in one worker, which builds one copy and starts one server

let app: AppServer;
test.beforeAll(({ copy }) => {
  app = copy;
});

/** Logs a user in to the copy of the app and opens a page there. @returns the status of the page */
async function open(page: Page, path: string, { email } = ALICE): Promise<number | undefined> {
  await logInByRequest(page.request, email, app.url);
  return (await page.goto(app.url + path))?.status();
}

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with JavaScript" : "without JavaScript", () => {
    test.use({ javaScriptEnabled });

    test("a logged-in user submits a form on a guarded page [C6]", async ({ page }) => {
      await open(page, "/profile/note?colour=green");
      await page.getByLabel("Your note").fill("Tea & milk?");
      await page.getByRole("button", { name: "Keep" }).click();
      await expect(page.getByRole("status")).toHaveText(`Kept: Tea & milk?, by ${ALICE.name}`);
    });

    test("a user whose session has ended submits a form, logs in, and finds the input in the form [A7, C6]", async ({
      page,
      context,
    }) => {
      await open(page, "/profile/note?colour=green");
      await context.clearCookies();
      await page.getByLabel("Your note").fill("Tea & milk?");
      await page.getByRole("button", { name: "Keep" }).click();
      await chooseAtProvider(page, ALICE.email);
      await expect(page).toHaveURL(/\/profile\/note\?note=Tea/);
      await expect(page.getByLabel("Your note")).toHaveValue("Tea & milk?");
      await expect(page.getByRole("status")).toHaveCount(0); // without a session, the action kept nothing
      await page.getByRole("button", { name: "Keep" }).click();
      await expect(page.getByRole("status")).toHaveText(`Kept: Tea & milk?, by ${ALICE.name}`);
    });

    test("an action refuses a user without the role, and lets an admin log in again without losing the input [A7]", async ({
      page,
      newVisitor,
    }) => {
      const send = async (visitor: Page) => {
        await visitor.getByLabel("Your text").fill("Tea & milk?");
        await visitor.getByRole("button", { name: "Publish" }).click();
      };
      await open(page, "/profile/publish");
      await send(page);
      await expect(page.getByLabel("Your text")).toHaveAccessibleDescription("This needs role admin.");
      const admins = await newVisitor();
      await open(admins, "/profile/publish", ADMIN);
      await send(admins); // the login is recent, so the provider sends auth_time without a login page
      await expect(admins).toHaveURL(/\/profile\/publish\?text=Tea/);
      await expect(admins.getByLabel("Your text")).toHaveValue("Tea & milk?");
      await admins.getByRole("button", { name: "Publish" }).click();
      await expect(admins.getByRole("status")).toHaveText(`Published by ${ADMIN.name}`);
    });

    test("a page that calls forbidden() answers 403 with a title and a text that fits any page [A9]", async ({
      page,
      watch,
    }) => {
      watch.allow(/status of 403/);
      expect(await open(page, "/profile/refused")).toBe(403);
      await expect(page).toHaveTitle(`You don't have access to this page · ${SITE.name}`);
      await expect(page.locator(javaScriptEnabled ? "h1" : "title")).toBeVisible();
      const said = await page.innerText("html");
      expect(said).toContain("You don't have access to this page");
      expect(said).not.toMatch(/API|read:admin-messages/);
    });
  });
}

test("a page that requires a role opens for users with the role; other users get 403 and stay logged in [A9]", async ({
  page,
  newVisitor,
  watch,
}) => {
  watch.allow(/status of 403/);
  expect(await open(page, "/reports", ADMIN)).toBe(200);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(`Reports for ${ADMIN.name}`);
  const alices = await newVisitor();
  expect(await open(alices, "/reports")).toBe(403);
  await expect(alices.getByRole("heading", { level: 1 })).toHaveText("You don't have access to this page");
  await expect(alices.getByRole("banner").getByRole("button", { name: "Log out" })).toBeVisible();
});

// part: docs
test.describe("the examples of docs/your-own-pages.md", () => {
  test.use({ baseURL: async ({ copy }, use) => use(copy.url) });

  test("an admin sees the reports, and Alice does not", async ({ page, newVisitor, watch }) => {
    await logIn(page, "admin@example.com", "/reports");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Reports for Admin Example");
    const alices = await newVisitor();
    watch.allow(/status of 403/); // the browser reports this status as an error
    await logIn(alices, "alice@example.com", "/reports");
    await expect(alices.getByRole("heading", { level: 1 })).toHaveText("You don't have access to this page");
  });

  test("a webhook accepts a body with its sender's signature only", async ({ request }) => {
    const send = async (data: string, key: string) => {
      const signature = createHmac("sha256", key).update('{"order":7}').digest("hex");
      const answer = await request.post("/api/webhooks/shop", {
        data,
        headers: { "x-shop-signature": signature },
      });
      return [answer.status(), await answer.json()];
    };
    const refused = [401, { error: "The signature is wrong." }];
    expect(await send('{"order":7}', WEBHOOK_SECRET)).toEqual([200, { received: 7 }]);
    expect(await send('{"order":8}', WEBHOOK_SECRET)).toEqual(refused);
    expect(await send('{"order":7}', "another secret")).toEqual(refused);
    const unsigned = await request.post("/api/webhooks/shop", { data: '{"order":7}' });
    expect(unsigned.status()).toBe(401);
  });
});
// end part: docs

test("a route that requires a role or a recent login answers in JSON and rejects other sites' requests [K8]", async ({
  page,
}) => {
  const { url } = app;
  const ask = async (method: string, headers = {}) => {
    const answer = await page.request.fetch(`${url}/api/reports`, { method, headers });
    return [answer.status(), await answer.json()];
  };
  expect(await ask("GET")).toEqual([401, { error: "Authentication required" }]);
  await logInByRequest(page.request, ALICE.email, url);
  expect(await ask("GET")).toEqual([403, { error: "This needs role admin." }]);
  expect(await ask("POST", { origin: "http://localhost:1" })).toEqual([
    403,
    { error: "Only pages of this app may send this request." },
  ]);
  const login = "/auth/login?max_age=300&step_up=1";
  const old = await ask("POST", { origin: url });
  expect(old).toEqual([401, { error: "This needs a more recent login.", login }]);
  await page.goto(`${url}${login}`);
  expect(await ask("POST", { origin: url })).toEqual([200, { by: ALICE.name }]);
  await page.request.get(`${url}/auth/logout`);
  await logInByRequest(page.request, ADMIN.email, url);
  expect(await ask("GET")).toEqual([200, { of: ADMIN.name }]);
});

test("if the provider does not send the acr that a page requires, the app asks once and keeps the session [K4]", async ({
  page,
  stack,
}) => {
  await open(page, "/profile");
  const { origin } = new URL(page.url());
  stack.provider.resetCounts();
  await page.goto(`${origin}/profile/vault`);
  await expect(page).toHaveURL(`${origin}/auth/error?reason=invalid_response`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(
    "The provider did not confirm the login that the page needs",
  );
  await expect(page.getByRole("main")).toContainText(`You are still logged in as ${ALICE.name}.`);
  expect(stack.provider.counts.authorization).toBe(1);
});

test("a page that ROUTES does not list sends a visitor to the login and back, despite forged headers [A7, C6]", async ({
  page,
}) => {
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

test("the field and the button of a form without classes have a border and a comfortable size", async ({
  page,
}) => {
  await open(page, "/profile/publish");
  for (const control of [page.getByLabel("Your text"), page.getByRole("button", { name: "Publish" })]) {
    await expect(control).toHaveCSS("border-top-width", "1px");
    expect((await control.boundingBox())?.height).toBeGreaterThanOrEqual(44);
  }
});

test("the crash page does not mention the session, and asks the user to check whether the form arrived [A7]", async ({
  page,
  watch,
}) => {
  watch.allow(/ERR_FAILED|Failed to fetch/);
  await open(page, "/profile/note");
  await page.route(/\/profile\/note/, (route) => route.abort());
  await page.getByLabel("Your note").fill("Tea & milk?");
  await page.getByRole("button", { name: "Keep" }).click();
  const main = page.getByRole("main");
  await expect(main.getByRole("heading", { level: 1 })).toHaveText("Something went wrong");
  await expect(main).not.toContainText(/session|fault|logged/);
  await expect(main).toContainText("check first whether it arrived");
});

test("a user whom a hook refuses reads why, gets no session, and can log in as another person [C4]", async ({
  page,
  stack,
  newVisitor,
}) => {
  const { url } = app;
  const newcomer = someoneNew();
  await logInByRequest((await newVisitor()).request, ALICE.email, url); // the first login creates the table
  const accounts = new DatabaseSync(path.join(FIXTURE_APP, "accounts.db"), { timeout: 5_000 });
  const block = "insert into accounts (iss, sub, blocked) values (?, ?, 1)";
  await signUp(page, newcomer); // creates the account at the provider, through the app without hooks
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
  await other.goto(`${url}/auth/error?reason=access_denied`); // the same URL in another browser
  await expect(other.getByRole("main")).not.toContainText("blocked");
});
