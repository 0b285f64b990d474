import { SITE } from "../lib/site.ts";
import { navigation, readJson, TABS } from "./support/parts.ts";
import { ADMIN, ALICE, logInByRequest, signUp, someoneNew } from "./support/people.ts";
import { AUDIENCE } from "./support/stack.ts";
import { expect, test } from "./support/test.ts";

test("somebody logged in is greeted by name on the home page [A11]", async ({ page }) => {
  await logInByRequest(page.request);
  await page.goto("/");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(`Hello, ${ALICE.name}`);
});

test("somebody logged in sees every tab and Log out, and the open one marked [A6]", async ({
  page,
  watch,
}) => {
  watch.allow(/status of 403/); // Alice may not read the admin message
  await logInByRequest(page.request);
  await page.goto("/");
  for (const tab of TABS.loggedIn) {
    await navigation(page).getByRole("link", { name: tab, exact: true }).click();
    await expect(page).toHaveURL(`/${tab.toLowerCase()}`);
    await expect(navigation(page).getByRole("listitem")).toHaveText(TABS.loggedIn);
    await expect(navigation(page).locator("[aria-current=page]")).toHaveText(tab);
  }
  await expect(navigation(page).getByRole("button", { name: "Log out" })).toBeVisible();
  await expect(navigation(page).getByRole("link", { name: /log in|sign up/i })).toHaveCount(0);
});

test("somebody logged in sees picture, name, e-mail and the ID token's claims on the profile [A8, C13]", async ({
  page,
  stack,
}) => {
  await logInByRequest(page.request);
  await page.goto("/profile");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(ALICE.name);
  await expect(page.getByRole("main").getByText(ALICE.email, { exact: true })).toBeVisible();
  const picture = page.getByRole("main").locator("img");
  await expect(picture).toHaveAttribute("src", new RegExp(`^${stack.provider.issuer}/`));
  await expect
    .poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth))
    .toBeGreaterThan(0);
  const claims = await readJson(page, "ID token claims");
  expect(claims).toMatchObject({ iss: stack.provider.issuer, aud: SITE.id, email: ALICE.email });
});

test("somebody logged in sees the whole session on the dashboard, and no token in it [C9, C13, C15, Q5]", async ({
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
  for (const term of ["Since", "Until", "Idle until", "Subject"]) {
    await expect(main.getByRole("term").filter({ hasText: new RegExp(`^${term}$`) })).toBeVisible();
  }
  expect(await readJson(page, "Userinfo")).toMatchObject({ name: ALICE.name, email: ALICE.email });
  expect(await readJson(page, "ID token claims")).toMatchObject({ aud: SITE.id });
  expect(await readJson(page, "Access token claims")).toMatchObject({
    aud: expect.arrayContaining([AUDIENCE]),
  });
  expect(stack.secrets.count).toBeGreaterThanOrEqual(3);
  stack.secrets.expectNoneIn(await page.content(), "the dashboard");
});

test("somebody logged in reads the API's protected message [A9]", async ({ page, stack }) => {
  await logInByRequest(page.request);
  await page.goto("/protected");
  await expect(page.getByText("This is a protected message.")).toBeVisible();
  expect(stack.api.counts.protected).toBe(1);
});

test("somebody logged in without the permission gets a clear 403 at the admin page and stays logged in [A9]", async ({
  page,
  stack,
  watch,
}) => {
  watch.allow(/status of 403/);
  await logInByRequest(page.request);
  const answer = await page.goto("/admin");
  expect(answer?.status()).toBe(403);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("You don't have access to this page");
  await expect(page.getByText("This is an admin message.")).toHaveCount(0);
  await expect(navigation(page).getByRole("button", { name: "Log out" })).toBeVisible();
  expect(stack.api.counts.admin).toBe(1);
});

test("somebody logged in with the permission reads the admin message [A9]", async ({ page, stack }) => {
  await logInByRequest(page.request, ADMIN.email);
  const answer = await page.goto("/admin");
  expect(answer?.status()).toBe(200);
  await expect(page.getByText("This is an admin message.")).toBeVisible();
  expect(stack.api.counts.admin).toBe(1);
});

test("somebody logged in is turned away from the admin page, logs in as somebody else and reads the message [A9, A7]", async ({
  page,
  watch,
}) => {
  watch.allow(/status of 403/);
  await logInByRequest(page.request);
  await page.goto("/admin");
  await page.getByRole("main").getByRole("link", { name: "Log in as somebody else" }).click();
  await page.getByRole("button", { name: `Continue as ${ADMIN.name}` }).click();
  await expect(page).toHaveURL("/admin");
  await expect(page.getByText("This is an admin message.")).toBeVisible();
});

test("somebody logged in gets the user as JSON, never cached [K7, K8, C6, C15]", async ({ page, stack }) => {
  await logInByRequest(page.request);
  const me = await page.request.get("/auth/me");
  expect(me.status()).toBe(200);
  expect(me.headers()["cache-control"]).toContain("no-store");
  const { user } = await me.json();
  expect(user).toMatchObject({
    sub: expect.any(String),
    name: ALICE.name,
    email: ALICE.email,
    email_verified: true,
    preferred_username: "alice",
    given_name: "Alice",
    family_name: "Example",
    picture: expect.stringContaining(stack.provider.issuer),
  });
  const data = await page.request.get("/api/data");
  expect(await data.json()).toEqual({ message: "This is protected data", user });
  stack.secrets.expectNoneIn(await me.text(), "/auth/me");
  stack.secrets.expectNoneIn(await data.text(), "/api/data");
});

test("somebody logged in with markup for a name sees it as text [C6, C10]", async ({ page }) => {
  const name = `<img src=x onerror="document.title='owned'">`;
  await signUp(page, someoneNew(name), "/dashboard");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(`Welcome, ${name}`);
  await expect(page).toHaveTitle(`Dashboard · ${SITE.name}`);
});
