import type { Page } from "playwright/test";
import { SITE } from "../../lib/site.ts";
import { expectAccessible } from "../support/browser/accessibility.ts";
import { tabTo } from "../support/browser/keyboard.ts";
import { navigation, readJson } from "../support/browser/parts.ts";
import {
  ALICE,
  chooseAtProvider,
  logIn,
  logInByRequest,
  logOut,
  signUp,
  someoneNew,
} from "../support/provider/people.ts";
import { AUDIENCE } from "../support/stack.ts";
import { expect, test } from "../support/test.ts";

/** On the dashboard, expands the row of a token, and then the raw JSON in this row. */
async function openClaims(page: Page, token: string): Promise<void> {
  const row = page
    .getByRole("group")
    .filter({ has: page.getByRole("heading", { name: token, exact: true }) });
  await row.first().getByRole("heading", { name: token, exact: true }).click();
  await row.first().getByText("Raw JSON").click();
}

test("a visitor follows a link on the home page to the public page without a full page load [A11]", async ({
  page,
}) => {
  await page.goto("/");
  const pages = page.getByRole("region", { name: "What you can open" }).getByRole("listitem");
  const documents: string[] = [];
  page.on("request", (request) => request.resourceType() === "document" && documents.push(request.url()));
  await pages.getByRole("link", { name: "/public" }).click();
  await expect(page).toHaveURL("/public");
  await expect(page.getByText("This is a public message.")).toBeVisible();
  await expect(navigation(page).locator("[aria-current=page]")).toHaveText("Public");
  expect(documents).toEqual([]);
});

test("a visitor sees the steps of a login as a diagram on the home page [A11]", async ({ page }) => {
  await page.goto("/");
  const diagram = page.getByRole("figure", { name: "What happens when you log in" });
  await expect(diagram.getByRole("list", { name: "Parties" }).getByRole("listitem")).toHaveText([
    "Browser",
    "App",
    "Provider",
    "API",
  ]);
  await expect(diagram.getByRole("listitem").filter({ hasText: "Code exchanged" })).toHaveText(
    /POST \/token/,
  );
});

test("a visitor sees the tabs Profile and Public, and the current tab is marked [A6]", async ({ page }) => {
  await page.goto("/public");
  await expect(navigation(page).getByRole("listitem")).toHaveText(["Profile", "Public"]);
  await expect(navigation(page).locator("[aria-current=page]")).toHaveText("Public");
});

test("a logged-in user sees all five tabs, and the current tab is marked [A6]", async ({ page }) => {
  await logInByRequest(page.request);
  await page.goto("/dashboard");
  const tabs = ["Profile", "Dashboard", "Public", "Protected", "Admin"];
  await expect(navigation(page).getByRole("listitem")).toHaveText(tabs);
  await expect(navigation(page).locator("[aria-current=page]")).toHaveText("Dashboard");
});

test("a visitor reads the API's public message [A9, C13]", async ({ page, stack }) => {
  await page.goto("/public");
  await expect(page.getByText("This is a public message.")).toBeVisible();
  expect(stack.api.counts.public).toBe(1);
});

test("a visitor who presses Log in on the public page returns to this page after the login [A7]", async ({
  page,
}) => {
  await page.goto("/public");
  await page.getByRole("banner").getByRole("link", { name: "Log in" }).click();
  await chooseAtProvider(page, ALICE.email);
  await expect(page).toHaveURL("/public");
  await expect(page.getByRole("banner").getByRole("button", { name: "Log out" })).toBeVisible();
});

test("a user sees the whole session on the dashboard, but no token [C9, C13, C15, Q5]", async ({
  page,
  stack,
}) => {
  await logInByRequest(page.request);
  await page.goto("/dashboard");
  const main = page.getByRole("main");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(`Welcome, ${ALICE.name}`);
  await expect(main.getByText(ALICE.email, { exact: true })).toBeVisible();
  await expect(page.getByRole("button", { name: "Log out" })).toHaveCount(1);
  await expect(main.getByRole("region", { name: "Session" }).getByRole("listitem")).toHaveText([
    "openid",
    "profile",
    "email",
    "offline_access",
  ]);
  for (const term of ["Since", "Until", "If idle, until", "Subject"]) {
    await expect(main.getByRole("term").filter({ hasText: new RegExp(`^${term}$`) })).toBeVisible();
  }
  expect(await readJson(page, "Userinfo")).toMatchObject({ name: ALICE.name, email: ALICE.email });
  for (const token of ["ID token", "Access token"]) await openClaims(page, token);
  expect(await readJson(page, "ID token claims")).toMatchObject({ aud: SITE.id });
  expect(await readJson(page, "Access token claims")).toMatchObject({
    aud: expect.arrayContaining([AUDIENCE]),
  });
  expect(stack.secrets.count).toBeGreaterThanOrEqual(3);
  stack.secrets.expectNoneIn(await page.content(), "the dashboard");
});

test("without a refresh token, the dashboard and the home page say that the session ends with the access token [C13]", async ({
  page,
  stack,
}) => {
  const app = await stack.startApp(() => ({ OIDC_SCOPE: "openid profile email" }));
  await logInByRequest(page.request, ALICE.email, app.url);
  await page.goto(`${app.url}/dashboard`);
  const facts = page.getByRole("region", { name: "Session", exact: true });
  const ends = await facts.getByRole("time").nth(1).getAttribute("datetime");
  const left = Date.parse(String(ends)) - Date.now();
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThanOrEqual(stack.provider.accessTokenTtl * 1000);
  await page.goto(app.url);
  await expect(page.getByRole("main")).toContainText(
    /Your session ends in (1 hour|\d+ minutes) at the latest/,
  );
});

test("a logged-in user reads the API's protected message [A9]", async ({ page, stack }) => {
  await logInByRequest(page.request);
  await page.goto("/protected");
  await expect(page.getByText("This is a protected message.")).toBeVisible();
  expect(stack.api.counts.protected).toBe(1);
});

test("on a phone, a user logs out with the button on the dashboard [C9, Q5]", async ({ page }) => {
  await logIn(page, ALICE.email, "/dashboard");
  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByRole("main").getByRole("button", { name: "Log out" }).click();
  await expect(page).toHaveURL(/\/(\?state=[\w-]+)?$/);
  await page.setViewportSize({ width: 1280, height: 800 });
  await expect(page.getByRole("banner").getByRole("link", { name: "Log in" })).toBeVisible();
  expect((await page.request.get("/auth/me")).status()).toBe(401);
});

test("a keyboard user reaches the scrollable claims on the dashboard [C9]", async ({ page }) => {
  await logInByRequest(page.request);
  await page.goto("/dashboard");
  await openClaims(page, "ID token");
  await tabTo(page, page.getByRole("region", { name: "ID token claims as JSON" }));
});

test("the dashboard shows markup in a user's name as plain text [C6, C10]", async ({ page }) => {
  const name = `<img src=x onerror="document.title='owned'">`;
  await signUp(page, someoneNew(name), "/dashboard");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(`Welcome, ${name}`);
  await expect(page).toHaveTitle(`Dashboard · ${SITE.name}`);
});

test("after a logout, the home page says so, and the address bar contains no state parameter [A5]", async ({
  page,
}) => {
  await logIn(page);
  await logOut(page);
  await expect(page).toHaveURL("/");
  await expect(page.getByRole("status")).toContainText("You are logged out");
  await expectAccessible(page);
  await logInByRequest(page.request);
  await page.goto("/");
  await expect(page.getByRole("status")).toHaveCount(0);
});

test("axe finds no problem on the public page while the API is down [A9]", async ({ page, stack }) => {
  await stack.api.stop();
  await page.goto("/public");
  await expect(page.getByText("The API cannot be reached")).toBeVisible();
  await expectAccessible(page);
});
