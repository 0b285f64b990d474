import { expectMessage } from "./demo/message.ts"; // part: demo
import type { AppSettings } from "./support/app/environment.ts";
import { whoAmI } from "./support/provider/login-steps.ts"; // part: fapi
import { withExpiredToken } from "./support/provider/passing-time.ts"; // part: fapi
import { ADMIN, chooseAtProvider } from "./support/provider/people.ts";
import { expect, test } from "./support/test.ts";

const PAR: AppSettings = { OIDC_PAR: "true" }; // part: fapi
const FORM_POST: AppSettings = { OIDC_RESPONSE_MODE: "form_post" };
const DPOP: AppSettings = { OIDC_DPOP: "true" }; // part: fapi

for (const [how, settings] of Object.entries({
  "uses PAR": PAR, // part: fapi
  "uses response_mode=form_post": FORM_POST,
  "uses DPoP": DPOP, // part: fapi
  "uses PAR, form_post and DPoP together": { ...PAR, ...FORM_POST, ...DPOP }, // part: fapi
})) {
  test(`a user can log in and out of an app that ${how}`, async ({ page, stack }) => {
    const app = await stack.startApp(() => settings);
    const requests: URL[] = [];
    page.on("request", (request) => requests.push(new URL(request.url())));
    await page.goto(`${app.url}/profile?a=b`);
    await chooseAtProvider(page, ADMIN.email);
    await expect(page).toHaveURL(`${app.url}/profile?a=b`);
    await expectMessage(page.request, "admin", app.url); // part: demo

    const authorization = requests.find(({ pathname }) => pathname === "/auth" || pathname === "/authorize");
    const isPushed = authorization?.searchParams.has("request_uri");
    expect(isPushed, "the request is pushed").toBe("OIDC_PAR" in settings);
    expect(authorization?.searchParams.has("code_challenge")).toBe(!isPushed);

    await page.getByRole("banner").getByRole("button", { name: "Log out" }).click();
    await expect(page.getByRole("link", { name: "Log in" }).first()).toBeVisible();
  });
}

// part: fapi
test("an app that uses DPoP refreshes an expired access token", async ({ request, stack }) => {
  const app = await stack.startApp(() => DPOP);
  await withExpiredToken(stack, request, { email: ADMIN.email, appUrl: app.url });
  expect(await whoAmI(request, app)).toBe(ADMIN.name);
  await expectMessage(request, "admin", app.url); // part: demo
  expect(stack.provider.counts.token.refresh_token).toBe(1);
});
// end part: fapi
