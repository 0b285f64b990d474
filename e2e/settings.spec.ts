import type { AppSettings } from "./support/app/environment.ts";
import { AppStartError } from "./support/app/server.ts";
import { fault } from "./support/provider/faults.ts";
import { whoAmI } from "./support/provider/login-steps.ts";
import { ADMIN, ALICE, logInByRequest } from "./support/provider/people.ts";
import type { Stack } from "./support/stack.ts";
import { expect, test } from "./support/test.ts";

/** Starts an app with settings that it refuses. @returns the output of the app */
async function refusal(stack: Stack, settings: AppSettings): Promise<string> {
  const started = await stack.startApp(() => settings).catch((error: unknown) => error);
  if (!(started instanceof AppStartError)) throw new Error("The app started.");
  return started.message;
}

test("an app without settings does not start, and names every missing setting [C1, A1]", async ({
  stack,
}) => {
  const needed = ["APP_BASE_URL", "SESSION_SECRET", "OIDC_ISSUER", "OIDC_CLIENT_ID"];
  const message = await refusal(stack, Object.fromEntries(needed.map((name) => [name, ""])));
  expect(message).toContain("4 settings need your attention");
  for (const name of needed) expect(message).toMatch(new RegExp(`^ {2}${name} is missing\\. .`, "m"));
  expect(message).not.toMatch(/\n\s+at /);
});

test("an app with malformed settings does not start, and says what is wrong without showing a secret [C1]", async ({
  stack,
}) => {
  const message = await refusal(stack, {
    APP_BASE_URL: "/relative",
    SESSION_SECRET: "short-but-secret",
    OIDC_ISSUER: "http://idp.example.com",
    OIDC_CLIENT_SECRET: "the-client-s-own-secret",
    OIDC_CLIENT_AUTH: "magic",
    OIDC_SCOPE: "profile",
    OIDC_REDIRECT_URI: "callback",
    OIDC_POST_LOGOUT_REDIRECT_URI: "example.com/",
    OIDC_TOKEN_ENDPOINT: "ftp://idp.example.com/token",
    API_SERVER_URL: "https://name:pass-word@api.example.com/path",
    SESSION_MAX_AGE: "a week",
    SESSION_IDLE_TIMEOUT: "-1",
  });
  const named = [...message.matchAll(/^ {2}([A-Z_]+) /gm)].map(([, name]) => name);
  expect(new Set(named)).toEqual(
    new Set([
      "APP_BASE_URL",
      "SESSION_SECRET",
      "OIDC_ISSUER",
      "OIDC_CLIENT_AUTH",
      "OIDC_SCOPE",
      "OIDC_REDIRECT_URI",
      "OIDC_POST_LOGOUT_REDIRECT_URI",
      "OIDC_TOKEN_ENDPOINT",
      "API_SERVER_URL",
      "SESSION_MAX_AGE",
      "SESSION_IDLE_TIMEOUT",
    ]),
  );
  expect(message).toContain('"/relative"');
  expect(message).not.toMatch(/short-but-secret|the-client-s-own-secret|pass-word/);
});

const ISSUER_FORMS = {
  "without a trailing slash": "",
  "with a trailing slash": "/",
  "as the URL of the discovery document": "/.well-known/openid-configuration",
};

for (const [form, ending] of Object.entries(ISSUER_FORMS)) {
  test(`a user logs in to an app whose OIDC_ISSUER is set ${form} [C2]`, async ({ request, stack }) => {
    const app = await stack.startApp(() => ({ OIDC_ISSUER: `${stack.provider.issuer}${ending}` }));
    await logInByRequest(request, ALICE.email, app.url);
    expect(await whoAmI(request, app)).toBe(ALICE.name);
  });
}

test("a user can log in and out of an app that has configured endpoints and no discovery [Q1, Q3]", async ({
  request,
  stack,
}) => {
  const { issuer } = stack.provider;
  stack.interceptProvider = fault("/.well-known/openid-configuration", { status: 404 });
  const app = await stack.startApp(() => ({
    OIDC_AUTHORIZATION_ENDPOINT: `${issuer}/auth`,
    OIDC_TOKEN_ENDPOINT: `${issuer}/token`,
    OIDC_JWKS_URI: `${issuer}/jwks`,
    OIDC_END_SESSION_ENDPOINT: `${issuer}/session/end`,
  }));
  await logInByRequest(request, ADMIN.email, app.url);
  expect(await whoAmI(request, app)).toBe(ADMIN.name);
  expect(stack.provider.counts.userinfo).toBe(0); // OIDC_USERINFO_ENDPOINT is not set
  const loggedOut = await request.post(`${app.url}/auth/logout`);
  expect(new URL(loggedOut.url()).origin).toBe(app.url);
  expect(stack.provider.counts.endSession).toBe(1);
});
