import { BASIC_CLIENT, CONFIDENTIAL_CLIENT } from "../dev/provider/provider.ts";
import { type AppSettings, newSessionSecret } from "./support/app/environment.ts";
import { goThroughLogin, whoAmI } from "./support/provider/login-steps.ts";
import { ALICE, logInByRequest } from "./support/provider/people.ts";
import { expect, test } from "./support/test.ts";

const CONFIDENTIAL: Record<string, AppSettings> = {
  "in the body": { OIDC_CLIENT_ID: CONFIDENTIAL_CLIENT.id, OIDC_CLIENT_SECRET: CONFIDENTIAL_CLIENT.secret },
  "by HTTP Basic": {
    OIDC_CLIENT_ID: BASIC_CLIENT.id,
    OIDC_CLIENT_SECRET: BASIC_CLIENT.secret,
    OIDC_CLIENT_AUTH: "client_secret_basic",
  },
};

for (const [how, settings] of Object.entries(CONFIDENTIAL)) {
  test(`a user logs in to an app that sends its client secret ${how} and also uses PKCE [C14]`, async ({
    request,
    stack,
  }) => {
    stack.secrets.add(settings.OIDC_CLIENT_SECRET ?? "");
    const app = await stack.startApp(() => settings);
    const begun = await request.get(`${app.url}/auth/login`, { maxRedirects: 0 });
    expect(begun.headers().location).toContain("code_challenge_method=S256");
    await logInByRequest(request, ALICE.email, app.url);
    expect(await whoAmI(request, app)).toBe(ALICE.name);
  });
}

test("an app with a wrong client secret logs nobody in, and its log says why [C14]", async ({
  request,
  stack,
}) => {
  const secret = newSessionSecret();
  stack.secrets.add(secret);
  await logInByRequest(request);
  const app = await stack.startApp(() => ({ ...CONFIDENTIAL["in the body"], OIDC_CLIENT_SECRET: secret }));
  expect(await goThroughLogin(request, app)).toBe("/auth/error?reason=provider_error");
  const told = (await app.log.caughtUp()).having({
    reason: "provider_error",
    providerError: "invalid_client",
  });
  expect(told).toHaveLength(1);
  const page = await request.get(`${app.url}/auth/error?reason=provider_error`); // part: demo
  expect(await page.text()).toContain("Code refused"); // part: demo
});

test("a user without claims is shown as Anonymous, without an e-mail address or a picture [C10]", async ({
  page,
  stack,
}) => {
  const app = await stack.startApp(() => ({ OIDC_SCOPE: "openid" }));
  await logInByRequest(page.request, ALICE.email, app.url);
  await page.goto(`${app.url}/profile`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Anonymous");
  await expect(page.getByRole("main").getByText("No email", { exact: true })).toBeVisible();
  await expect(page.getByRole("main").locator("img")).toHaveCount(0);
  const { user } = await (await page.request.get(`${app.url}/auth/me`)).json();
  expect(user).toMatchObject({ name: "Anonymous", email: null, picture: null, preferred_username: null });
});

test("the app sends post_logout_redirect_uri exactly as it is set, without an added slash [C1, C5]", async ({
  request,
  stack,
}) => {
  const app = await stack.startApp((url) => ({ OIDC_POST_LOGOUT_REDIRECT_URI: url }));
  await logInByRequest(request, ALICE.email, app.url);
  const answer = await request.post(`${app.url}/auth/logout`, { maxRedirects: 0 });
  const to = new URL(answer.headers().location ?? "");
  expect(to.searchParams.get("post_logout_redirect_uri")).toBe(app.url);
});
