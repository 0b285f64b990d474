import { ALICE, logInByRequest } from "./support/people.ts";
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
}
