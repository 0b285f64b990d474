import { SITE } from "../lib/site.ts";
import { cookieHeader } from "./support/browser/raw-request.ts";
import { goThroughLogin, providerAnswer } from "./support/provider/login-steps.ts";
import { ALICE, chooseAtProvider } from "./support/provider/people.ts";
import { expect, test } from "./support/test.ts";

const TABS = ["/profile?tab=1", "/profile?tab=2"];

const LOGIN_COOKIES = new RegExp(`${SITE.id}\\.\\d+\\.login\\.`, "g");

for (const [index, path] of TABS.entries()) {
  test(`a visitor who starts a login in two tabs can finish the ${index ? "second" : "first"} tab first [C3, A7]`, async ({
    page,
    context,
  }) => {
    const tabs = [page, await context.newPage()];
    for (const [at, tab] of tabs.entries()) await tab.goto(TABS[at] ?? "");
    const finishing = tabs[index] ?? page;
    await chooseAtProvider(finishing, ALICE.email);
    await expect(finishing).toHaveURL(path);
    await expect(finishing.getByRole("heading", { level: 1 })).toHaveText(ALICE.name);
    // The other tab can still finish its own login, and then shows its own page.
    const other = tabs[1 - index] ?? page;
    await chooseAtProvider(other, ALICE.email);
    await expect(other).toHaveURL(TABS[1 - index] ?? "");
    await expect(other.getByRole("heading", { level: 1 })).toHaveText(ALICE.name);
  });
}

test("two tabs that start a login at the same time each return to their own page [C3, A7]", async ({
  page,
  context,
}) => {
  await page.goto("/auth/login");
  await chooseAtProvider(page, ALICE.email);
  await expect(page).toHaveURL("/profile");
  await context.clearCookies({ name: new RegExp(`^${SITE.id}`) });
  const tabs = [page, await context.newPage()];
  await Promise.all(tabs.map((tab, at) => tab.goto(TABS[at] ?? "")));
  for (const [at, tab] of tabs.entries()) await expect(tab).toHaveURL(TABS[at] ?? "");
});

test("a browser keeps the login cookies of only the newest five unfinished logins [C3, K3]", async ({
  request,
  stack,
}) => {
  const answers: URL[] = [];
  for (let count = 0; count < 8; count += 1) answers.push(await providerAnswer(request, stack.app));
  const cookies = await cookieHeader(request);
  expect(cookies.match(LOGIN_COOKIES)).toHaveLength(5);
  for (const { searchParams } of answers.slice(-5)) {
    expect(cookies).toContain(`${SITE.id}.${stack.app.port}.login.${searchParams.get("state")}=`);
  }
  const last = answers.at(-1)?.href ?? "";
  expect(await goThroughLogin(request, stack.app, last)).toBe("/profile");
  // The other four login cookies stay until their logins finish or ten minutes have passed.
  expect((await cookieHeader(request)).match(LOGIN_COOKIES)).toHaveLength(4);
});
