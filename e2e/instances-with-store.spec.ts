import { type PreparedStore, REDIS, SQLITE } from "../dev/testing/store-servers.ts";
import { type Instances, servedBy, startInstances, whoIsWhere } from "./support/app/instances.ts";
import { findNginx } from "./support/app/nginx.ts";
import { OWN_PAGES } from "./support/browser/parts.ts";
import { cookieHeader, rawRequest } from "./support/browser/raw-request.ts";
import { goThroughLogin } from "./support/provider/login-steps.ts";
import { withExpiredToken } from "./support/provider/passing-time.ts";
import { ALICE, logInByRequest } from "./support/provider/people.ts";
import { expect, test } from "./support/test.ts";

const NGINX = findNginx();
const PATHS = [...OWN_PAGES, "/auth/me", "/api/data"];

// All tests share the same three instances, so they run one after another.
test.describe.configure({ mode: "default" });

const withNginx = NGINX === null ? "behind nginx (skipped: there is no nginx here)" : "behind nginx";

for (const kind of [SQLITE, REDIS]) {
  test.describe(`three instances with one store, ${kind.title}, ${withNginx}`, () => {
    test.skip(NGINX === null || kind.skipped);
    let store: PreparedStore;
    let three: Instances;

    test.beforeAll(async ({ stack }) => {
      store = await kind.prepare();
      three = await startInstances(stack, { SESSION_STORE_URL: store.url });
    });
    test.afterAll(async () => {
      await three?.stop();
      await store?.remove();
    });

    test("50 simultaneous requests cause only one refresh and get 50 successful answers", async ({
      request,
      stack,
    }) => {
      await withExpiredToken(stack, request, { appUrl: three.url });
      const cookie = await cookieHeader(request);
      const before = three.nginx.served().length;
      const gate = Promise.withResolvers<void>();
      stack.interceptProvider = async ({ url }) => {
        if (url === "/token") await gate.promise;
        return false;
      };
      const asked = Array.from({ length: 50 }, (_, index) =>
        rawRequest(three, PATHS[index % PATHS.length] ?? "", { headers: { cookie } }),
      );
      // Every instance serves other visitors while the refresh is still delayed.
      for (const app of three.apps) expect((await rawRequest(app, "/")).status).toBe(200);
      gate.resolve();
      const answers = await Promise.all(asked);
      expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200));
      expect(servedBy(three, before)).toBe(3);
      expect(stack.provider.counts.token.refresh_token).toBe(1);
      expect(await whoIsWhere(three, cookie)).toEqual([200, 200, 200]);
      expect(stack.provider.counts.token.refresh_token).toBe(1);
    });

    if (kind !== SQLITE) return; // the other tests do not depend on the kind of store

    test("a logout at any instance ends the session at all instances at once", async ({ request, stack }) => {
      await logInByRequest(request, ALICE.email, three.url);
      for (const app of three.apps) {
        const cookie = await cookieHeader(request);
        expect(await whoIsWhere(three, cookie)).toEqual([200, 200, 200]);
        await request.post(`${app.url}/auth/logout`, { maxRedirects: 0 });
        expect(await whoIsWhere(three, cookie)).toEqual([401, 401, 401]);
        expect(await goThroughLogin(request, app, `${three.url}/auth/login`)).toBe(`${three.url}/profile`);
      }
      expect(stack.provider.counts.token.authorization_code).toBe(4);
    });

    test("when one instance is killed, no session is lost, and the others answer the requests", async ({
      request,
      stack,
    }) => {
      await logInByRequest(request, ALICE.email, three.url);
      const cookie = await cookieHeader(request);
      const statuses: number[] = [];
      let cutShort = 0;
      const ask = async () => {
        const answer = rawRequest(three, "/profile", { headers: { cookie } });
        await answer.then(
          ({ status }) => statuses.push(status),
          (error: Error) => {
            if (error.message !== "aborted") throw error;
            cutShort += 1; // the answer ended in the middle of its body; nginx cannot retry such a request
          },
        );
      };
      const askAgainAndAgain = async (until: () => boolean) => {
        while (!until()) await ask();
      };
      let isOver = false;
      const visitors = Array.from({ length: 4 }, () => askAgainAndAgain(() => isOver));
      await expect.poll(() => statuses.length, { intervals: [20] }).toBeGreaterThan(12);
      await three.apps[1]?.stop(); // ends it at once, like a crash
      const killedAt = statuses.length;
      await expect.poll(() => statuses.length, { intervals: [20] }).toBeGreaterThan(killedAt + 24);
      isOver = true;
      await Promise.all(visitors);
      expect(new Set(statuses)).toEqual(new Set([200]));
      expect(cutShort).toBeLessThanOrEqual(visitors.length);
      expect(
        three.nginx.served().some((line) => line.includes(",")),
        "nginx retried a request at another instance",
      ).toBe(true);

      await three.restart(1);
      expect(await whoIsWhere(three, cookie)).toEqual([200, 200, 200]);
      expect(stack.provider.counts.token.refresh_token).toBe(0);
    });
  });
}
