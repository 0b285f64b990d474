import { ScriptedProvider } from "../dev/testing/scripted-provider.ts";
import { type PrivateTls, startPrivateTls } from "./support/app/private-ca.ts";
import { CLIENT_ID } from "./support/stack.ts";
import { expect, test } from "./support/test.ts";

let op: ScriptedProvider;
let tls: PrivateTls;

test.beforeAll(async () => {
  op = await ScriptedProvider.start();
  tls = await startPrivateTls(op.issuer);
});
test.afterAll(() => Promise.all([op.close(), tls.close()]));

test.beforeEach(() => {
  op.reset();
  op.claims = { iss: tls.origin, aud: CLIENT_ID };
  op.metadata = {
    issuer: tls.origin,
    authorization_endpoint: `${tls.origin}/authorize`,
    token_endpoint: `${tls.origin}/token`,
    userinfo_endpoint: `${tls.origin}/userinfo`,
    jwks_uri: `${tls.origin}/jwks`,
  };
});

test("a user logs in at a provider whose certificate is from a private CA that the app trusts [C2]", async ({
  request,
  stack,
}) => {
  const settings = { OIDC_ISSUER: tls.origin, NODE_EXTRA_CA_CERTS: tls.caFile };
  const app = await stack.startApp(() => settings);
  const begun = await request.get(`${app.url}/auth/login`, { maxRedirects: 0 });
  const { origin, searchParams } = new URL(begun.headers().location ?? "");
  expect(origin).toBe(tls.origin);
  op.claims = { ...op.claims, nonce: searchParams.get("nonce") };
  const answer = new URLSearchParams({ code: "c", state: searchParams.get("state") ?? "" });
  await request.get(`${app.url}/auth/callback?${answer}`, { maxRedirects: 0 });
  expect(await (await request.get(`${app.url}/auth/me`)).json()).toMatchObject({ user: { sub: "alice" } });
});

test("an app rejects a provider whose certificate is from a private CA that the app does not trust [C2]", async ({
  request,
  stack,
}) => {
  const app = await stack.startApp(() => ({ OIDC_ISSUER: tls.origin }));
  const { status, headers } = await request
    .get(`${app.url}/auth/login`, { maxRedirects: 0 })
    .then((response) => ({ status: response.status(), headers: response.headers() }));
  expect([status, headers.location]).toEqual([302, "/auth/error?reason=provider_unavailable"]);
  await expect.poll(() => app.log.text).toMatch(/certificate/);
  expect(op.asked).toEqual([]);
});

test("if the provider rejects a scope, the error page and the log say what to change [C4, K3]", async ({
  page,
  stack,
}) => {
  await page.route(`${stack.provider.issuer}/auth**`, (route) => {
    const { searchParams } = new URL(route.request().url());
    const answer = new URLSearchParams({
      error: "invalid_scope",
      state: searchParams.get("state") ?? "",
      iss: stack.provider.issuer,
    });
    return route.fulfill({
      contentType: "text/html",
      body: `<meta http-equiv="refresh" content="0;url=${stack.app.url}/auth/callback?${String(answer).replaceAll("&", "&amp;")}">`,
    });
  });
  const begun = await page.request.get("/auth/login", { maxRedirects: 0 });
  await page.goto(begun.headers().location ?? "");
  await expect(
    page.getByText("The operator of the app can remove it from OIDC_SCOPE; often it is offline_access."),
  ).toBeVisible();
  await expect.poll(() => stack.app.log.text).toContain("remove unsupported scopes from OIDC_SCOPE");
});
