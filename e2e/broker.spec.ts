import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { decodeProtectedHeader, exportJWK, generateKeyPair, SignJWT } from "jose";
import type { Locator, Page } from "playwright/test";
import type { AppServer } from "./support/app/server.ts";
import { createSqliteStore } from "./support/app/sqlite-store.ts";
import { expectAccessible } from "./support/browser/accessibility.ts";
import { type Answer, Program, waitForBrowser } from "./support/browser/program.ts";
import { goThroughLogin } from "./support/provider/login-steps.ts";
import { ALICE, chooseAtProvider, logInByRequest, someoneNew } from "./support/provider/people.ts";
import { expect, test } from "./support/test.ts";

const PORTS = [53100, 53101, 53102, 53103, 53104, 53105];

const AUDIENCE = "https://api.example.com";
const TOKEN = "/auth/v2/token";

/**
 * Logs a program in with an authorization code. The person logs in at the provider in `page`.
 * @param email null if the user is already logged in at the provider
 */
async function logInByCode(
  page: Page,
  app: AppServer,
  email: string | null = ALICE.email,
  program = new Program(app),
): Promise<Answer> {
  const waiting = await waitForBrowser(PORTS);
  const query = new URLSearchParams({ redirect_uri: waiting.url, offline_access: "true", prompt: "consent" });
  await page.goto(`${app.url}/auth/v2/login?${query}`);
  if (email !== null) await chooseAtProvider(page, email);
  const arrived = await waiting.arrived;
  await expect(page.getByText("Login successful!")).toBeVisible();
  waiting.stop();
  return program.post(TOKEN, {
    code: arrived.get("code") ?? "",
    redirect_uri: waiting.url,
    grant_type: "authorization_code",
    code_verifier: arrived.get("state") ?? "",
  });
}

/** Begins a device login (RFC 8628). */
async function beginByDevice(app: AppServer): Promise<Record<"device_code" | "user_code" | "url", string>> {
  const answer = await new Program(app).post("/auth/v2/device");
  expect(answer).toMatchObject({ status: 200, interval: 5, expires_in: 600 });
  const [device_code, user_code] = [String(answer.device_code), String(answer.user_code)];
  return { device_code, user_code, url: String(answer.verification_uri_complete) };
}

/** Polls as often as the interval allows, until the app sends tokens or a final error. */
async function poll(app: AppServer, device_code: string): Promise<Answer> {
  let answer: Answer = { status: 0 };
  await expect
    .poll(
      async () => {
        answer = await new Program(app).post(TOKEN, { "device-code": device_code });
        return String(answer.error);
      },
      { intervals: [0, 5_000], timeout: 20_000 },
    )
    .not.toMatch(/^(authorization_pending|slow_down)$/);
  return answer;
}

const programsIn = (page: Page): Locator =>
  page.getByRole("region", { name: "Logged in as you" }).getByRole("listitem");

test("a program logs in with a code, calls the API and refreshes its tokens; invalid tokens are rejected", async ({
  page,
  storeApp: app,
}) => {
  const program = new Program(app);
  const tokens = await logInByCode(page, app);
  expect(tokens).toMatchObject({ status: 200, token_type: "Bearer" });
  expect(tokens.scope).toContain("openid");
  for (const path of ["/api/me", "/me", "/api/maybe-me", "/maybe_me"]) {
    expect(await program.get(path, tokens.access_token)).toEqual({ status: 200, sub: "alice" });
  }
  expect(await program.get("/api/auth/v2/userinfo", tokens.access_token)).toMatchObject({
    username: "alice",
    first_name: "Alice",
    last_name: "Example",
    email: ALICE.email,
  });
  const refreshed = await program.post(TOKEN, { "refresh-token": String(tokens.refresh_token) });
  expect(refreshed.status).toBe(200);
  expect(refreshed.refresh_token).not.toBe(tokens.refresh_token);
  expect(await program.get("/api/me", refreshed.access_token)).toEqual({ status: 200, sub: "alice" });
  expect(await program.get("/api/me", "bad")).toMatchObject({ status: 401, error: "invalid_token" });
  expect(await program.get("/api/maybe-me", "bad")).toEqual({ status: 200, anonymous: true });
  expect(await program.get("/api/admin", refreshed.access_token)).toMatchObject({
    status: 403,
    error: "insufficient_scope",
  });
  expect(await program.post(TOKEN, { "refresh-token": "nonsense" })).toMatchObject({
    status: 400,
    error: "invalid_grant",
  });
  await program.get("/api/auth/v2/logout", refreshed.access_token);
  expect(await program.post(TOKEN, { "refresh-token": String(refreshed.refresh_token) })).toMatchObject({
    status: 400,
    error: "invalid_grant",
  });
  for (const { refresh_token } of [tokens, refreshed]) expect(app.log.text).not.toContain(refresh_token);
});

test("a program gets access_denied as soon as the user cancels the login", async ({
  page,
  storeApp: app,
}) => {
  const waiting = await waitForBrowser(PORTS);
  await page.goto(
    `${app.url}/auth/v2/login?${new URLSearchParams({ redirect_uri: waiting.url, state: "s" })}`,
  );
  await page.getByRole("button", { name: "Cancel" }).click();
  const arrived = await waiting.arrived;
  waiting.stop();
  expect(arrived.get("error")).toBe("access_denied");
  expect(arrived.get("state")).toBe("s");
  await page.goto(`${app.url}/programs/connected?error=access_denied`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("The program is not logged in");
  await expectAccessible(page);
  await page.goto(`${app.url}/programs/connected`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("You can go back to your terminal");
});

test("a program's login or logout with an invalid redirect URI shows an error page and does not redirect", async ({
  page,
  storeApp: app,
  watch,
}) => {
  watch.allow(/status of 400/);
  const answer = await page.goto(`${app.url}/auth/v2/login?redirect_uri=https://evil.example/`);
  expect(answer?.status()).toBe(400);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("The program is not logged in");
  await expectAccessible(page);
  await page.goto(`${app.url}/auth/v2/logout?post_logout_redirect_uri=https://evil.example/`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("You may still be logged in");
});

test("a program's login that begins at a link on another site first asks the user to confirm", async ({
  page,
  storeApp: app,
}) => {
  await logInByRequest(page.request, ALICE.email, app.url); // so the provider shows no login page later
  const waiting = await waitForBrowser(PORTS);
  const query = new URLSearchParams({ redirect_uri: waiting.url, state: "s" });
  const link = `<!doctype html><title>-</title><a href="${app.url}/auth/v2/login?${query}">a prize</a>`;
  await page.route("http://127.0.0.1/", (route) => route.fulfill({ contentType: "text/html", body: link }));
  await page.goto("http://127.0.0.1/");
  await page.getByRole("link", { name: "a prize" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Have you started a program?");
  await expect(page.getByText(new URL(waiting.url).origin)).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("link", { name: "Continue" }).click();
  expect((await waiting.arrived).has("code")).toBe(true);
  waiting.stop();
});

test("a program logs in with a device code after the user has confirmed the code at the provider", async ({
  page,
  storeApp: app,
}) => {
  const program = new Program(app);
  const { device_code, user_code, url } = await beginByDevice(app);
  expect(await program.post(TOKEN, { "device-code": device_code })).toMatchObject({
    status: 400,
    error: "authorization_pending",
  });
  expect(await program.post(TOKEN, { "device-code": device_code })).toMatchObject({ error: "slow_down" });
  await page.goto(url);
  await expect(page.getByText(user_code, { exact: true })).toBeVisible();
  await expect(page.getByText("python-httpx/0.23.3")).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Connect" }).click();
  await chooseAtProvider(page, ALICE.email);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Connected");
  const tokens = await poll(app, device_code);
  expect(tokens.status).toBe(200);
  expect(await program.get("/api/me", tokens.access_token)).toEqual({ status: 200, sub: "alice" });
  expect(await program.post(TOKEN, { "refresh-token": String(tokens.refresh_token) })).toMatchObject({
    status: 200,
  });
});

test("a program gets access_denied if the user refuses its device login at the provider", async ({
  page,
  storeApp: app,
}) => {
  const { device_code, url } = await beginByDevice(app);
  await page.goto(url);
  await page.getByRole("button", { name: "Refuse" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Refused");
  expect(await poll(app, device_code)).toMatchObject({ status: 400, error: "access_denied" });
});

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with JavaScript" : "without JavaScript", () => {
    test.use({ javaScriptEnabled });

    test("a user sees their two programs, ends one of them, and ends the second with Log out everywhere", async ({
      newVisitor,
      page,
      stack,
      storeApp: app,
    }) => {
      const { email } = stack.provider.people.add(someoneNew());
      await logInByRequest(page.request, email, app.url);
      await page.goto(`${app.url}/programs`);
      await expect(page.getByText("No program is logged in as you")).toBeVisible();
      const notebook = new Program(app, "notebook/1.0");
      const first = await logInByCode(page, app, null);
      const second = await logInByCode(page, app, null, notebook);
      const stranger = await logInByCode(await newVisitor(), app, ALICE.email);

      await page.goto(`${app.url}/profile`);
      await page.getByRole("link", { name: "See your programs" }).click();
      await expect(programsIn(page)).toHaveCount(2);
      const entry = programsIn(page).filter({ hasText: "python-httpx 0.23.3" });
      await expect(entry).toContainText("offline_access");
      await expect(entry.getByRole("time")).toHaveCount(2);
      await page.getByRole("button", { name: "End python-httpx 0.23.3" }).click();
      await expect(programsIn(page)).toHaveCount(1);
      await expect(programsIn(page)).toContainText("notebook 1.0");

      const refresh = ({ refresh_token }: Answer) =>
        notebook.post(TOKEN, { "refresh-token": String(refresh_token) });
      expect(await refresh(first)).toMatchObject({ status: 400, error: "invalid_grant" });
      const renewed = await refresh(second);
      expect(renewed.status).toBe(200);

      await page.goto(`${app.url}/profile`);
      await page.getByRole("button", { name: "Log out everywhere" }).click();
      await expect(page.getByRole("banner").getByRole("link", { name: "Log in" })).toBeVisible();
      expect(await refresh(renewed)).toMatchObject({ status: 400, error: "invalid_grant" });
      expect(await refresh(stranger)).toMatchObject({ status: 200 });
    });
  });
}

test("another site can neither end a user's program nor read the list of programs, which requires a login", async ({
  page,
  stack,
  storeApp: app,
}) => {
  const { email } = stack.provider.people.add(someoneNew());
  await page.goto(`${app.url}/programs`);
  await expect(page).toHaveURL(/\/interaction\//);
  await chooseAtProvider(page, email);
  await expect(page).toHaveURL(`${app.url}/programs`);
  const tokens = await logInByCode(page, app, null);
  await page.goto(`${app.url}/programs`);
  const name = await page.getByRole("button", { name: "End python-httpx 0.23.3" }).getAttribute("value");
  const elsewhere = { "sec-fetch-site": "cross-site", origin: "https://evil.example" };
  const forged = await page.request.post(`${app.url}/auth/programs`, {
    form: { name: name ?? "" },
    headers: elsewhere,
  });
  expect(forged.status()).toBe(403);
  const read = await page.request.get(`${app.url}/programs`, { headers: elsewhere });
  expect(read.headers()["access-control-allow-origin"]).toBeUndefined();
  expect(read.headers()["content-security-policy"]).toContain("frame-ancestors 'none'");
  const answer = await new Program(app).post(TOKEN, { "refresh-token": String(tokens.refresh_token) });
  expect(answer.status).toBe(200);
});

test("on a phone, programs with long or hostile names fit the screen, and axe finds no problem", async ({
  page,
  stack,
  storeApp: app,
}) => {
  await page.setViewportSize({ width: 390, height: 844 });
  const { email } = stack.provider.people.add(someoneNew());
  const tokens = await logInByCode(page, app, email);
  const agents = ["x".repeat(60), "<script>alert(1)</script>"];
  let { refresh_token } = tokens;
  for (const agent of agents) {
    refresh_token =
      (await new Program(app, agent).post(TOKEN, { "refresh-token": String(refresh_token) })).refresh_token ??
      "";
    await goThroughLogin(page.request, app);
    await page.goto(`${app.url}/programs`);
    await expect(programsIn(page)).toHaveCount(1);
    const { scrollWidth, clientWidth } = await page.evaluate(() => document.documentElement);
    expect(scrollWidth).toBe(clientWidth);
  }
  await expect(programsIn(page)).toContainText("Unknown program");
  await expectAccessible(page);
});

test("a device login that begins at one instance ends at another, and both publish the same keys", async ({
  page,
  stack,
  store,
}) => {
  const first = await stack.startApp(() => ({ SESSION_STORE_URL: store.url, BROKER_AUDIENCE: AUDIENCE }));
  const second = await stack.startApp(() => ({
    APP_BASE_URL: first.url,
    SESSION_STORE_URL: store.url,
    BROKER_AUDIENCE: AUDIENCE,
  }));
  const { device_code, url } = await beginByDevice(first);
  await page.goto(url);
  await page.getByRole("button", { name: "Connect" }).click();
  await chooseAtProvider(page, ALICE.email);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Connected");
  const tokens = await poll(second, device_code);
  expect(await new Program(first).get("/api/me", tokens.access_token)).toMatchObject({ status: 200 });
  const keys = [first, second].map((app) => new Program(app).get("/auth/v2/.well-known/jwks.json"));
  const [one, two] = await Promise.all(keys);
  expect(one).toEqual(two);
});

test("two apps that trust each other accept each other's tokens, and fetch no keys from other issuers", async ({
  page,
  stack,
  store,
}) => {
  const otherStore = createSqliteStore();
  const first = await stack.startApp((_, next) => ({
    SESSION_STORE_URL: store.url,
    BROKER_AUDIENCE: AUDIENCE,
    BROKER_TRUSTED_ISSUERS: next,
  }));
  const second = await stack.startApp(() => ({
    SESSION_STORE_URL: otherStore.url,
    BROKER_AUDIENCE: AUDIENCE,
    BROKER_TRUSTED_ISSUERS: first.url,
  }));
  const apps = [new Program(first), new Program(second)];
  const tokens = [await logInByCode(page, first), await logInByCode(page, second, null)];
  const [kid, otherKid] = tokens.map(({ access_token }) => decodeProtectedHeader(String(access_token)).kid);
  expect(kid).not.toBe(otherKid);
  for (const app of apps) {
    for (const { access_token } of tokens) {
      expect(await app.get("/api/me", access_token)).toEqual({ status: 200, sub: "alice" });
    }
  }
  expect(await apps[0]?.post(TOKEN, { "refresh-token": String(tokens[1]?.refresh_token) })).toMatchObject({
    status: 400,
    error: "invalid_grant",
  });

  const { privateKey, publicKey } = await generateKeyPair("RS256");
  let requests = 0;
  const stranger = createServer(async (_request, response) => {
    requests += 1;
    response.end(JSON.stringify({ keys: [await exportJWK(publicKey)] }));
  }).listen(0, "localhost");
  await once(stranger, "listening");
  const forged = new SignJWT({ sub: "alice" })
    .setProtectedHeader({ alg: "RS256", typ: "at+jwt" })
    .setIssuer(`http://localhost:${(stranger.address() as AddressInfo).port}`)
    .setAudience(AUDIENCE)
    .setIssuedAt()
    .setExpirationTime("1h");
  const answer = await apps[0]?.get("/api/me", await forged.sign(privateKey));
  expect([answer?.status, requests]).toEqual([401, 0]);
  stranger.close();

  await second.stop();
  expect(await apps[0]?.get("/api/me", tokens[1]?.access_token)).toEqual({ status: 200, sub: "alice" });
  otherStore.remove();
});

test("a program exchanges a code with its PKCE verifier, and the code works only once", async ({
  page,
  storeApp: app,
}) => {
  const waiting = await waitForBrowser(PORTS);
  const verifier = "v".repeat(43);
  const challenge = createHash("sha256").update(verifier).digest("base64url");
  const query = { redirect_uri: waiting.url, code_challenge: challenge, code_challenge_method: "S256" };
  await page.goto(`${app.url}/api/auth/v2/login?${new URLSearchParams(query)}`);
  await chooseAtProvider(page, ALICE.email);
  const code = (await waiting.arrived).get("code") ?? "";
  waiting.stop();
  const form = { grant_type: "authorization_code", code, redirect_uri: waiting.url, code_verifier: verifier };
  expect(await new Program(app).post("/api/auth/v2/token", form)).toMatchObject({ status: 200 });
  expect(await new Program(app).post("/api/auth/v2/token", form)).toMatchObject({ error: "invalid_grant" });
});

test("npm run program logs a user in through the browser, shows their sub, and logs them out", async ({
  page,
  stack,
  storeApp: app,
}) => {
  const { email, sub } = stack.provider.people.add(someoneNew());
  const child = spawn(process.execPath, ["scripts/program.ts", "--url", app.url], {
    env: { ...process.env, FORCE_COLOR: "0" },
  });
  let printed = "";
  for (const output of [child.stdout, child.stderr]) output.on("data", (text) => (printed += text));
  await expect.poll(() => printed).toMatch(/\/auth\/v2\/login\?\S+\n/);
  await page.goto(/http\S+/.exec(printed)?.[0] ?? "");
  await chooseAtProvider(page, email);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("You can go back to your terminal");
  await expect.poll(() => printed).toContain("Press Enter");
  expect(printed).toContain(`GET /api/me with new tokens: { sub: '${sub}' }`);
  await page.getByRole("link", { name: "See your programs" }).click();
  await expect(page).toHaveURL(`${app.url}/programs`);
  await expect(programsIn(page)).toContainText("example-program 1.0");
  child.stdin.write("\n");
  const [code] = await once(child, "close");
  expect({ code, printed }).toMatchObject({ code: 0, printed: expect.stringContaining("Logged out.") });
  await page.reload();
  await expect(page.getByText("No program is logged in as you")).toBeVisible();
});

test("npm run program rejects the answer of another app, and does not send its code anywhere", async ({
  storeApp: app,
}) => {
  const child = spawn(process.execPath, ["scripts/program.ts", "--url", app.url]);
  let printed = "";
  for (const output of [child.stdout, child.stderr]) output.on("data", (text) => (printed += text));
  await expect.poll(() => printed).toMatch(/\/auth\/v2\/login\?\S+\n/);
  const { searchParams } = new URL(/http\S+/.exec(printed)?.[0] ?? "");
  const answer = { code: "c", state: searchParams.get("state") ?? "", iss: "https://evil.example" };
  const exit = once(child, "close");
  const response = await fetch(`${searchParams.get("redirect_uri")}?${new URLSearchParams(answer)}`);
  expect(response.status).toBe(400);
  expect(await exit).toEqual([1, null]);
  expect(printed).toContain(`The answer to the login is not from ${app.url}.`);
});
