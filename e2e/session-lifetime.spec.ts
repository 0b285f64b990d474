import type { APIRequestContext } from "playwright/test";
import { SESSION_COOKIE } from "./support/browser/raw-request.ts";
import { whoAmI } from "./support/provider/login-steps.ts";
import { passSeconds } from "./support/provider/passing-time.ts";
import { ALICE, logInByRequest } from "./support/provider/people.ts";
import { expect, test } from "./support/test.ts";

/** Returns the `Max-Age` (in seconds) of a response's session cookie; null if the response sets none. */
function cookieLife(answer: Awaited<ReturnType<APIRequestContext["get"]>>): number | null {
  const written = answer.headersArray().find(({ value }) => SESSION_COOKIE.test(value));
  return written ? Number(/max-age=(\d+)/i.exec(written.value)?.[1]) : null;
}

test("an active user stays logged in, and an idle user is logged out [C16]", async ({ request, stack }) => {
  const app = await stack.startApp(() => ({ SESSION_IDLE_TIMEOUT: "3" }));
  await logInByRequest(request, ALICE.email, app.url);
  const visitUntil = Date.now() + 4_000;
  const seen = new Set<string | null>();
  await expect
    .poll(
      async () => {
        seen.add(await whoAmI(request, app));
        return Date.now() > visitUntil;
      },
      { intervals: [200] },
    )
    .toBe(true);
  expect([...seen]).toEqual([ALICE.name]);
  // The browser drops the expired cookie, and the server rejects a copy of this cookie.
  const { cookies } = await request.storageState();
  const kept = cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
  await passSeconds(3);
  expect(await whoAmI(request, app)).toBeNull();
  const copied = await request.get(`${app.url}/auth/me`, { headers: { cookie: kept } });
  expect(copied.status()).toBe(401);
});

test("/auth/me says when the session ends [K7]", async ({ request }) => {
  await logInByRequest(request);
  const { session } = await (await request.get("/auth/me?renew=0")).json();
  const now = Date.now() / 1000;
  expect(session.expiresAt - now).toBeGreaterThan(7 * 86_400 - 60);
  expect(session.idleExpiresAt - now).toBeLessThan(86_400 + 1);
  expect(session.idleExpiresAt - now).toBeGreaterThan(86_400 - 60);
});

test("even an active user is logged out at the absolute end of the session [C16]", async ({
  request,
  stack,
}) => {
  const app = await stack.startApp(() => ({ SESSION_MAX_AGE: "3", SESSION_IDLE_TIMEOUT: "2" }));
  await logInByRequest(request, ALICE.email, app.url);
  const begun = Date.now();
  await expect.poll(() => whoAmI(request, app), { intervals: [200] }).toBeNull();
  expect(Date.now() - begun).toBeLessThan(8_000);
  const page = await request.get(`${app.url}/profile`, { maxRedirects: 0 });
  expect(page.status()).toBe(307);
});

test("a request renews the session cookie only after a tenth of the idle time has passed [C16]", async ({
  request,
  stack,
}) => {
  const app = await stack.startApp(() => ({ SESSION_IDLE_TIMEOUT: "30" }));
  const begun = Date.now();
  await logInByRequest(request, ALICE.email, app.url);
  const lives: (number | null)[] = [];
  await expect
    .poll(
      async () => {
        lives.push(cookieLife(await request.get(`${app.url}/profile`)));
        return lives.at(-1);
      },
      { intervals: [200] },
    )
    .toBe(30);
  expect(Date.now() - begun).toBeGreaterThan(2_000);
  expect(lives.slice(0, -1).every((life) => life === null)).toBe(true);
  expect(cookieLife(await request.get(`${app.url}/profile`))).toBeNull();
});
