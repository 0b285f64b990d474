import type { Page } from "playwright/test";
import { createClient } from "../dev/provider/provider.ts";
import { freePorts } from "./support/app/ports.ts";
import { type AppServer, startAppServer } from "./support/app/server.ts";
import { goThroughLogin, providerAnswer, whoAmI } from "./support/provider/login-steps.ts";
import { ADMIN, ALICE, chooseAtProvider, logInByRequest, logOut } from "./support/provider/people.ts";
import { test as base, expect } from "./support/test.ts";

/** Production and a preview. Only production's callback and home page are registered with the provider. */
interface Deployments {
  readonly production: AppServer;
  readonly preview: AppServer;
}

const test = base.extend<{ deployments: Deployments }>({
  deployments: async ({ stack }, use) => {
    const ports = await freePorts(2);
    const [productionUrl = "", previewUrl = ""] = ports.map((port) => `http://localhost:${port}`);
    const OIDC_CLIENT_ID = `app-at-${productionUrl}`;
    stack.provider.addClient(createClient(OIDC_CLIENT_ID, [productionUrl]));
    const settings = {
      ...stack.settings,
      OIDC_CLIENT_ID,
      OIDC_REDIRECT_URI: `${productionUrl}/auth/callback`,
      OIDC_POST_LOGOUT_REDIRECT_URI: `${productionUrl}/`,
      PREVIEW_ORIGINS: previewUrl,
    };
    const [production, preview] = await Promise.all([
      startAppServer({ ...settings, APP_BASE_URL: productionUrl }, ports[0]),
      startAppServer({ ...settings, APP_BASE_URL: previewUrl }, ports[1]),
    ]);
    for (const { log } of [production, preview]) stack.followLog(log);
    await use({ production, preview });
    await Promise.all([production.stop(), preview.stop()]);
  },
});

/** Collects the URLs to which the browser navigates from now on, including all redirects, without queries. */
function visitsOf(page: Page): string[] {
  const visits: string[] = [];
  page.on("request", (request) => {
    if (request.isNavigationRequest()) visits.push(request.url().replace(/\?.*/, ""));
  });
  return visits;
}

test("a user logs in and out of a preview through production's callback, and keeps production's session [C3, C5]", async ({
  page,
  stack,
  deployments: { production, preview },
}) => {
  await page.goto(`${production.url}/profile`);
  await chooseAtProvider(page, ADMIN.email);
  await expect(page).toHaveURL(`${production.url}/profile`);

  const visits = visitsOf(page);
  await page.goto(`${preview.url}/profile?a=b`);
  await expect(page).toHaveURL(`${preview.url}/profile?a=b`);
  await expect(page.getByRole("heading", { level: 1, name: ADMIN.name })).toBeVisible();
  expect(visits).toEqual([
    `${preview.url}/profile`,
    `${preview.url}/auth/login`,
    `${stack.provider.issuer}/auth`,
    `${production.url}/auth/callback`,
    `${preview.url}/auth/callback`,
    `${preview.url}/profile`,
  ]);

  await logOut(page);
  expect(new URL(page.url()).origin).toBe(production.url);
  expect(await whoAmI(page.request, preview)).toBeNull();
  expect(await whoAmI(page.request, production)).toBe(ADMIN.name);
});

test("production forwards no callback with a changed state, and a forwarded callback works only once [C4, K2]", async ({
  request,
  newVisitor,
  deployments: { production, preview },
}) => {
  await logInByRequest(request, ALICE.email, production.url);
  const answer = await providerAnswer(request, preview);
  expect(answer.origin).toBe(production.url);
  const changed = new URL(answer);
  changed.searchParams.set("state", `${answer.searchParams.get("state")?.slice(0, -2)}AA`);
  const error = `${production.url}/auth/error?reason=login_expired`;
  expect((await request.get(changed.href)).url()).toBe(error);

  const stranger = (await newVisitor()).request;
  expect(await goThroughLogin(stranger, preview, answer.href)).toBe("/auth/error?reason=login_expired");
  expect(await goThroughLogin(request, preview, answer.href)).toBe("/profile");
  expect(await goThroughLogin(request, preview, answer.href)).toBe("/auth/error?reason=login_expired");
  expect(await whoAmI(request, preview)).toBe(ALICE.name);
});
