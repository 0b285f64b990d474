/** Checks in a browser what each chapter of the tutorial promises under *What you see*. */
import assert from "node:assert/strict";
import { once } from "node:events";
import type { Page } from "playwright/test";
import type { EmbeddedProvider } from "../../provider/provider.ts";
import { freePort } from "../local-server.ts";
import { startServer } from "./new-app.ts";

/** What a check gets: the running app at the end of a chapter, its provider, and a page in a new browser. */
interface Visit {
  readonly page: Page;
  readonly url: string;
  readonly provider: EmbeddedProvider;
  readonly app: string; // the app's folder
  readonly env: Readonly<Record<string, string>>;
}

const ALICE = "Alice Example";
const ADMIN = "Admin Example";

/** Maps the name of each chapter to its check, in the order of the chapters. */
export const CHECKS: Readonly<Record<string, (visit: Visit) => Promise<void>>> = {
  "01-an-app": async ({ page, url }) => {
    const origins = new Set<string>();
    page.on("request", (request) => origins.add(new URL(request.url()).origin));
    await page.goto(url, { waitUntil: "networkidle" });
    await shows(page, "Hello");
    await page.getByText("Nobody is logged in.").waitFor();
    assert.deepEqual([...origins], [url], "the browser sends requests only to the app, even for fonts");
    assert.match(await page.evaluate("getComputedStyle(document.querySelector('p')).fontFamily"), /Geist/);
  },

  "02-a-provider": async ({ page, url, provider: { issuer } }) => {
    const answer = await fetch(`${issuer}/.well-known/openid-configuration`);
    const { authorization_endpoint } = await answer.json();
    await page.goto(url);
    const text = `People log in at ${issuer}, more precisely at ${authorization_endpoint}.`;
    await page.getByText(text).waitFor();
  },

  "03-login": async ({ page, url, provider }) => {
    await page.goto(url);
    const asked = page.waitForRequest(`${provider.issuer}/auth?*state=*`);
    await page.getByRole("link", { name: "Log in" }).click();
    await shows(page, "Log in");
    const { searchParams } = new URL((await asked).url());
    for (const name of ["state", "nonce", "code_challenge"]) assert.ok(searchParams.get(name), name);
    assert.equal(searchParams.get("code_challenge_method"), "S256");
    assert.ok(!searchParams.has("code_verifier"));
    const answer = page.waitForResponse(`${url}/auth/callback?*`);
    await continueAs(page, ALICE);
    assert.equal((await answer).status(), 404);
  },

  "04-the-callback": async ({ page, url, provider }) => {
    await logIn(page, url, ALICE);
    await page.goto(`${url}/auth/callback?code=x&state=y`);
    await page.getByText("This login is no longer valid.").waitFor();

    await page.context().clearCookies();
    await page.goto(`${url}/auth/login?returnTo=/.//attacker.example`);
    await continueAs(page, ALICE);
    await page.waitForURL(`${url}/attacker.example`);
    const faults = ["wrong-nonce", "bad-signature", "unsigned", "wrong-audience", "swapped-code"] as const;
    for (const fault of faults) {
      await page.context().clearCookies();
      provider.breakNextLogin(fault);
      await page.goto(`${url}/auth/login`);
      await continueAs(page, ALICE);
      await page.getByText("The provider's answer did not pass the checks").waitFor();
      await reads(page, url, "Nobody is logged in.");
    }
    assert.equal((await page.goto(`${url}/auth/error?reason=__proto__`))?.status(), 200);
  },

  "05-the-profile": async ({ page, url }) => {
    await page.goto(url);
    await page.getByRole("link", { name: "Profile" }).click();
    await continueAs(page, ALICE);
    await shows(page, ALICE);
    assert.equal(page.url(), `${url}/profile`);
    await page.getByText("alice@example.com", { exact: true }).waitFor();
    const claims = JSON.parse((await page.locator("pre").textContent()) ?? "");
    assert.equal(claims.name, ALICE);
  },

  "06-guard-pages": async ({ page, url }) => {
    for (const address of ["/protected?colour=green", "/profile"]) {
      await page.context().clearCookies();
      await page.goto(url + address);
      await continueAs(page, ALICE);
      await page.waitForURL(url + address);
      await page.getByText(ALICE).first().waitFor();
    }
    await page.context().clearCookies();
    await page.context().addCookies([{ name: "session", value: "forged", url }]);
    await page.goto(`${url}/protected`); // proxy.ts accepts any cookie, but the page finds no session
    await shows(page, "Log in");
  },

  "07-signup-and-logout": async ({ page, url }) => {
    await logIn(page, url, ALICE);
    assert.equal((await page.request.get(`${url}/auth/logout`)).status(), 405);
    const headers = { "sec-fetch-site": "cross-site" };
    assert.equal((await page.request.post(`${url}/auth/logout`, { headers })).status(), 403);
    await page.goto(url);
    await shows(page, `Hello, ${ALICE}`);
    await logOut(page, url);
    await page.getByRole("link", { name: "Log in" }).click();
    await shows(page, "Log in"); // the provider shows its login page again

    await page.goto(url);
    await page.getByRole("link", { name: "Sign up" }).click();
    await page.getByLabel("Name", { exact: true }).fill("Robin Doe");
    await page.getByLabel("E-mail").fill("robin@example.com");
    await page.getByRole("button", { name: "Create account" }).click();
    await shows(page, "Hello, Robin Doe");
  },

  "08-call-an-api": async ({ page, url }) => {
    await logIn(page, url, ALICE);
    await reads(page, `${url}/protected`, "This is a protected message.");
    const refused = await page.goto(`${url}/admin`);
    assert.equal(refused?.status(), 403);
    await shows(page, "You don't have access to this page");
    await logOut(page, url);
    await logIn(page, url, ADMIN);
    await reads(page, `${url}/protected`, "This is a protected message.");
    await reads(page, `${url}/admin`, "This is an admin message.");
  },

  "09-refresh": async ({ page, url, provider }) => {
    provider.accessTokenTtl = 25; // seconds; the app refreshes a token in its last 30 seconds, so this one at once
    await logIn(page, url, ALICE);
    provider.accessTokenTtl = 3600;
    provider.resetCounts();
    const open = async () => (await page.request.get(`${url}/protected`)).text();
    for (const text of await Promise.all([open(), open(), open()]))
      assert.match(text, /This is a protected message/);
    await reads(page, `${url}/protected`, "This is a protected message.");
    assert.equal(provider.counts.token.refresh_token, 1, "four requests need only one refresh");

    provider.accessTokenTtl = 25;
    await logOut(page, url);
    await logIn(page, url, ALICE);
    await provider.stop();
    await page.goto(url);
    await shows(page, `Hello, ${ALICE}`); // the session continues while the provider is unavailable
    await provider.start();
    await logOut(page, url);
    await logIn(page, url, ALICE);
    provider.revokeAllRefreshTokens();
    provider.resetCounts();
    provider.accessTokenTtl = 3600;
    await reads(page, `${url}/protected`, "This is a protected message.");
    const logins = provider.counts.token.authorization_code;
    assert.equal(logins, 1, "a refused refresh ends the session, and a new login begins");
  },

  "10-deploy": async ({ page, url, app, env }) => {
    const headers = (await page.goto(url))?.headers() ?? {};
    assert.match(headers["content-security-policy"] ?? "", /frame-ancestors 'none'/);
    assert.equal(headers["x-content-type-options"], "nosniff");
    await logIn(page, url, ALICE);
    await reads(page, `${url}/protected`, "This is a protected message.");
    const server = startServer(app, await freePort(), { ...env, SESSION_SECRET: "", OIDC_CLIENT_ID: "" });
    const [code] = await once(server.child, "exit", { signal: AbortSignal.timeout(60_000) });
    assert.equal(code, 1);
    assert.match(server.log(), /Set OIDC_CLIENT_ID, SESSION_SECRET.*, and start again\./);
  },
};

function shows(page: Page, heading: string): Promise<void> {
  return page.getByRole("heading", { level: 1, name: heading, exact: true }).waitFor();
}

async function reads(page: Page, address: string, text: string): Promise<void> {
  await page.goto(address);
  await page.getByText(text).waitFor();
}

function continueAs(page: Page, name: string): Promise<void> {
  return page.getByRole("button", { name: `Continue as ${name}` }).click();
}

async function logIn(page: Page, url: string, name: string): Promise<void> {
  await page.goto(url);
  await page.getByRole("link", { name: "Log in" }).click();
  await continueAs(page, name);
  await shows(page, `Hello, ${name}`);
}

async function logOut(page: Page, url: string): Promise<void> {
  await page.getByRole("button", { name: "Log out" }).click();
  await page.waitForURL(`${url}/`);
  await page.getByText("Nobody is logged in.").waitFor();
}
