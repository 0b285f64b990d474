import type { Answer } from "../dev/loopback.ts";
import { SITE } from "../lib/site.ts";
import { cookieHeader, rawRequest, SESSION_COOKIE } from "./support/browser/raw-request.ts";
import { fault } from "./support/provider/faults.ts";
import { whoAmI } from "./support/provider/login-steps.ts";
import { issuingShortTokens, withExpiredToken } from "./support/provider/passing-time.ts";
import { ADMIN, ALICE, logIn, logInByRequest } from "./support/provider/people.ts";
import { expect, test } from "./support/test.ts";

const NO_PROVIDER = "The identity provider cannot be reached"; // part: demo

test("a user whose refresh token the provider has revoked has to log in again [C16]", async ({
  page,
  stack,
}) => {
  await issuingShortTokens(stack, () => logIn(page));
  stack.provider.revokeAllRefreshTokens();
  await page.context().clearCookies({ name: /^hello-provider/ });
  await page.getByRole("banner").getByRole("link", { name: "Profile" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Log in" })).toBeVisible();
  await page.goto("/");
  await expect(page.getByRole("banner").getByRole("link", { name: "Log in" })).toBeVisible();
  await expect(page.getByRole("status")).toContainText("Your session has ended"); // part: demo
});

test("a rejected refresh deletes the session cookie, and a copy of this cookie no longer works [C16]", async ({
  request,
  stack,
}) => {
  await withExpiredToken(stack, request);
  stack.provider.revokeAllRefreshTokens();
  const headers = { cookie: await cookieHeader(request) };
  const answer = await rawRequest(stack.app, "/profile?a=b", { headers });
  expect(answer.status).toBe(307);
  expect(new URL(answer.headers.location ?? "", stack.app.url).href).toBe(
    `${stack.app.url}/auth/login?returnTo=%2Fprofile%3Fa%3Db`,
  );
  expect(answer.headers["set-cookie"]).toContainEqual(
    expect.stringMatching(new RegExp(`${SESSION_COOKIE.source}=;.*Max-Age=0`)),
  );
  expect((await rawRequest(stack.app, "/auth/me", { headers })).status).toBe(401);
  expect((await rawRequest(stack.app, "/api/data", { headers })).status).toBe(401);
  expect((await rawRequest(stack.app, "/", { headers })).text).not.toContain(">Log out<");
  expect(stack.provider.counts.token.refresh_token).toBe(1);
});

test("a user without a refresh token has to log in again after the access token has expired [C16]", async ({
  request,
  stack,
}) => {
  const app = await stack.startApp(() => ({ OIDC_SCOPE: "openid profile email" }));
  await withExpiredToken(stack, request, { appUrl: app.url });
  const answer = await request.get(`${app.url}/profile`, { maxRedirects: 0 });
  expect(answer.status()).toBe(307);
  expect(answer.headers()["set-cookie"]).toContain(`${SITE.id}.${app.port}.session=;`);
  expect(await whoAmI(request, app)).toBeNull();
  expect(stack.provider.counts.token.refresh_token).toBe(0);
});

test("a session with an expired access token stays while the provider is down, and is refreshed later [C16]", async ({
  page,
  stack,
  watch,
}) => {
  watch.allow(/ERR_CONNECTION_REFUSED|ERR_EMPTY_RESPONSE/); // the user's picture is at the provider
  await withExpiredToken(stack, page.request, { email: ADMIN.email });
  await stack.provider.stop();
  await page.goto("/profile");
  await expect(page.getByRole("heading", { level: 1, name: ADMIN.name })).toBeVisible();
  await expect(page.getByRole("banner").getByRole("button", { name: "Log out" })).toBeVisible();
  expect(await whoAmI(page.request, stack.app)).toBe(ADMIN.name);

  await stack.provider.start();
  const refreshes = async () => {
    expect((await page.goto("/profile"))?.status()).toBe(200);
    return stack.provider.counts.token.refresh_token;
  };
  await expect.poll(refreshes, { intervals: [500] }).toBe(1);
});

test("a temporary failure of the token endpoint does not end a session [C16]", async ({
  playwright,
  stack,
}) => {
  const faults: Record<string, Answer> = {
    "500": { status: 500, text: "<h1>Oops</h1>" },
    "503": { status: 503, json: { error: "temporarily_unavailable" } },
    "429": { status: 429, json: { error: "slow_down" } },
    "401, because the secret is wrong": { status: 401, json: { error: "invalid_client" } },
    "a page of a proxy": { status: 200, text: "<h1>Welcome to nginx!</h1>" },
    "a redirect": { status: 302, headers: { location: "https://evil.test/" } },
    "an answer without a token": { status: 200, json: {} },
    "a cut connection": "reset",
  };
  const people = await Promise.all(
    Object.values(faults).map(() => playwright.request.newContext({ baseURL: stack.app.url })),
  );
  await issuingShortTokens(stack, () => Promise.all(people.map((person) => logInByRequest(person))));
  for (const [index, [name, kind]] of Object.entries(faults).entries()) {
    await test.step(name, async () => {
      stack.interceptProvider = fault("/token", kind);
      const person = people[index];
      if (!person) throw new Error("There is no person for this fault.");
      expect(await whoAmI(person, stack.app)).toBe(ALICE.name);
      const page = await person.get("/profile");
      expect(page.status()).toBe(200);
      expect(await page.text()).toContain(ALICE.name);
      expect(await (await person.get("/protected")).text()).toContain(NO_PROVIDER); // part: demo
      await person.dispose();
    });
  }
});
