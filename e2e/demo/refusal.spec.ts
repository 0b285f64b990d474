import { expectAccessible } from "../support/browser/accessibility.ts";
import { navigation } from "../support/browser/parts.ts";
import { cookieHeader, rawRequest } from "../support/browser/raw-request.ts";
import { ADMIN, ALICE, chooseAtProvider, logInByRequest } from "../support/provider/people.ts";
import { expect, test } from "../support/test.ts";

test("a user without the permission gets a clear 403 page at /admin and stays logged in [A9]", async ({
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

test("a user with the permission reads the admin message [A9]", async ({ page, stack }) => {
  await logInByRequest(page.request, ADMIN.email);
  const answer = await page.goto("/admin");
  expect(answer?.status()).toBe(200);
  await expect(page.getByText("This is an admin message.")).toBeVisible();
  expect(stack.api.counts.admin).toBe(1);
});

test("a user without access to /admin logs in as another person and reads the admin message [A9, A7]", async ({
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

test("axe finds no problem on the 403 page [A9]", async ({ page, watch }) => {
  watch.allow(/status of 403/);
  await logInByRequest(page.request, ALICE.email);
  await page.goto("/admin");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("You don't have access to this page");
  await expectAccessible(page);
});

for (const address of ["127.0.0.1", "localhost", "0.0.0.0", "::", ""]) {
  const where = address || "all addresses by default";
  test(`an app that listens on ${where} shows a 403 page if the API refuses access [A9]`, async ({
    page,
    stack,
    watch,
  }) => {
    watch.allow(/status of 403/);
    const app = await stack.startApp(() => ({ HOSTNAME: address }));
    await logInByRequest(page.request, ALICE.email, app.url);
    const answer = await page.goto(`${app.url}/admin`);
    expect(answer?.status()).toBe(403);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("You don't have access to this page");
  });
}

test("no request header from a visitor changes the 403 page [A9]", async ({ request, stack }) => {
  await logInByRequest(request);
  const cookie = await cookieHeader(request);
  const forged = { "x-answer-status": "200", "content-security-policy": "script-src 'nonce-forged'" };
  const page = await rawRequest(stack.app, "/admin", { headers: { ...forged, cookie } });
  expect(page.status).toBe(403);
  expect(page.text).not.toContain("forged");
  expect(page.headers["content-security-policy"]).not.toContain("forged");
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("a user without the permission can read the 403 page [A9]", async ({ page, watch }) => {
    watch.allow(/status of 403/);
    await page.goto("/admin");
    await chooseAtProvider(page, ALICE.email);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("You don't have access to this page");
  });
});
