import { FaultProxy } from "../dev/testing/fault-proxy.ts";
import { REDIS } from "../dev/testing/store-servers.ts";
import type { AppServer } from "./support/app/server.ts";
import { cookieHeader, rawRequest } from "./support/browser/raw-request.ts";
import { providerAnswer, whoAmI } from "./support/provider/login-steps.ts";
import { withExpiredToken } from "./support/provider/passing-time.ts";
import { ALICE, logInByRequest } from "./support/provider/people.ts";
import type { Stack } from "./support/stack.ts";
import { expect, test } from "./support/test.ts";

/** Starts an app whose store is behind a proxy that can disturb the connection. */
async function startDisturbedApp(stack: Stack): Promise<{ app: AppServer; proxy: FaultProxy }> {
  const { url } = await REDIS.prepare();
  const address = new URL(url);
  const proxy = await FaultProxy.start(address.hostname, Number(address.port || 6379));
  address.host = `127.0.0.1:${proxy.port}`;
  const app = await stack.startApp(() => ({ SESSION_STORE_URL: address.href }));
  return { app, proxy };
}

test.describe(`a session store on its own server, ${REDIS.title}`, () => {
  test.skip(REDIS.skipped);

  test("no user is logged out when the store goes down, and sessions work again once it is up", async ({
    request,
    stack,
  }) => {
    const { app, proxy } = await startDisturbedApp(stack);
    try {
      await logInByRequest(request, ALICE.email, app.url);
      const cookie = await cookieHeader(request);
      for (let time = 0; time < 2; time += 1) {
        await proxy.goDown();
        const page = await rawRequest(app, "/profile", { headers: { cookie } });
        expect([page.status, page.headers["retry-after"]]).toEqual([503, "5"]);
        expect((await rawRequest(app, "/auth/logout", { method: "POST", headers: { cookie } })).status).toBe(
          503,
        );
        expect((await rawRequest(app, "/")).status).toBe(200);
        await proxy.goUp();
        await expect
          .poll(async () => (await rawRequest(app, "/auth/me", { headers: { cookie } })).status)
          .toBe(200);
      }
    } finally {
      await proxy.goDown();
    }
  });

  test("pages, logins, refreshes and logouts still work when every answer of the store takes 0.7 s", async ({
    newVisitor,
    request,
    stack,
  }) => {
    const { app, proxy } = await startDisturbedApp(stack);
    try {
      const [leaving, arriving] = [(await newVisitor()).request, (await newVisitor()).request];
      await logInByRequest(leaving, ALICE.email, app.url);
      await withExpiredToken(stack, request, { appUrl: app.url });
      const [cookie, old] = [await cookieHeader(request), await cookieHeader(leaving)];
      const callback = await providerAnswer(arriving, app);
      proxy.delay(700);
      const [refreshed, left, arrived] = await Promise.all([
        Promise.all(
          ["/profile", "/api/data", "/auth/me"].map((path) => rawRequest(app, path, { headers: { cookie } })),
        ),
        leaving.post(`${app.url}/auth/logout`, { maxRedirects: 0 }),
        arriving.get(callback.href, { maxRedirects: 0 }),
      ]);
      expect(refreshed.map(({ status }) => status)).toEqual([200, 200, 200]);
      expect(stack.provider.counts.token.refresh_token).toBe(1);
      expect(left.status()).toBe(303);
      expect([arrived.status(), arrived.headers().location]).toEqual([303, "/profile"]);
      proxy.delay(0);
      expect(await whoAmI(arriving, app)).toBe(ALICE.name);
      expect((await rawRequest(app, "/auth/me", { headers: { cookie: old } })).status).toBe(401);
    } finally {
      await proxy.goDown();
    }
  });
});
