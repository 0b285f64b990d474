import { SITE } from "../lib/site.ts";
import { navigation, readJson, TABS } from "./support/browser/parts.ts";
import { ALICE, logInByRequest, signUp, someoneNew } from "./support/provider/people.ts";
import { expect, test } from "./support/test.ts";

test("a logged-in user is greeted by name on the home page [A11]", async ({ page }) => {
  await logInByRequest(page.request);
  await page.goto("/");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(`Hello, ${ALICE.name}`);
});

test("a logged-in user sees every tab and Log out, and the current tab is marked [A6]", async ({
  page,
  watch,
}) => {
  watch.allow(/status of 403/); // Alice may not read the admin message
  await logInByRequest(page.request);
  await page.goto("/");
  for (const { href, label: tab } of SITE.navigation) {
    await navigation(page).getByRole("link", { name: tab, exact: true }).click();
    await expect(page).toHaveURL(href);
    await expect(navigation(page).getByRole("listitem")).toHaveText(TABS.loggedIn);
    await expect(navigation(page).locator("[aria-current=page]")).toHaveText(tab);
  }
  await expect(navigation(page).getByRole("button", { name: "Log out" })).toBeVisible();
  await expect(navigation(page).getByRole("link", { name: /log in|sign up/i })).toHaveCount(0);
});

test("a logged-in user sees their picture, name, e-mail and ID token claims on the profile [A8, C13]", async ({
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

const BUDGETS = [
  ["/profile", 16_000],
  ["/", 24_000], // part: demo
  ["/dashboard", 40_000], // part: demo
] as const;

for (const [path, most] of BUDGETS) {
  test(`the HTML of ${path} has at most ${most / 1000} KB`, async ({ page }) => {
    await logInByRequest(page.request);
    const html = await (await page.request.get(path)).body();
    expect(html.length).toBeLessThanOrEqual(most);
  });
}

test("the fonts of the home page have at most 80 KB together, and one of them is preloaded", async ({
  page,
}) => {
  const sizes: Promise<number>[] = [];
  page.on("response", (response) => {
    if (response.request().resourceType() === "font")
      sizes.push(response.body().then(({ length }) => length));
  });
  await page.goto("/");
  await expect(page.locator("link[rel=preload][as=font]")).toHaveCount(1);
  await page.evaluate(() => document.fonts.ready);
  const all = await Promise.all(sizes);
  expect(all.length).toBeGreaterThan(0);
  expect(all.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(80_000);
});

test("/auth/me and /api/data return the logged-in user as JSON, and /auth/me is not cached [K7, K8, C6, C15]", async ({
  page,
  stack,
}) => {
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

test("the profile shows markup in a user's name as plain text [C6, C10]", async ({ page }) => {
  const name = `<img src=x onerror="document.title='owned'">`;
  await signUp(page, someoneNew(name));
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(name);
  await expect(page).toHaveTitle(`Profile · ${SITE.name}`);
});
