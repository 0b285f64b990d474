import type { Locator, Page } from "playwright/test";
import { expectAccessible } from "./support/browser/accessibility.ts";
import { tabTo } from "./support/browser/keyboard.ts";
import { goThroughLogin, whoAmI } from "./support/provider/login-steps.ts";
import { logInByRequest, someoneNew } from "./support/provider/people.ts";
import type { Stack } from "./support/stack.ts";
import { expect, test } from "./support/test.ts";

test.use({ baseURL: async ({ storeApp }, use) => use(storeApp.url) });

/** Creates a person who has an account at the provider, but no session. @returns the e-mail address */
function openAccount(stack: Stack): string {
  return stack.provider.people.add(someoneNew()).email;
}

/** The entries of the list of sessions on the profile. */
function sessionsIn(page: Page): Locator {
  return page.getByRole("region", { name: "Your sessions" }).getByRole("listitem");
}

const endButton = (page: Page) => page.getByRole("button", { name: /^End the session of Chrome/ });
const everywhereButton = (page: Page) => page.getByRole("button", { name: "Log out everywhere" });

test("the profile lists the user's sessions, each with its times, and this browser first", async ({
  newVisitor,
  page,
  stack,
}) => {
  const email = openAccount(stack);
  const [other, stranger] = [await newVisitor(), await newVisitor()];
  await logInByRequest(other.request, email);
  await logInByRequest(stranger.request, openAccount(stack));
  await logInByRequest(page.request, email);
  await page.goto("/profile");
  await expect(sessionsIn(page)).toHaveCount(2);
  const [own, others] = [sessionsIn(page).first(), sessionsIn(page).last()];
  await expect(own).toContainText("This browser");
  await expect(own.getByRole("button")).toHaveCount(0);
  await expect(others).not.toContainText("This browser");
  for (const entry of [own, others]) {
    await expect(entry).toContainText(/Chrome on \w+/);
    await expect(entry.getByText("Since")).toBeVisible();
    await expect(entry.getByText("Last seen")).toBeVisible();
    await expect(entry.getByRole("time")).toHaveCount(2);
  }
});

test("pages link to the list of sessions, but not in an app without a session store", async ({
  request,
  stack,
}) => {
  await logInByRequest(request, openAccount(stack));
  const pages = ["/profile", "/"]; // the home page suggests what to try next
  for (const page of pages) {
    expect(await (await request.get(page)).text(), page).toContain('href="/profile#sessions"');
  }
  expect(await (await request.get("/")).text()).toContain("End a session from here"); // part: demo
  expect(await goThroughLogin(request, stack.app)).toBe("/profile");
  for (const page of pages) {
    expect(await (await request.get(stack.app.url + page)).text(), page).not.toContain("#sessions");
  }
});

test("a keyboard user ends the session of another browser and stays logged in", async ({
  newVisitor,
  page,
  stack,
  storeApp,
}) => {
  const email = openAccount(stack);
  const other = await newVisitor();
  await logInByRequest(other.request, email);
  await logInByRequest(page.request, email);
  await page.goto("/profile");
  await tabTo(page, endButton(page));
  await page.keyboard.press("Enter");
  await expect(sessionsIn(page)).toHaveCount(1);
  await expect(page).toHaveURL("/profile");
  expect(await whoAmI(other.request, storeApp)).toBeNull();
  expect(await whoAmI(page.request, storeApp)).not.toBeNull();
  await expect.poll(() => stack.provider.counts.revocation).toBe(1);
});

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with JavaScript" : "without JavaScript", () => {
    test.use({ javaScriptEnabled });

    test("a user ends one session, and then logs out everywhere, including the provider", async ({
      newVisitor,
      page,
      stack,
      storeApp,
    }) => {
      const email = openAccount(stack);
      const others = [await newVisitor(), await newVisitor()];
      for (const { request } of [...others, page]) await logInByRequest(request, email);
      const loggedIn = async () =>
        Promise.all([...others, page].map(async ({ request }) => (await whoAmI(request, storeApp)) !== null));
      await page.goto("/profile");
      await endButton(page).first().click();
      await expect(sessionsIn(page)).toHaveCount(2);
      expect((await loggedIn()).filter(Boolean)).toHaveLength(2);
      await everywhereButton(page).click();
      await expect(page).toHaveURL(/\/(\?state=[\w-]+)?$/);
      await expect(page.getByRole("banner").getByRole("link", { name: "Log in" })).toBeVisible();
      expect(await loggedIn()).toEqual([false, false, false]);
      expect(stack.provider.counts.endSession).toBe(1);
      await expect.poll(() => stack.provider.counts.revocation).toBe(3);
    });
  });
}

test("a keyboard user logs out everywhere", async ({ page, stack, storeApp }) => {
  await logInByRequest(page.request, openAccount(stack));
  await page.goto("/profile");
  await tabTo(page, everywhereButton(page));
  await page.keyboard.press("Enter");
  await expect(page.getByRole("banner").getByRole("link", { name: "Log in" })).toBeVisible();
  expect(await whoAmI(page.request, storeApp)).toBeNull();
});

test.describe("on a phone", () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true });

  test("sessions of browsers with unusual names fit the screen, and axe finds no problem", async ({
    page,
    playwright,
    stack,
    storeApp,
  }) => {
    const email = openAccount(stack);
    const names = [
      "Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
      "Mozilla/5.0 (Linux; Android 15; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
      "<script>alert(1)</script>",
    ];
    for (const userAgent of names) {
      const request = await playwright.request.newContext({ baseURL: storeApp.url, userAgent });
      await logInByRequest(request, email);
      await request.dispose();
    }
    await logInByRequest(page.request, email);
    await page.goto("/profile");
    await expect(sessionsIn(page)).toHaveCount(4);
    await expect(sessionsIn(page).getByText("Samsung Internet for Android")).toBeVisible();
    await expect(sessionsIn(page).getByText("Unknown browser")).toBeVisible();
    const { scrollWidth, clientWidth } = await page.evaluate(() => document.documentElement);
    expect(scrollWidth).toBe(clientWidth);
    await expectAccessible(page);
    await endButtonOf(page, "Unknown browser").tap();
    await expect(sessionsIn(page)).toHaveCount(3);
  });
});

function endButtonOf(page: Page, browser: string): Locator {
  return page.getByRole("button", { name: `End the session of ${browser}` });
}

test("a user of an app without a store sees no list of sessions and cannot end other sessions", async ({
  request,
  stack,
}) => {
  await logInByRequest(request, undefined, stack.app.url);
  const profile = await request.get(`${stack.app.url}/profile`);
  expect(profile.status()).toBe(200);
  expect(await profile.text()).not.toContain("Your sessions");
  const answer = await request.post(`${stack.app.url}/auth/sessions`, { form: { everywhere: "1" } });
  expect(answer.status()).toBe(501);
  expect(await whoAmI(request, stack.app)).not.toBeNull();
});
