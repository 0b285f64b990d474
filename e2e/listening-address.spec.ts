import { ALICE, logInByRequest } from "./support/people.ts";
import { freePort } from "./support/ports.ts";
import { expect, test } from "./support/test.ts";

for (const address of ["127.0.0.1", "localhost", "0.0.0.0"]) {
  test(`an app that listens on ${address} shows Alice the API's refusal as a 403 page [A9]`, async ({
    page,
    stack,
    watch,
  }) => {
    watch.allow(/status of 403/);
    const app = await stack.startApp(() => ({ HOSTNAME: address }));
    await logInByRequest(page.request, ALICE.email, app.url);
    const answer = await page.goto(`${app.url}/admin`);
    expect(answer?.status()).toBe(403);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("You may not see this");
  });

  test(`an app that listens on ${address} behind a proxy says itself that the store is away`, async ({
    request,
    stack,
  }) => {
    const port = await freePort();
    const app = await stack.startApp(() => ({
      HOSTNAME: address,
      SESSION_STORE_URL: `redis://127.0.0.1:${port}`,
    }));
    const headers = { "x-forwarded-proto": "https" };
    const answer = await request.get(`${app.url}/auth/callback?code=c&state=s`, { headers });
    expect(answer.status()).toBe(503);
    expect(await answer.text()).toContain("Your session cannot be read right now");
  });
}
