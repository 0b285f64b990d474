import type { Page } from "playwright/test";
import { expectAccessible } from "../support/browser/accessibility.ts";
import { whoAmI } from "../support/provider/login-steps.ts";
import { ADMIN, ALICE, chooseAtProvider, logInByRequest } from "../support/provider/people.ts";
import type { Stack } from "../support/stack.ts";
import { expect, test } from "../support/test.ts";

const PATH = "/change-email";

/** Logs Alice in. Her ID token has this `auth_time`, or no `auth_time` if it is undefined. */
async function logInWithTime(page: Page, stack: Stack, auth_time: number | undefined): Promise<void> {
  stack.provider.breakNextLogin({ idToken: { claims: { auth_time } } });
  await logInByRequest(page.request);
}

const anHourAgo = () => Math.floor(Date.now() / 1000) - 3_600;

/** Collects the authentication requests that the browser makes from now on. */
function authenticationRequests(page: Page, stack: Stack): URLSearchParams[] {
  const made: URLSearchParams[] = [];
  page.on("request", (request) => {
    const { origin, pathname, searchParams } = new URL(request.url());
    if (origin === stack.provider.issuer && pathname === "/auth") made.push(searchParams);
  });
  return made;
}

test("a visitor who opens /change-email logs in once and sees the time of this login [A7]", async ({
  page,
}) => {
  await page.goto(PATH);
  await chooseAtProvider(page, ALICE.email);
  await expect(page).toHaveURL(PATH);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Change e-mail");
  await expect(page.getByRole("main").getByText(ALICE.email)).toBeVisible();
  await expect(page.getByRole("definition").filter({ hasText: /(now|this minute)$/ })).toHaveCount(1);
  await expectAccessible(page);
});

test("a user whose login is an hour old logs in again at /change-email, and their old session ends [A7]", async ({
  page,
  stack,
  newVisitor,
}) => {
  await logInWithTime(page, stack, anHourAgo());
  const copy = await newVisitor();
  await copy.context().addCookies(await page.context().cookies());
  const made = authenticationRequests(page, stack);
  await page.goto(PATH);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Log in");
  await chooseAtProvider(page, ALICE.email);
  await expect(page).toHaveURL(PATH);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Change e-mail");
  expect(made.map((query) => [query.get("max_age"), query.get("prompt")])).toEqual([["300", "login"]]);
  expect(await whoAmI(copy.request, stack.app)).toBeNull();
});

test("if another person logs in at /change-email, they get their own session and page [A7]", async ({
  page,
  stack,
}) => {
  await logInWithTime(page, stack, anHourAgo());
  await page.goto(PATH);
  await chooseAtProvider(page, ADMIN.email);
  await expect(page).toHaveURL(PATH);
  await expect(page.getByRole("main").getByText(ADMIN.email)).toBeVisible();
  expect(await whoAmI(page.request, stack.app)).toBe(ADMIN.name);
});

for (const [what, auth_time] of [
  ["omits auth_time", undefined],
  ["ignores max_age", anHourAgo()],
] as const) {
  test(`if the provider ${what}, the app does not ask again, shows a clear error, and keeps the session [K4]`, async ({
    page,
    stack,
  }) => {
    await logInWithTime(page, stack, auth_time);
    stack.provider.breakNextLogin({ idToken: { claims: { auth_time } } });
    const made = authenticationRequests(page, stack);
    await page.goto(PATH);
    if (auth_time !== undefined) await chooseAtProvider(page, ALICE.email);
    await expect(page).toHaveURL("/auth/error?reason=invalid_response");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(
      "The provider did not confirm the login that the page needs",
    );
    await expect(page.getByRole("main")).toContainText(`You are still logged in as ${ALICE.name}.`);
    await expectAccessible(page);
    expect(made).toHaveLength(1);
    expect(await whoAmI(page.request, stack.app)).toBe(ALICE.name);
  });
}
