import { type Instances, servedBy, startInstances, whoIsWhere } from "./support/app/instances.ts";
import { findNginx } from "./support/app/nginx.ts";
import { OWN_PAGES } from "./support/browser/parts.ts";
import { cookieHeader } from "./support/browser/raw-request.ts";
import { withExpiredToken } from "./support/provider/passing-time.ts";
import { someoneNew } from "./support/provider/people.ts";
import { CLIENT_ID } from "./support/stack.ts";
import { expect, test } from "./support/test.ts";

const NGINX = findNginx();
const PATHS = [...OWN_PAGES, "/auth/me", "/api/data"];

// All tests share the same three instances, so they run one after another.
test.describe.configure({ mode: "default" });

const withNginx = NGINX === null ? "behind nginx (skipped: there is no nginx here)" : "behind nginx";

test.describe(`three instances without a store, ${withNginx}`, () => {
  test.skip(NGINX === null);
  let three: Instances;

  test.beforeAll(async ({ stack }) => {
    three = await startInstances(stack, { OIDC_CLIENT_ID: CLIENT_ID });
  });
  test.afterAll(() => three?.stop());

  test("every instance can read a session that fills the cookies", async ({ page, stack }) => {
    const { sub, email } = stack.provider.people.add(someoneNew());
    const permissions = Array.from({ length: 100 }, () => crypto.randomUUID());
    Object.assign(stack.provider.people.find(sub) ?? {}, { permissions });
    const before = three.nginx.served().length;
    await page.goto(`${three.url}/auth/login`);
    await page.getByLabel("E-mail").fill(email);
    await page.getByRole("button", { name: "Continue", exact: true }).click();
    await page.waitForURL(`${three.url}/profile`);
    for (const path of ["/", ...OWN_PAGES, "/profile"]) {
      expect((await page.goto(three.url + path))?.status()).toBe(200);
    }
    const cookie = await cookieHeader(page.request);
    expect(cookie.length).toBeGreaterThan(9_000);
    expect(await whoIsWhere(three, cookie)).toEqual([200, 200, 200]);
    expect(servedBy(three, before)).toBe(3);
    await page.getByRole("banner").getByRole("button", { name: "Log out" }).click();
    await expect(page.getByRole("banner").getByRole("link", { name: "Log in" })).toBeVisible();
    expect(await cookieHeader(page.request)).not.toContain("session");
  });

  test("requests that a user sends to all instances in turn cause only one refresh", async ({
    request,
    stack,
  }) => {
    await withExpiredToken(stack, request, { appUrl: three.url });
    for (const path of [...PATHS, ...PATHS]) {
      expect((await request.get(three.url + path)).status(), path).toBe(200);
    }
    expect(stack.provider.counts.token.refresh_token).toBe(1);
    expect(await whoIsWhere(three, await cookieHeader(request))).toEqual([200, 200, 200]);
  });
});
