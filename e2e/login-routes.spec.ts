import type { APIRequestContext } from "playwright/test";
import { ALICE, chooseAtProvider } from "./support/provider/people.ts";
import { AUDIENCE, CLIENT_ID } from "./support/stack.ts";
import { expect, test } from "./support/test.ts";

/** The target and the status of a route's redirect. */
async function redirectOf(request: APIRequestContext, path: string): Promise<{ status: number; to: URL }> {
  const response = await request.get(path, { maxRedirects: 0 });
  return { status: response.status(), to: new URL(response.headers().location ?? "", response.url()) };
}

for (const path of ["/auth/login", "/login"]) {
  test(`${path} redirects to the provider with a state, a nonce and a PKCE challenge [C3, A2, K2]`, async ({
    request,
    stack,
  }) => {
    const { status, to } = await redirectOf(request, `${path}?returnTo=/profile`);
    expect(status).toBe(302);
    expect(to.origin).toBe(stack.provider.issuer);
    const query = Object.fromEntries(to.searchParams);
    expect(query).toEqual({
      client_id: CLIENT_ID,
      response_type: "code",
      redirect_uri: `${stack.app.url}/auth/callback`,
      scope: "openid profile email offline_access",
      audience: AUDIENCE,
      code_challenge_method: "S256",
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{22,}$/),
    });
  });
}

for (const path of ["/auth/signup", "/signup", "/auth/signup?prompt=login"]) {
  test(`${path} redirects to the provider and asks for its signup page [A3]`, async ({ request }) => {
    const { status, to } = await redirectOf(request, path);
    expect(status).toBe(302);
    expect(to.searchParams.get("screen_hint")).toBe("signup");
    expect(to.searchParams.get("prompt")).toBe("create");
  });
}

test("every login has its own state, nonce and PKCE challenge [K2]", async ({ request }) => {
  const [one, two] = [await redirectOf(request, "/auth/login"), await redirectOf(request, "/auth/login")];
  for (const name of ["state", "nonce", "code_challenge"]) {
    expect(one.to.searchParams.get(name)).not.toBe(two.to.searchParams.get(name));
  }
  expect(one.to.searchParams.get("code_challenge_method")).toBe("S256");
});

test("/auth/login forwards known parameters to the provider and ignores all others [A2]", async ({
  request,
}) => {
  const known = {
    prompt: "login",
    max_age: "60",
    login_hint: "alice",
    ui_locales: "de fr",
    acr_values: "urn:mfa",
    connection: "google",
    organization: "org_1",
    invitation: "inv_1",
  };
  const query = new URLSearchParams({
    ...known,
    client_id: "evil",
    redirect_uri: "https://evil.test/",
    x: "y",
  });
  const { to } = await redirectOf(request, `/auth/login?${query}`);
  const sent = Object.fromEntries(to.searchParams);
  expect(sent).toMatchObject({ ...known, client_id: CLIENT_ID });
  expect(sent.redirect_uri).not.toContain("evil");
  expect(sent).not.toHaveProperty("x");
});

test("a visitor logs in to an app whose registered callback URL is /callback [A4]", async ({
  page,
  stack,
}) => {
  const app = await stack.startApp((url) => ({ OIDC_REDIRECT_URI: `${url}/callback` }));
  const callback = page.waitForRequest((request) => new URL(request.url()).pathname === "/callback");
  await page.goto(`${app.url}/login`);
  await chooseAtProvider(page, ALICE.email);
  await callback;
  await expect(page).toHaveURL(`${app.url}/profile`);
  await expect(page.getByRole("heading", { level: 1, name: ALICE.name })).toBeVisible();
});

for (const path of ["/auth/callback", "/callback"]) {
  test(`a response that the provider posts to ${path} is redirected to a GET with the same parameters [A4]`, async ({
    request,
    stack,
  }) => {
    const response = await request.post(path, {
      form: { code: "a code", state: "a+state", iss: stack.provider.issuer },
      headers: { origin: stack.provider.issuer, "sec-fetch-site": "cross-site" },
      maxRedirects: 0,
    });
    expect(response.status()).toBe(303);
    const to = new URL(response.headers().location ?? "", stack.app.url);
    expect(to.origin + to.pathname).toBe(`${stack.app.url}${path}`);
    expect(Object.fromEntries(to.searchParams)).toEqual({
      code: "a code",
      state: "a+state",
      iss: stack.provider.issuer,
    });
  });
}

for (const method of ["get", "post"] as const) {
  test(`a login that the provider initiates by ${method.toUpperCase()} ends at target_link_uri; a wrong iss is rejected [A2]`, async ({
    page,
    request,
    stack,
  }) => {
    const begin = { iss: stack.provider.issuer, target_link_uri: `${stack.app.url}/profile?a=b` };
    if (method === "get") {
      await page.goto(`/auth/login?${new URLSearchParams(begin)}`);
    } else {
      await page.route("https://portal.test/", (route) =>
        route.fulfill({ contentType: "text/html", body: formPosting(`${stack.app.url}/auth/login`, begin) }),
      );
      await page.goto("https://portal.test/");
      await page.getByRole("button", { name: "Start" }).click();
    }
    await chooseAtProvider(page, ALICE.email);
    await expect(page).toHaveURL("/profile?a=b");
    const other = { ...begin, iss: "https://evil.test" };
    const refused = await request[method](
      "/auth/login",
      method === "get" ? { params: other } : { form: other },
    );
    expect(refused.url()).toBe(`${stack.app.url}/auth/error?reason=configuration`);
  });
}

function formPosting(action: string, fields: Record<string, string>): string {
  const inputs = Object.entries(fields).map(
    ([name, value]) => `<input type="hidden" name="${name}" value="${value}">`,
  );
  return `<form method="post" action="${action}">${inputs.join("")}<button>Start</button></form>`;
}
