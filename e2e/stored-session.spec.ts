import { SITE } from "../lib/site.ts";
import { cookieHeader, rawRequest, SESSION_COOKIE } from "./support/browser/raw-request.ts";
import { goThroughLogin, whoAmI } from "./support/provider/login-steps.ts";
import { ADMIN, ALICE, logIn, logInByRequest, logOut, someoneNew } from "./support/provider/people.ts";
import { expect, test } from "./support/test.ts";

test.use({ baseURL: async ({ storeApp }, use) => use(storeApp.url) });

test("a user whose session is in a store logs in, reads every page and logs out with a small cookie", async ({
  page,
  stack,
  storeApp,
}) => {
  const pages: Record<string, string> = {
    Profile: "ID token claims",
    Dashboard: `Welcome, ${ADMIN.name}`, // part: demo
    Public: "This is a public message.", // part: demo
    Protected: "This is a protected message.", // part: demo
    Admin: "This is an admin message.", // part: demo
  };
  await logIn(page, ADMIN.email);
  for (const [tab, text] of Object.entries(pages)) {
    await page.getByRole("banner").getByRole("link", { name: tab, exact: true }).click();
    await expect(page.getByRole("main").getByText(text).first()).toBeVisible();
  }
  const cookie = await cookieHeader(page.request);
  expect(cookie).toMatch(new RegExp(`${SESSION_COOKIE.source}=[^;]+$`));
  expect(cookie.length).toBeLessThan(500);
  stack.secrets.expectNoneIn(cookie, "the cookie");
  await logOut(page);
  expect(await whoAmI(page.request, storeApp)).toBeNull();
  const copied = await rawRequest(storeApp, "/auth/me", { headers: { cookie } });
  expect(copied.status).toBe(401);
});

test("a stored session survives a restart of the app, and the store contains no readable data", async ({
  request,
  stack,
  store,
}) => {
  const before = await stack.startApp(() => ({ SESSION_STORE_URL: store.url }));
  await logInByRequest(request, ALICE.email, before.url);
  await before.stop();
  const after = await stack.startApp(() => ({ SESSION_STORE_URL: store.url, APP_BASE_URL: before.url }));
  expect(await whoAmI(request, after)).toBe(ALICE.name);
  const all = store.dump();
  expect(all).toContain(`${SITE.id}:session:`);
  for (const text of [ALICE.email, ALICE.name, "alice"]) expect(all).not.toContain(text);
  stack.secrets.expectNoneIn(all, "the store");
});

test("the app logs a store entry that was tampered with, and treats the visitor as not logged in", async ({
  request,
  stack,
  store,
}) => {
  const app = await stack.startApp(() => ({ SESSION_STORE_URL: store.url }));
  await logInByRequest(request, ALICE.email, app.url);
  for (const kind of ["session", "visit"]) {
    expect(store.spoil(kind, "rubbish")).toBeGreaterThan(0);
    const page = await request.get(`${app.url}/`);
    expect(page.status()).toBe(200);
    expect(await page.text()).toContain(">Log in<");
    expect(await whoAmI(request, app)).toBeNull();
    const told = () => app.log.having({ level: "warn", msg: "cannot read an entry of the session store" });
    await expect.poll(() => told().some(({ entry }) => String(entry).includes(`:${kind}:`))).toBe(true);
    await request.get(`${app.url}/auth/logout`, { maxRedirects: 0 }); // otherwise the app would suspect a redirect loop
    expect(await goThroughLogin(request, app)).toBe("/profile");
    expect(await whoAmI(request, app)).toBe(ALICE.name);
  }
});

test("a login ends a session that an attacker has planted in the browser, and starts a new session", async ({
  newVisitor,
  page,
  storeApp,
}) => {
  const attacker = await newVisitor();
  await logInByRequest(attacker.request, ALICE.email);
  const planted = (await attacker.context().cookies(storeApp.url)).filter(
    ({ name }) => name === `${SITE.id}.${storeApp.port}.session`,
  );
  await page.context().addCookies(planted);
  await logIn(page, ADMIN.email);
  const [own] = (await page.context().cookies(storeApp.url)).filter(
    ({ name }) => name === `${SITE.id}.${storeApp.port}.session`,
  );
  expect(own?.value).not.toBe(planted[0]?.value);
  expect(await whoAmI(page.request, storeApp)).toBe(ADMIN.name);
  expect(await whoAmI(attacker.request, storeApp)).toBeNull();
});

test("each login creates a new session id, and the previous id is rejected from then on", async ({
  request,
  storeApp,
}) => {
  await logInByRequest(request);
  const first = await cookieHeader(request);
  expect(await goThroughLogin(request, storeApp)).toBe("/profile");
  expect(await cookieHeader(request)).not.toBe(first);
  expect((await rawRequest(storeApp, "/auth/me", { headers: { cookie: first } })).status).toBe(401);
  expect(await whoAmI(request, storeApp)).toBe(ALICE.name);
});

test("the test helper sessionCookie creates a session in the store", async ({
  request,
  storeApp,
  sessionCookie,
}) => {
  const { email } = someoneNew();
  const cookie = await sessionCookie({ email }, storeApp);
  const answer = await request.get("/api/data", { headers: { cookie } });
  expect(await answer.json()).toMatchObject({ user: { sub: email, email } });
});
