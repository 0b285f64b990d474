import { FAULTS, type FaultId } from "../dev/provider/faults.ts";
import { SESSION_COOKIE } from "./support/browser/raw-request.ts";
import { answerTo, goThroughLogin, whoAmI } from "./support/provider/login-steps.ts";
import { passSeconds } from "./support/provider/passing-time.ts";
import { ALICE, chooseAtProvider, logInByRequest } from "./support/provider/people.ts";
import { expect, test } from "./support/test.ts";

/** A fault that appears only at the refresh after a login. It has its own test. */
type Later = "refresh-refused";

/** How a login with each fault ends: the reason on the error page, or null if the login does not fail. */
const ENDS: Readonly<Record<Exclude<FaultId, Later>, string | null>> = {
  "wrong-nonce": "invalid_response",
  "wrong-issuer": "invalid_response",
  "expired-id-token": "invalid_response",
  "bad-signature": "invalid_response",
  "unknown-key": "invalid_response",
  unsigned: "invalid_response",
  "swapped-code": "provider_error",
  "wrong-state": "state_mismatch",
  "foreign-userinfo": "invalid_response",
  "provider-down": "provider_unavailable",
  "slow-provider": "provider_unavailable",
  "refused-access-token": null,
  "no-provider-session": null, // has an effect only if it is switched on in a browser
  "no-nonce": "invalid_response",
  "no-subject": "invalid_response",
  "foreign-subject": "invalid_response",
  "wrong-audience": "invalid_response",
  "wrong-authorized-party": "invalid_response",
  "issued-in-future": "invalid_response",
  "wrong-at-hash": "invalid_response",
  "old-authentication": null, // makes only a login with max_age fail
  "no-id-token": "invalid_response",
  "no-tokens": "invalid_response",
  "expired-on-arrival": "configuration",
  "code-refused": "provider_error",
  "code-500": "provider_unavailable",
  "code-503": "provider_unavailable",
  "code-429": "provider_unavailable",
  "code-html": "invalid_response",
  "code-redirect": "invalid_response",
  "userinfo-500": "provider_unavailable",
  "userinfo-html": "invalid_response",
  // With the next four faults, the app uses the ID token's claims instead of userinfo.
  "userinfo-401": null,
  "userinfo-403": null,
  "userinfo-404": null,
  "userinfo-without-subject": null,
};

const faults = Object.entries(ENDS) as [FaultId, string | null][];

for (const [fault, reason] of faults.filter(([, end]) => end)) {
  test(`a login with the fault “${FAULTS[fault].title}” fails with ${reason}, and the earlier session stays [K3, K4, Q3]`, async ({
    request,
    stack,
  }) => {
    // With the default time limit of ten seconds, this test would be slow.
    const app = fault === "slow-provider" ? await stack.startApp(() => ({ OIDC_TIMEOUT: "2" })) : stack.app;
    await logInByRequest(request, ALICE.email, app.url);
    stack.provider.breakNextLogin(fault);
    expect(await goThroughLogin(request, app)).toBe(`/auth/error?reason=${reason}`);
    expect(await whoAmI(request, app)).toBe(ALICE.name);
    expect(await goThroughLogin(request, app)).toBe("/profile");
  });
}

for (const [fault] of faults.filter(([, end]) => end === null)) {
  test(`a login succeeds despite the fault “${FAULTS[fault].title}” [Q3]`, async ({ request, stack }) => {
    stack.provider.breakNextLogin(fault);
    await logInByRequest(request);
    expect(await whoAmI(request, stack.app)).toBe(ALICE.name);
    expect(await (await request.get("/profile")).text()).toContain(ALICE.email);
  });
}

test("control: a login succeeds if its ID token is replaced but has no fault [K4]", async ({
  request,
  stack,
}) => {
  stack.provider.breakNextLogin({ idToken: { claims: { name: "Alice Forged" } } });
  await logInByRequest(request);
  expect(await (await request.get("/profile")).text()).toContain("Alice Forged");
});

test("a form that posts a fault to the provider breaks the visitor's next login and no later login [K4]", async ({
  page,
  stack,
}) => {
  await logInByRequest(page.request);
  // The form is on a page of its own: React would remove it from a page that it is still hydrating.
  const body = `<form method="post" action="${stack.provider.issuer}/faults">
    <input type="hidden" name="return_to" value="${stack.app.url}/auth/login">
    <button name="fault" value="bad-signature">Break it</button></form>`;
  await page.route("/form", (route) => route.fulfill({ contentType: "text/html", body }));
  await page.goto("/form");
  await page.getByRole("button", { name: "Break it" }).click();
  await expect(page).toHaveURL("/auth/error?reason=invalid_response");
  await page.getByRole("link", { name: "Try again" }).click();
  await expect(page).toHaveURL("/profile");
});

test("a user whose refresh the provider refuses has to log in again [C16]", async ({ request, stack }) => {
  stack.provider.breakNextLogin("refresh-refused");
  await logInByRequest(request);
  await passSeconds(3);
  expect(await whoAmI(request, stack.app)).toBeNull();
  expect(stack.provider.counts.token.refresh_token).toBe(1);
});

test("a login fails if the provider ignores its max_age [K4]", async ({ request, stack }) => {
  await logInByRequest(request);
  stack.provider.breakNextLogin("old-authentication");
  const login = await request.get("/auth/login?max_age=60", { maxRedirects: 0 });
  const asked = new URL(login.headers().location ?? "");
  expect(asked.searchParams.get("max_age")).toBe("60");
  asked.searchParams.delete("max_age"); // otherwise the provider would ask Alice to log in again
  const callback = await answerTo(request, asked);
  expect(await goThroughLogin(request, stack.app, callback.href)).toBe("/auth/error?reason=invalid_response");
});

test("a visitor whose tokens had expired on arrival lands on the error page, which says so [K3]", async ({
  page,
  stack,
}) => {
  stack.provider.breakNextLogin("expired-on-arrival");
  await page.goto("/profile?a=b");
  await chooseAtProvider(page, ALICE.email);
  await expect(page).toHaveURL("/auth/error?reason=configuration");
  await expect(page.getByRole("main")).toContainText("The access token had expired on arrival");
  await page.getByRole("link", { name: "Try again" }).click();
  await expect(page).toHaveURL("/profile");
});

test("a visitor who loses the session cookie after each login gets an error page, not a redirect loop [K3]", async ({
  context,
  page,
  stack,
}) => {
  await logInByRequest(page.request);
  await context.clearCookies({ name: SESSION_COOKIE });
  expect(await goThroughLogin(page.request, stack.app)).toBe("/profile");
  await context.clearCookies({ name: SESSION_COOKIE });
  await page.goto("/profile?a=b");
  await expect(page).toHaveURL("/auth/error?reason=configuration");
  await expect(page.getByRole("main")).toContainText("each time the app needed another login immediately");
  await page.getByRole("link", { name: "Try again" }).click();
  await expect(page).toHaveURL("/profile");
});

test("after the provider has rotated its keys, two logins fetch the new keys only once [C2, K4]", async ({
  request,
  stack,
}) => {
  const { provider } = stack;
  await logInByRequest(request);
  provider.resetCounts();
  expect(await goThroughLogin(request, stack.app)).toBe("/profile");
  expect([provider.counts.discovery, provider.counts.jwks]).toEqual([0, 0]);
  await provider.rotateKeys();
  expect(await goThroughLogin(request, stack.app)).toBe("/profile");
  expect(await goThroughLogin(request, stack.app)).toBe("/profile");
  expect([provider.counts.discovery, provider.counts.jwks]).toEqual([0, 1]);
  expect(provider.counts.token).toEqual({ authorization_code: 3, refresh_token: 0 });
  expect(provider.counts.userinfo).toBe(3);
});
