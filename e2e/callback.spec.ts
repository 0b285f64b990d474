import type { APIRequestContext } from "playwright/test";
import { cookieHeader, rawRequest } from "./support/browser/raw-request.ts";
import { answerTo, goThroughLogin, providerAnswer, whoAmI } from "./support/provider/login-steps.ts";
import { ADMIN, ALICE, logInByRequest } from "./support/provider/people.ts";
import type { Stack } from "./support/stack.ts";
import { expect, test } from "./support/test.ts";

/** Wrong callbacks: what is wrong, a function that changes a valid callback URL, and the reason in the error URL. */
const SPOILT: [what: string, spoil: (callback: URL) => void, reason: string][] = [
  ["has no code", ({ searchParams }) => searchParams.delete("code"), "invalid_response"],
  ["has a wrong code", ({ searchParams }) => searchParams.set("code", "wrong"), "provider_error"],
  ["has no state", ({ searchParams }) => searchParams.delete("state"), "state_mismatch"],
  ["has an empty state", ({ searchParams }) => searchParams.set("state", ""), "state_mismatch"],
  ["has a wrong state", ({ searchParams }) => searchParams.set("state", "x".repeat(43)), "state_mismatch"],
  [
    "has a state with special characters",
    ({ searchParams }) => searchParams.set("state", "../;=%00"),
    "state_mismatch",
  ],
  ["has a wrong iss", ({ searchParams }) => searchParams.set("iss", "https://evil.test"), "invalid_response"],
  [
    "lacks the iss that the provider announces",
    ({ searchParams }) => searchParams.delete("iss"),
    "invalid_response",
  ],
  ["has two codes", ({ searchParams }) => searchParams.append("code", "2"), "invalid_response"],
  ["has two states", ({ searchParams }) => searchParams.append("state", "2"), "invalid_response"],
  [
    "has the error login_required",
    ({ searchParams }) => toError(searchParams, "login_required"),
    "provider_error",
  ],
  [
    "has the error access_denied",
    ({ searchParams }) => toError(searchParams, "access_denied"),
    "access_denied",
  ],
];

function toError(query: URLSearchParams, error: string): void {
  query.delete("code");
  query.set("error", error);
  query.set("error_description", "<b>Words of the provider</b>");
}

async function expectFailure(request: APIRequestContext, stack: Stack, callback: URL, reason: string) {
  expect(await goThroughLogin(request, stack.app, callback.href)).toBe(`/auth/error?reason=${reason}`);
}

for (const [what, spoil, reason] of SPOILT) {
  test(`a callback that ${what} fails with ${reason}, and the earlier session stays [C4, K3]`, async ({
    request,
    stack,
  }) => {
    await logInByRequest(request);
    const callback = await providerAnswer(request, stack.app);
    spoil(callback);
    const page = await request.get(callback.href);
    const { pathname, search } = new URL(page.url());
    expect(pathname + search).toBe(`/auth/error?reason=${reason}`);
    expect(await page.text()).not.toContain("Words of the provider");
    expect(await whoAmI(request, stack.app)).toBe(ALICE.name);
  });
}

test("a login with prompt=none fails with provider_error if the provider has no session [C4, K3]", async ({
  request,
  stack,
}) => {
  expect(await goThroughLogin(request, stack.app, "/auth/login?prompt=none")).toBe(
    "/auth/error?reason=provider_error",
  );
});

test("a callback URL works only once; the next visit says that the login has expired [C4]", async ({
  page,
  stack,
}) => {
  const callback = await providerAnswer(page.request, stack.app);
  await page.goto(callback.href);
  await expect(page).toHaveURL("/profile");
  await page.goto(callback.href);
  await expect(page).toHaveURL("/auth/error?reason=login_expired");
  await expect(page.getByRole("banner").getByRole("button", { name: "Log out" })).toBeVisible();
  await page.context().clearCookies();
  await page.goto(callback.href);
  await expect(page).toHaveURL("/auth/error?reason=login_expired");
  await page.goto("/auth/callback");
  await expect(page).toHaveURL("/auth/error?reason=login_expired");
});

test("a callback URL from another browser logs nobody in, even if this browser has begun a login [C4, K2]", async ({
  request,
  stack,
  newVisitor,
}) => {
  const victim = (await newVisitor()).request;
  await logInByRequest(request, ADMIN.email);
  const stranger = await providerAnswer(request, stack.app);
  await expectFailure(victim, stack, stranger, "login_expired");
  const own = await providerAnswer(victim, stack.app);
  await expectFailure(victim, stack, stranger, "state_mismatch");
  // This callback has the other browser's code and this browser's state. PKCE binds the code to the other login.
  own.searchParams.set("code", stranger.searchParams.get("code") ?? "");
  await expectFailure(victim, stack, own, "provider_error");
  expect(await whoAmI(victim, stack.app)).toBeNull();
});

test("a login whose nonce was changed in the authentication request logs nobody in [K2, K4]", async ({
  request,
  stack,
}) => {
  const begun = await request.get("/auth/login", { maxRedirects: 0 });
  const tampered = new URL(begun.headers().location ?? "");
  tampered.searchParams.set("nonce", "another");
  await expectFailure(request, stack, await answerTo(request, tampered), "invalid_response");
});

test("a code cannot be used a second time, even with the same cookies [C4]", async ({ request, stack }) => {
  const callback = await providerAnswer(request, stack.app);
  const headers = { cookie: await cookieHeader(request) };
  const path = callback.pathname + callback.search;
  expect((await rawRequest(stack.app, path, { headers })).headers.location).toBe("/profile");
  const replayed = await rawRequest(stack.app, path, { headers });
  expect(replayed.headers.location).toBe("/auth/error?reason=login_expired");
  expect(stack.provider.counts.token.authorization_code).toBe(1);
});

test("two simultaneous requests to a callback URL cause one code exchange and lead to the same page [C4]", async ({
  request,
  stack,
}) => {
  const callback = await providerAnswer(request, stack.app, "?returnTo=/profile%3Fa=b");
  const headers = { cookie: await cookieHeader(request) };
  const path = callback.pathname + callback.search;
  const gate = Promise.withResolvers<void>();
  stack.interceptProvider = async ({ url }) => {
    if (url === "/token") await gate.promise;
    return false;
  };
  const answers = Promise.all([1, 2].map(() => rawRequest(stack.app, path, { headers })));
  expect((await rawRequest(stack.app, "/auth/callback")).status).toBe(303); // so both requests have arrived
  gate.resolve();
  expect((await answers).map((answer) => answer.headers.location)).toEqual(["/profile?a=b", "/profile?a=b"]);
  expect(stack.provider.counts.token.authorization_code).toBe(1);
});

test("a HEAD request to the callback does not use up the login or its code [C4]", async ({
  request,
  stack,
}) => {
  const callback = await providerAnswer(request, stack.app);
  for (const path of [callback.href, callback.href.replace("/auth/callback", "/callback")]) {
    const head = await request.head(path, { maxRedirects: 0 });
    expect([head.status(), head.headers()["set-cookie"]]).toEqual([200, undefined]);
  }
  expect(stack.provider.counts.token.authorization_code).toBe(0);
  expect(await goThroughLogin(request, stack.app, callback.href)).toBe("/profile");
});

test("a POST with the authorization response is redirected to a GET, which finishes the login [A4]", async ({
  request,
  stack,
}) => {
  const callback = await providerAnswer(request, stack.app, "?returnTo=/profile%3Fa=b");
  const form = Object.fromEntries(callback.searchParams);
  const finished = await request.post("/auth/callback", {
    form,
    headers: { "sec-fetch-site": "cross-site" },
  });
  expect(finished.url()).toBe(`${stack.app.url}/profile?a=b`);
});
