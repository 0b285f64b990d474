import type { AppSettings } from "./support/app-environment.ts";
import { withExpiredToken } from "./support/passing-time.ts";
import { ADMIN, chooseAtProvider, logInByRequest } from "./support/people.ts";
import { expect, test } from "./support/test.ts";

const PAR: AppSettings = { OIDC_PAR: "true" };
const FORM_POST: AppSettings = { OIDC_RESPONSE_MODE: "form_post" };
const DPOP: AppSettings = { OIDC_DPOP: "true" };

for (const [how, settings] of Object.entries({
  "pushes its requests": PAR,
  "takes its answer as a form post": FORM_POST,
  "has its tokens bound to a key": DPOP,
  "does all of that": { ...PAR, ...FORM_POST, ...DPOP },
})) {
  test(`somebody logs in to an app that ${how}, reads the admin message and logs out`, async ({
    page,
    stack,
  }) => {
    const app = await stack.startApp(() => settings);
    const requests: URL[] = [];
    page.on("request", (request) => requests.push(new URL(request.url())));
    await page.goto(`${app.url}/admin`);
    await chooseAtProvider(page, ADMIN.email);
    await expect(page.getByText("This is an admin message.")).toBeVisible();
    await expect(page).toHaveURL(`${app.url}/admin`);

    const authorization = requests.find(({ pathname }) => pathname === "/auth" || pathname === "/authorize");
    const isPushed = authorization?.searchParams.has("request_uri");
    expect(isPushed, "the request is pushed").toBe("OIDC_PAR" in settings);
    expect(authorization?.searchParams.has("code_challenge")).toBe(!isPushed);

    await page.getByRole("banner").getByRole("button", { name: "Log out" }).click();
    await expect(page.getByRole("link", { name: "Log in" }).first()).toBeVisible();
  });
}

test("a bound access token is renewed with a proof, and good for the API again", async ({
  request,
  stack,
}) => {
  const app = await stack.startApp(() => DPOP);
  await withExpiredToken(stack, request, { email: ADMIN.email, appUrl: app.url });
  expect(await (await request.get(`${app.url}/admin`)).text()).toContain("This is an admin message.");
  expect(stack.provider.counts.token.refresh_token).toBe(1);
});

test("an access token that is bound to a key is no bearer token for the API", async ({ request, stack }) => {
  const app = await stack.startApp(() => DPOP);
  const seen: (string | undefined)[] = [];
  stack.api.intercept = async ({ headers }) => {
    seen.push(headers.authorization);
    return false;
  };
  await logInByRequest(request, ADMIN.email, app.url);
  await request.get(`${app.url}/admin`);
  const token = seen.find((value) => value?.startsWith("DPoP "))?.slice(5);
  expect(token).toBeTruthy();
  const stolen = await request.get(`${stack.api.url}/api/messages/admin`, {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(stolen.status()).toBe(401);
});
