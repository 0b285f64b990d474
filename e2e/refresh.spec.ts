import type { Page } from "playwright/test";
import { SITE } from "../lib/site.ts";
import { expectMessage } from "./demo/message.ts"; // part: demo
import { OWN_PAGES } from "./support/browser/parts.ts";
import { cookieHeader, cookiesSetBy, rawRequest, SESSION_COOKIE } from "./support/browser/raw-request.ts";
import { issuingShortTokens, passSeconds, withExpiredToken } from "./support/provider/passing-time.ts";
import { ALICE, logIn, logInByRequest } from "./support/provider/people.ts";
import type { Stack } from "./support/stack.ts";
import { expect, test } from "./support/test.ts";

const PATHS = [...OWN_PAGES, "/auth/me", "/api/data"];

/** Delays every request to the token endpoint until the returned function is called. */
function holdRefreshes(stack: Stack): () => void {
  const gate = Promise.withResolvers<void>();
  stack.interceptProvider = async ({ url }) => {
    if (url === "/token") await gate.promise;
    return false;
  };
  return gate.resolve;
}

test.describe("after the access token has expired", () => {
  const ways: Record<string, (page: Page) => Promise<unknown>> = {
    "clicks a link": async (page) => {
      await page.getByRole("banner").getByRole("link", { name: SITE.name }).click();
      await page.waitForURL((url) => url.pathname === "/");
    },
    "reloads the page": (page) => page.reload(),
  };
  for (const [way, act] of Object.entries(ways)) {
    test(`a user ${way} and stays logged in after a single refresh [C16, K11]`, async ({ page, stack }) => {
      await issuingShortTokens(stack, () => logIn(page));
      await act(page);
      await expect(page.getByRole("heading", { level: 1, name: ALICE.name })).toBeVisible();
      await expectMessage(page.request, "protected"); // part: demo
      expect(stack.provider.counts.token).toEqual({ authorization_code: 0, refresh_token: 1 });
    });
  }

  for (const path of PATHS) {
    test(`a user opens ${path} and gets the page with a new session cookie [C16, K11]`, async ({
      request,
      stack,
    }) => {
      await withExpiredToken(stack, request);
      const cookie = await cookieHeader(request);
      const answer = await rawRequest(stack.app, path, { headers: { cookie } });
      expect(answer.status).toBe(200);
      expect(answer.text).toMatch(/Alice Example|>Log out</);
      const fresh = cookiesSetBy(answer);
      expect(fresh).toMatch(SESSION_COOKIE);
      expect(fresh).not.toBe(cookie);
      expect(stack.provider.counts.token.refresh_token).toBe(1);
    });
  }

  test("a user can send the old cookie again, as a second tab does, without a second refresh [K11]", async ({
    request,
    stack,
  }) => {
    await withExpiredToken(stack, request);
    const headers = { cookie: await cookieHeader(request) };
    for (const path of [...PATHS, ...PATHS]) {
      expect((await rawRequest(stack.app, path, { headers })).status, path).toBe(200);
    }
    expect(stack.provider.counts.token.refresh_token).toBe(1);
  });

  test("a user sends 50 requests at once, which all succeed with a single refresh, twice in a row [C16, K11]", async ({
    request,
    stack,
  }) => {
    await withExpiredToken(stack, request);
    const old = await cookieHeader(request);
    let cookies = Array.from({ length: 50 }, () => old);
    for (const wave of ["first", "second"]) {
      await test.step(`the ${wave} 50`, async () => {
        stack.provider.resetCounts();
        stack.provider.accessTokenTtl = wave === "first" ? 4 : 3600;
        const release = holdRefreshes(stack);
        const asked = cookies.map((cookie, index) =>
          rawRequest(stack.app, PATHS[index % PATHS.length] ?? "", { headers: { cookie } }),
        );
        // Another visitor is served at once, while the refresh is still delayed.
        expect((await rawRequest(stack.app, "/")).status).toBe(200);
        release();
        const answers = await Promise.all(asked);
        expect(answers.map(({ status }) => status)).toEqual(cookies.map(() => 200));
        expect(stack.provider.counts.token.refresh_token).toBe(1);
        cookies = answers.map(cookiesSetBy);
      });
      if (wave === "first") await passSeconds(4);
    }
    for (const cookie of [old, ...cookies]) {
      expect((await rawRequest(stack.app, "/auth/me", { headers: { cookie } })).status).toBe(200);
    }
    expect(stack.provider.counts.token.refresh_token).toBe(1);
  });

  test("a user stays logged in through several refreshes in a row [C16, K11]", async ({ request, stack }) => {
    stack.provider.accessTokenTtl = 1;
    await logInByRequest(request);
    stack.provider.resetCounts();
    await expect
      .poll(
        async () => {
          expect((await request.get("/auth/me")).status()).toBe(200);
          return stack.provider.counts.token.refresh_token;
        },
        { intervals: [200] },
      )
      .toBeGreaterThanOrEqual(4);
  });
});

test("an answer that sets a session cookie is not cached, even if its page can otherwise be cached [C16]", async ({
  request,
  stack,
}) => {
  await withExpiredToken(stack, request);
  const cookie = await cookieHeader(request);
  const answer = await rawRequest(stack.app, "/_global-error", { headers: { cookie } });
  expect(cookiesSetBy(answer)).toMatch(SESSION_COOKIE);
  expect(answer.headers["cache-control"]).toContain("no-store");
});
