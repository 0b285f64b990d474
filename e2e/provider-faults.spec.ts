import { SITE } from "../lib/site.ts";
import { SESSION_COOKIE } from "./support/browser/raw-request.ts";
import { altered, type Fault, fault } from "./support/provider/faults.ts";
import { forgedIdTokens } from "./support/provider/forged-tokens.ts";
import { answerTo, goThroughLogin, whoAmI } from "./support/provider/login-steps.ts";
import { ALICE, chooseAtProvider, logInByRequest } from "./support/provider/people.ts";
import { expect, test } from "./support/test.ts";

const HTML = { status: 200, html: "<h1>Welcome to nginx!</h1>" };

const FAULTS: [what: string, path: string, kind: Fault, reason: string][] = [
  ["the code with 500", "/token", { status: 500, html: "Oops" }, "provider_unavailable"],
  ["the code with 503", "/token", { status: 503, json: { error: "x" } }, "provider_unavailable"],
  ["the code with 429", "/token", { status: 429, json: { error: "slow_down" } }, "provider_unavailable"],
  ["the code with a cut connection", "/token", "cuts the connection", "provider_unavailable"],
  ["the code with a refusal", "/token", { status: 400, json: { error: "invalid_grant" } }, "provider_error"],
  ["the code with HTML", "/token", HTML, "invalid_response"],
  ["the code with a redirect", "/token", { status: 302, location: "http://evil.test/" }, "invalid_response"],
  ["the code with no token", "/token", { status: 200, json: {} }, "invalid_response"],
  ["userinfo with 500", "/me", { status: 500, html: "Oops" }, "provider_unavailable"],
  ["userinfo with HTML", "/me", HTML, "invalid_response"],
  ["userinfo with another sub", "/me", { status: 200, json: { sub: "mallory" } }, "invalid_response"],
];

for (const [what, path, kind, reason] of FAULTS) {
  test(`a provider that answers ${what} fails the login as ${reason}; the session before it stays [K3, Q3]`, async ({
    request,
    stack,
  }) => {
    await logInByRequest(request);
    stack.interceptProvider = fault(path, kind);
    expect(await goThroughLogin(request, stack.app)).toBe(`/auth/error?reason=${reason}`);
    expect(await whoAmI(request, stack.app)).toBe(ALICE.name);
    stack.interceptProvider = undefined;
    expect(await goThroughLogin(request, stack.app)).toBe("/profile");
  });
}

const NO_USERINFO: [what: string, kind: Fault][] = [
  ["refuses with 401", { status: 401, json: { error: "insufficient_scope" } }],
  ["refuses with 403", { status: 403, json: { error: "insufficient_scope" } }],
  ["answers 404", { status: 404, html: "Not found" }],
  ["answers without a sub", { status: 200, json: { name: "Mallory" } }],
];

for (const [what, kind] of NO_USERINFO) {
  test(`a userinfo endpoint that ${what} does not fail the login: the ID token's claims are used [Q3]`, async ({
    request,
    stack,
  }) => {
    stack.interceptProvider = fault("/me", kind);
    await logInByRequest(request);
    expect(await whoAmI(request, stack.app)).toBe(ALICE.name);
    expect(await (await request.get("/profile")).text()).toContain(ALICE.email);
  });
}

const now = Math.floor(Date.now() / 1000);
const FORGERIES: Record<string, Parameters<typeof forgedIdTokens>[0]> = {
  "has a signature of somebody else's": { signature: "foreign" },
  "has no signature": { signature: "none" },
  "is for another login": { claims: { nonce: "another" } },
  "names no login": { claims: { nonce: undefined } },
  "is about nobody": { claims: { sub: undefined } },
  "is about somebody else than userinfo": { claims: { sub: "mallory" } },
  "comes from another issuer": { claims: { iss: "https://evil.test" } },
  "is for another client": { claims: { aud: "another" } },
  "was made for another client": { claims: { aud: [SITE.id, "another"], azp: "another" } },
  "has expired": { claims: { exp: now - 60 } },
  "comes from the future": { claims: { iat: now + 3_600 } },
  "came with another access token": { claims: { at_hash: "AAAAAAAAAAAAAAAAAAAAAA" } },
};

for (const [what, forgery] of Object.entries(FORGERIES)) {
  test(`an ID token that ${what} logs nobody in [K4]`, async ({ request, stack }) => {
    await logInByRequest(request);
    stack.interceptProvider = await forgedIdTokens(forgery);
    expect(await goThroughLogin(request, stack.app)).toBe("/auth/error?reason=invalid_response");
    expect(await whoAmI(request, stack.app)).toBe(ALICE.name);
  });
}

test("an ID token of the same provider without a fault logs in [K4]", async ({ request, stack }) => {
  stack.interceptProvider = await forgedIdTokens({ claims: { name: "Alice Forged" } });
  await logInByRequest(request);
  expect(await (await request.get("/profile")).text()).toContain("Alice Forged");
});

test("a login whose max_age the provider ignores fails [K4]", async ({ request, stack }) => {
  await logInByRequest(request);
  stack.interceptProvider = await forgedIdTokens({ claims: { auth_time: now - 3_600 } });
  const login = await request.get("/auth/login?max_age=60", { maxRedirects: 0 });
  const asked = new URL(login.headers().location ?? "");
  expect(asked.searchParams.get("max_age")).toBe("60");
  asked.searchParams.delete("max_age"); // or the provider would ask Alice again
  const callback = await answerTo(request, asked);
  expect(await goThroughLogin(request, stack.app, callback.href)).toBe("/auth/error?reason=invalid_response");
});

test("a visitor whose tokens had expired on arrival ends at the error page, which says what to change [K3]", async ({
  page,
  stack,
}) => {
  stack.interceptProvider = altered("/token", (body) => ({
    ...body,
    expires_in: 0,
    refresh_token: undefined,
  }));
  await page.goto("/profile?a=b");
  await chooseAtProvider(page, ALICE.email);
  await expect(page).toHaveURL("/auth/error?reason=configuration");
  await expect(page.getByRole("main")).toContainText("The tokens had expired on arrival");
  stack.interceptProvider = undefined;
  await page.getByRole("link", { name: "Try again" }).click();
  await expect(page).toHaveURL("/profile");
});

test("a visitor whose session cookie is lost after each login ends at the error page, not in a circle [K3]", async ({
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
  await expect(page.getByRole("main")).toContainText("each time the session was gone at once");
  await page.getByRole("link", { name: "Try again" }).click();
  await expect(page).toHaveURL("/profile");
});

test("an answer without an ID token logs nobody in [K4]", async ({ request, stack }) => {
  await logInByRequest(request);
  stack.interceptProvider = altered("/token", ({ id_token: _, ...rest }) => rest);
  expect(await goThroughLogin(request, stack.app)).toBe("/auth/error?reason=invalid_response");
});

test("the provider changes its keys between two logins, and nothing is fetched twice [C2, K4]", async ({
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
