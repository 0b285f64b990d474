import type { Page } from "playwright/test";
import { SITE } from "../lib/site.ts";
import { expectMessage } from "./demo/message.ts"; // part: demo
import { cookieHeader, cookiesSetBy, rawRequest, SESSION_COOKIE } from "./support/browser/raw-request.ts";
import { altered } from "./support/provider/faults.ts";
import { goThroughLogin, whoAmI } from "./support/provider/login-steps.ts";
import { ALICE, logIn, logInByRequest, logOut, signUp, someoneNew } from "./support/provider/people.ts";
import { expect, test } from "./support/test.ts";

const KB = 1024;

/** Creates random values for a claim, so many that they take about this many base64url characters in a token. */
function groups(characters: number): string[] {
  return Array.from({ length: Math.floor((characters * 3) / 4 / 39) }, () => crypto.randomUUID());
}

/** The number of session cookies in a browser. */
async function pieces(page: Page): Promise<number> {
  return (await cookieHeader(page.request)).split("; ").filter((pair) => SESSION_COOKIE.test(pair)).length;
}

test("an access token of 6 KB, an ID token of 2 KB and a refresh token of 1 KB fit into cookies", async ({
  page,
  stack,
}) => {
  const newcomer = someoneNew();
  await signUp(page, newcomer);
  await logOut(page);
  Object.assign(stack.provider.people.find(newcomer.email) ?? {}, { permissions: groups(5.4 * KB) });
  const memberships = groups(1.3 * KB);
  stack.provider.breakNextLogin({ idToken: { claims: { groups: memberships } } });
  const sizes: Record<string, number> = {};
  stack.interceptProvider = altered("/token", (body) => {
    const tokens = { ...body, refresh_token: `${body.refresh_token}${"r".repeat(KB)}` };
    for (const [name, value] of Object.entries(tokens)) sizes[name] = String(value).length;
    return tokens;
  });

  await logIn(page, newcomer.email);
  expect(sizes.access_token).toBeGreaterThan(6 * KB);
  expect(sizes.id_token).toBeGreaterThan(2 * KB);
  expect(await pieces(page)).toBeGreaterThan(2);
  await expect(page.getByRole("region", { name: "ID token claims as JSON" })).toContainText(
    memberships.at(-1) ?? "",
  );
  await expectMessage(page.request, "protected"); // part: demo
  await page.request.post("/auth/logout", { maxRedirects: 0 });
  expect(await pieces(page)).toBe(0);
});

test("a login whose tokens do not fit into cookies fails with a reason, and the earlier session stays [C4]", async ({
  request,
  stack,
}) => {
  await logInByRequest(request);
  stack.interceptProvider = altered("/token", (body) => ({ ...body, refresh_token: "r".repeat(60_000) }));
  const before = stack.app.log.entries.length;
  expect(await goThroughLogin(request, stack.app)).toBe("/auth/error?reason=configuration");
  const told = () => stack.app.log.having({ level: "warn", reason: "configuration" }, before);
  await expect.poll(() => told()[0]?.advice).toContain("smaller tokens");
  expect(await whoAmI(request, stack.app)).toBe(ALICE.name);
});

test("the server accepts a request with the app's largest cookies, a long URL and a browser's headers", async ({
  stack,
}) => {
  const { app } = stack;
  const pieces = [0, 1, 2, 3].map((at) => `${SITE.id}.${app.port}.session.${at}=`.padEnd(4_096, "x"));
  const logins: string[] = [];
  for (let count = 0; count < 5; count += 1) {
    const begun = await rawRequest(app, `/auth/login?returnTo=/${"y".repeat(1_999)}`);
    logins.push(cookiesSetBy(begun));
  }
  const cookie = [...pieces, ...logins].join("; ");
  expect(cookie.length).toBeGreaterThan(32_000);
  const headers = { cookie, "user-agent": "Mozilla/5.0 ".padEnd(300, "x"), accept: "text/html,*/*;q=0.8" };
  const answer = await rawRequest(app, `/auth/callback?code=${"c".repeat(4_000)}&state=s`, { headers });
  expect([answer.status, answer.headers.location]).toEqual([303, "/auth/error?reason=state_mismatch"]);
});
