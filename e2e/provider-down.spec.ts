import type { Page } from "playwright/test";
import { SITE } from "../lib/site.ts";
import { expectMessage } from "./demo/message.ts"; // part: demo
import type { AppServer } from "./support/app/server.ts";
import { fault } from "./support/provider/faults.ts";
import { goThroughLogin, providerAnswer, whoAmI } from "./support/provider/login-steps.ts";
import { ALICE, chooseAtProvider, logIn, logInByRequest } from "./support/provider/people.ts";
import { expect, test } from "./support/test.ts";

/** Reads the reference on the error page, and checks that the log contains this failure. */
async function expectFailureInLog(page: Page, app: AppServer, reason: string): Promise<void> {
  const reference = page.getByRole("main").getByRole("code");
  const requestId = await reference.textContent();
  expect(requestId).toMatch(/^[\da-f-]{36}$/);
  await expect.poll(() => app.log.having({ requestId, reason, level: "warn" })).toHaveLength(1);
}

test("an app starts and shows its pages while the provider is down, and logs users in once it is up [C2]", async ({
  page,
  stack,
}) => {
  await stack.provider.stop();
  const app = await stack.startApp();
  await page.goto(`${app.url}/`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(SITE.headline);
  await expectMessage(page.request, "public", app.url); // part: demo

  await page.goto(`${app.url}/profile?a=b`);
  await expect(page).toHaveURL(`${app.url}/auth/error?reason=provider_unavailable`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("The provider cannot be reached");
  await expectFailureInLog(page, app, "provider_unavailable");

  await stack.provider.start();
  await page.getByRole("main").getByRole("link", { name: "Try again" }).click();
  await chooseAtProvider(page, ALICE.email);
  await expect(page).toHaveURL(`${app.url}/profile`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(ALICE.name);
});

test("a login shows the error page while the provider is down, and works once the provider is up again [C2]", async ({
  request,
  stack,
}) => {
  await logInByRequest(request);
  await stack.provider.stop();
  expect((await request.get("/")).status()).toBe(200);
  const answer = await request.get("/auth/login", { maxRedirects: 0 });
  expect(answer.headers().location).toBe("/auth/error?reason=provider_unavailable");
  await stack.provider.start();
  expect(await goThroughLogin(request, stack.app)).toBe("/profile");
});

test("if the provider goes down during a login, the user sees an error page, and the next try works [C4]", async ({
  page,
  stack,
}) => {
  await logIn(page);
  const callback = await providerAnswer(page.request, stack.app);
  await stack.provider.stop();
  await page.goto(callback.href);
  await expect(page).toHaveURL("/auth/error?reason=provider_unavailable");
  await expectFailureInLog(page, stack.app, "provider_unavailable");
  await stack.provider.start();
  await page.getByRole("main").getByRole("link", { name: "Try again" }).click();
  await expect(page).toHaveURL("/profile");
});

test("a user who logs out while the provider is down is logged out of the app [C5]", async ({
  request,
  stack,
}) => {
  const app = await stack.startApp();
  await logInByRequest(request, ALICE.email, app.url);
  await stack.provider.stop();
  const answer = await request.post(`${app.url}/auth/logout`, { maxRedirects: 0 });
  expect(answer.status()).toBe(303);
  expect(await whoAmI(request, app)).toBeNull();
});

test("a provider that does not answer discovery requests delays logins, but no other pages [C2]", async ({
  request,
  stack,
}) => {
  stack.interceptProvider = fault("/.well-known/openid-configuration", "hang");
  const app = await stack.startApp(() => ({ OIDC_TIMEOUT: "4" }));
  const begun = Date.now();
  for (const path of ["/", "/auth/error"]) {
    expect((await request.get(app.url + path)).status()).toBe(200);
  }
  expect(Date.now() - begun).toBeLessThan(3_000);
  expect(await goThroughLogin(request, app)).toBe("/auth/error?reason=provider_unavailable");
  expect(Date.now() - begun).toBeLessThan(9_000);
  stack.interceptProvider = undefined;
  await stack.provider.stop(); // closes the connections that still wait for an answer, as a restart does
  await stack.provider.start();
  await expect.poll(() => goThroughLogin(request, app), { timeout: 15_000 }).toContain("/interaction/");
});

test("a login fails after OIDC_TIMEOUT if the provider does not answer the token request [C4]", async ({
  request,
  stack,
}) => {
  const app = await stack.startApp(() => ({ OIDC_TIMEOUT: "2" })); // seconds; the default is 10
  await logInByRequest(request, ALICE.email, app.url);
  stack.provider.breakNextLogin("slow-provider");
  const begun = Date.now();
  expect(await goThroughLogin(request, app)).toBe("/auth/error?reason=provider_unavailable");
  const waited = Date.now() - begun;
  expect(waited).toBeGreaterThan(1_900);
  expect(waited).toBeLessThan(9_000);
  expect(await whoAmI(request, app)).toBe(ALICE.name);
});
