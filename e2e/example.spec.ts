// Copy this file for tests of your own pages.
// docs/your-own-pages.md says what else tests can use. // part: docs
import { chooseAtProvider, logIn } from "./support/provider/people.ts";
import { expect, test } from "./support/test.ts";

test("Alice logs in and sees her profile", async ({ page }) => {
  await logIn(page, "alice@example.com");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Alice Example");
});

test("a logged-in user gets the data, and a visitor gets 401", async ({ stack, sessionCookie }) => {
  const cookie = await sessionCookie({ email: "alice@example.com", roles: ["editor"] });
  expect((await fetch(`${stack.app.url}/api/data`, { headers: { cookie } })).status).toBe(200);
  expect((await fetch(`${stack.app.url}/api/data`)).status).toBe(401);
});

test("Alice sees the error page if her login fails", async ({ page, stack }) => {
  stack.provider.breakNextLogin("wrong-nonce"); // one of the faults in dev/provider/faults.ts
  await page.goto("/auth/login");
  await chooseAtProvider(page, "alice@example.com");
  await expect(page).toHaveURL("/auth/error?reason=invalid_response");
});
