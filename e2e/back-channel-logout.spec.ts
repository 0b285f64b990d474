import { readJson } from "./support/browser/parts.ts";
import { rawRequest } from "./support/browser/raw-request.ts";
import { goThroughLogin, whoAmI } from "./support/provider/login-steps.ts";
import { logoutToken, sendLogoutToken } from "./support/provider/logout-tokens.ts";
import { ADMIN, ALICE, logIn, logInByRequest, logOut, someoneNew } from "./support/provider/people.ts";
import { CLIENT_ID } from "./support/stack.ts";
import { expect, test } from "./support/test.ts";

test.use({ baseURL: async ({ storeApp }, use) => use(storeApp.url) });

test("a user who logs out at the provider is logged out of the app in this browser only", async ({
  context,
  newVisitor,
  page,
  stack,
  storeApp,
}) => {
  const other = await newVisitor();
  await logInByRequest(other.request);
  await logIn(page);
  const before = storeApp.log.entries.length;
  const atProvider = await context.newPage();
  await atProvider.goto(`${stack.provider.issuer}/session/end`);
  await atProvider.getByRole("button", { name: "Log out" }).click();
  await expect(atProvider.getByRole("heading", { level: 1 })).toHaveText("Done");
  await expect.poll(() => whoAmI(page.request, storeApp)).toBeNull();

  await page.getByRole("banner").getByRole("link", { name: "Profile" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Log in");
  expect(await whoAmI(other.request, storeApp)).toBe(ALICE.name);
  const told = () => storeApp.log.having({ step: "back-channel logout", level: "info" }, before);
  await expect.poll(told).toMatchObject([{ sessions: 1 }]);
});

test("a logout token with a sub but no sid ends all sessions of that user, and no other user's session", async ({
  newVisitor,
  page,
  stack,
  storeApp,
}) => {
  const { sub, email } = stack.provider.people.add(someoneNew());
  const [other, stranger] = [await newVisitor(), await newVisitor()];
  for (const { request } of [page, other]) await logInByRequest(request, email);
  await logInByRequest(stranger.request, ADMIN.email);
  const token = await logoutToken(stack, { aud: storeApp.clientId, sub });
  const answer = await sendLogoutToken(stranger.request, storeApp, token);
  expect([answer.status(), await answer.text()]).toEqual([200, ""]);
  expect(answer.headers()["cache-control"]).toContain("no-store");
  expect(await whoAmI(page.request, storeApp)).toBeNull();
  expect(await whoAmI(other.request, storeApp)).toBeNull();
  expect(await whoAmI(stranger.request, storeApp)).toBe(ADMIN.name);

  expect(await goThroughLogin(page.request, storeApp)).toBe("/profile");
  expect((await sendLogoutToken(stranger.request, storeApp, token)).status(), "a second time").toBe(400);
  expect(await whoAmI(page.request, storeApp)).not.toBeNull();
});

test("a logout token with only a sid ends the app sessions that began in that provider session", async ({
  newVisitor,
  page,
  stack,
  storeApp,
}) => {
  const other = await newVisitor();
  for (const { request } of [page, other]) await logInByRequest(request);
  await page.goto("/profile");
  const { sid } = (await readJson(page, "ID token claims")) as { sid: string };
  const token = await logoutToken(stack, { aud: storeApp.clientId, sid });
  expect((await sendLogoutToken(other.request, storeApp, token)).status()).toBe(200);
  expect(await whoAmI(page.request, storeApp)).toBeNull();
  expect(await whoAmI(other.request, storeApp)).toBe(ALICE.name);
});

test("the app answers an invalid logout token with 400 and ends no session", async ({
  request,
  stack,
  storeApp,
}) => {
  const { sub, email } = stack.provider.people.add(someoneNew());
  await logInByRequest(request, email);
  const good = { aud: storeApp.clientId, sub };
  const [header, claims] = (await logoutToken(stack, good)).split(".");
  const bad = {
    "for another app": await logoutToken(stack, { ...good, aud: CLIENT_ID }),
    "with a nonce": await logoutToken(stack, { ...good, nonce: "n" }),
    "without an event": await logoutToken(stack, { ...good, events: {} }),
    "without a signature": `${header}.${claims}.`,
    nothing: "",
  };
  for (const [kind, token] of Object.entries(bad)) {
    const answer = await sendLogoutToken(request, storeApp, token);
    expect(answer.status(), kind).toBe(400);
    expect(answer.headers()["cache-control"], kind).toContain("no-store");
    expect(await answer.json(), kind).toMatchObject({ error: "invalid_request" });
  }
  expect((await rawRequest(storeApp, "/auth/backchannel-logout")).status).toBe(405);
  expect(await whoAmI(request, storeApp)).not.toBeNull();
  expect((await sendLogoutToken(request, storeApp, await logoutToken(stack, good))).status()).toBe(200);
});

test("after a logout in the app, the provider also sends a logout token, and the app accepts it", async ({
  page,
  stack,
  storeApp,
}) => {
  await logIn(page);
  const before = storeApp.log.entries.length;
  await logOut(page);
  const told = () => storeApp.log.having({ step: "back-channel logout" }, before);
  await expect.poll(told).toMatchObject([{ level: "info", sessions: 0 }]);
  expect(stack.provider.counts.endSession).toBe(1);
});

test("an app without a session store answers a logout token with 501 and ends no session", async ({
  request,
  stack,
}) => {
  await logInByRequest(request, ALICE.email, stack.app.url);
  const token = await logoutToken(stack, { aud: CLIENT_ID, sub: "alice" });
  const answer = await sendLogoutToken(request, stack.app, token);
  expect(answer.status()).toBe(501);
  expect(await answer.json()).toMatchObject({ error: "not_supported" });
  expect(await whoAmI(request, stack.app)).toBe(ALICE.name);
});
