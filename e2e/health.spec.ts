import { expect, test } from "./support/test.ts";

test("a health check needs no session, sets no cookie, does not redirect and writes nothing to the log", async ({
  request,
  stack,
}) => {
  await expect.poll(async () => (await request.get("/readyz")).status()).toBe(200);
  const before = stack.app.log.text;
  for (const path of ["/healthz", "/readyz"]) {
    const answer = await request.get(path, { headers: { cookie: "hello-oidc.session=forged" } });
    expect([answer.status(), await answer.json()]).toEqual([200, { status: "ok" }]);
    const headers = answer.headers();
    expect(headers["cache-control"]).toBe("private, no-store");
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect(headers["set-cookie"]).toBeUndefined();
    expect((await request.head(path)).status()).toBe(200);
    expect((await request.post(path)).status()).toBe(405);
  }
  expect(stack.app.log.text).toBe(before);
});

test("a server becomes ready when it reaches the provider, even if no visitor comes", async ({
  stack,
  request,
}) => {
  await stack.provider.stop();
  const app = await stack.startApp();
  const ready = () => request.get(`${app.url}/readyz`);
  const answer = await ready();
  expect([answer.status(), await answer.json()]).toEqual([
    503,
    { status: "unavailable", missing: ["provider"] },
  ]);
  expect((await request.get(`${app.url}/healthz`)).status()).toBe(200);
  await stack.provider.start();
  await expect.poll(async () => (await ready()).status(), { timeout: 25_000 }).toBe(200);
  const asked = stack.provider.counts.discovery;
  for (let probe = 0; probe < 20; probe += 1) await ready();
  expect(stack.provider.counts.discovery).toBe(asked);
});
