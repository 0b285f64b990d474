/** Tests of `useUser` and `SessionEnd`. The dashboard uses them to show the session in the browser. */
import { globSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import type { Page } from "playwright/test";
import type { AppServer } from "../support/app/server.ts";
import { expectAccessible } from "../support/browser/accessibility.ts";
import { whoAmI } from "../support/provider/login-steps.ts";
import { ADMIN, ALICE, chooseAtProvider, logInByRequest, logOut } from "../support/provider/people.ts";
import { expect, test } from "../support/test.ts";

const MOST = 3_000; // bytes: the limit for this project's compressed scripts on a page
const SOON = { timeout: 40_000 };

const ending = (page: Page) => page.getByRole("dialog", { name: "Your session is about to end" });
const ended = (page: Page) => page.getByRole("dialog", { name: "You are logged out" });
const thisTab = (page: Page) => page.getByText("This tab is logged in as");

/** Opens the dashboard, and waits until its scripts run: from then on, the page asks about the session at every focus. */
async function openDashboard(page: Page, app: AppServer): Promise<void> {
  await logInByRequest(page.request, ALICE.email, app.url);
  await page.goto(`${app.url}/dashboard`);
  await expect(async () => {
    const answered = page.waitForResponse(/renew=0/, { timeout: 1_000 });
    await page.evaluate(() => dispatchEvent(new Event("focus")));
    await (await answered).finished();
  }).toPass();
}

/** Marks the page. A reload removes the mark, so `isMarked` shows whether the page was loaded again. */
const mark = (page: Page) => page.evaluate(() => Object.assign(window, { marked: true }));
const isMarked = (page: Page) => page.evaluate(() => "marked" in window);

test("a client component shows the user in the server's HTML, without a request from the browser", async ({
  page,
  stack,
}) => {
  await logInByRequest(page.request);
  const html = await (await page.request.get("/dashboard")).text();
  expect(html.replace(/<[^>]+>/g, "")).toContain(`This tab is logged in as ${ALICE.name}`);
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  await page.goto("/dashboard");
  await expect(thisTab(page)).toHaveText(`This tab is logged in as ${ALICE.name}`);
  expect(asked.filter((url) => url.startsWith(`${stack.app.url}/auth/`))).toEqual([]);
});

test("this project's scripts are small on every page, and only the dashboard loads the session scripts", async ({
  page,
}) => {
  await logInByRequest(page.request);
  const own = ownScripts();
  const weighed: Record<string, number> = {};
  for (const path of ["/", "/profile", "/public", "/dashboard"]) {
    const loaded = new Set<string>();
    page.on("response", (response) => loaded.add(new URL(response.url()).pathname));
    await page.goto(path, { waitUntil: "networkidle" });
    page.removeAllListeners("response");
    weighed[path] = [...loaded].reduce((sum, name) => sum + (own.get(name) ?? 0), 0);
  }
  const { "/dashboard": dashboard = 0, ...others } = weighed;
  expect(dashboard).toBeLessThanOrEqual(MOST);
  // Of this project's scripts, the other pages load only the crash page, which Next.js adds to every page.
  const [least = 0, ...same] = Object.values(others);
  expect(same).toEqual(same.map(() => least));
  expect(dashboard - least, "the session scripts are found").toBeGreaterThan(1_000);
});

test.describe("when a session is about to end", () => {
  test.describe.configure({ timeout: 180_000 });
  // Three visitors wait for the same warning at the same time.
  test("a dialog warns the user in time, whatever the browser's clock says; its button Stay logged in extends the session, and Log out ends it [C16, C5]", async ({
    page,
    newVisitor,
    stack,
  }) => {
    const app = await stack.startApp(() => ({ SESSION_IDLE_TIMEOUT: "24" }));
    const others = { 2020: await newVisitor(), 2040: await newVisitor() };
    const warned = Object.entries(others).map(async ([year, other]) => {
      await other.clock.install({ time: new Date(`${year}-01-01`) });
      await openDashboard(other, app);
      const { idleExpiresAt } = await sessionOf(other, app);
      await expect(thisTab(other)).toBeVisible();
      await expect(ending(other)).toBeVisible(SOON);
      const left = idleExpiresAt - Date.now() / 1000;
      expect(left, year).toBeGreaterThan(0);
      expect(left, year).toBeLessThanOrEqual(6);
    });
    const loggedOut = warned[0]?.then(async () => {
      const other = others[2020];
      await ending(other).getByRole("button", { name: "Log out" }).click();
      await other.waitForURL((url) => url.origin === app.url && url.pathname === "/");
      expect(await whoAmI(other.request, app)).toBeNull();
    });
    const closed = warned[1]?.then(() => others[2040].close()); // before its session ends
    await Promise.all([loggedOut, closed, stayLoggedIn(page, app)]);
  });

  test("the dialog cannot extend a session beyond its absolute end, and then the page is covered [C16]", async ({
    page,
    stack,
    watch,
  }) => {
    watch.allow(/status of 401/);
    const app = await stack.startApp(() => ({ SESSION_IDLE_TIMEOUT: "24", SESSION_MAX_AGE: "24" }));
    await openDashboard(page, app);
    const close = ending(page).getByRole("button", { name: "Close" });
    await expect(close).toBeFocused(SOON);
    await expect(ending(page).getByRole("button")).toHaveText(["Close", "Log out"]);
    await close.click();
    await expect(ending(page)).toBeHidden();
    await expect(ended(page)).toBeVisible(SOON);
  });

  test("the page's own requests do not extend the session, and its end covers the page until a login [C16]", async ({
    page,
    stack,
    watch,
  }) => {
    watch.allow(/status of 401/);
    const app = await stack.startApp(() => ({ SESSION_IDLE_TIMEOUT: "20" }));
    await openDashboard(page, app);
    const { idleExpiresAt } = await sessionOf(page, app);
    await page.evaluate(() => setInterval(() => dispatchEvent(new Event("focus")), 300));
    await expect(ended(page)).toBeVisible(SOON);
    expect(Date.now() / 1000 - idleExpiresAt).toBeLessThan(5);
    await expect(thisTab(page)).toHaveText("This tab is logged in as nobody");
    expect(await whoAmI(page.request, app)).toBeNull();
    for (let press = 0; press < 3; press += 1) await page.keyboard.press("Escape");
    await expect(ended(page)).toBeVisible();
    expect(
      await ended(page).evaluate((dialog) => getComputedStyle(dialog, "::backdrop").backgroundColor),
    ).toBe("rgb(250, 250, 247)");
    await ended(page).getByRole("link", { name: "Log in" }).click();
    await page.waitForURL(`${app.url}/dashboard`); // no login page: Alice is still logged in at the provider
    await expect(ended(page)).toBeHidden();
  });

  test("a tab shows no warning if requests from another tab have extended the session", async ({
    page,
    context,
    stack,
  }) => {
    const app = await stack.startApp(() => ({ SESSION_IDLE_TIMEOUT: "20" }));
    await openDashboard(page, app);
    const other = await context.newPage();
    const end = Date.now() + 21_000; // later than the original end of the session
    await expect
      .poll(
        async () => {
          await other.goto(`${app.url}/profile`);
          expect(await ending(page).count()).toBe(0);
          return Date.now() > end;
        },
        { intervals: [3_000], timeout: 60_000 },
      )
      .toBe(true);
    await expect(thisTab(page)).toHaveText(`This tab is logged in as ${ALICE.name}`);
  });

  test("on a phone, axe finds no problem in the dialog, in light or dark mode", async ({
    page,
    stack,
    watch,
  }) => {
    watch.allow(/status of 401/);
    await page.setViewportSize({ width: 390, height: 844 });
    const app = await stack.startApp(() => ({ SESSION_IDLE_TIMEOUT: "600" }));
    await page.clock.install();
    await openDashboard(page, app);
    // Only the browser's clock is ahead. The server's response would say that the session still runs, so it is blocked.
    await page.route("**/auth/me?renew=0", (route) => route.abort());
    watch.allow(/ERR_FAILED/);
    await page.clock.setSystemTime(Date.now() + 460_000);
    await expect(ending(page)).toBeVisible();
    await expectAccessible(page);
    const box = await ending(page).boundingBox();
    expect(box && box.x >= 16 && box.x + box.width <= 390 - 16).toBe(true);
    await page.clock.setSystemTime(Date.now() + 601_000);
    await expect(ended(page)).toBeVisible();
    await expectAccessible(page);
  });
});

test.describe("two tabs of a browser", () => {
  test("a logout in one tab covers the second tab, and a login uncovers the second tab without a reload [C5]", async ({
    page,
    context,
    stack,
    watch,
  }) => {
    watch.allow(/status of 401/);
    await openDashboard(page, stack.app);
    await mark(page);
    const other = await context.newPage();
    await other.goto(`${stack.app.url}/dashboard`);
    await logOut(other);
    await expect(ended(page)).toBeVisible();
    await expect(thisTab(page)).toHaveText("This tab is logged in as nobody");
    await other.goto(`${stack.app.url}/auth/login?returnTo=/dashboard`);
    await chooseAtProvider(other, ALICE.email);
    await expect(thisTab(other)).toHaveText(`This tab is logged in as ${ALICE.name}`);
    await expect(ended(page)).toBeHidden();
    await expect(thisTab(page)).toHaveText(`This tab is logged in as ${ALICE.name}`);
    expect(await isMarked(page)).toBe(true);
  });

  test("when another person logs in in one tab, the second tab shows nothing of the previous person [C6]", async ({
    page,
    context,
    stack,
    watch,
  }) => {
    watch.allow(/status of 401/);
    await openDashboard(page, stack.app);
    const other = await context.newPage();
    await other.goto(`${stack.app.url}/dashboard`);
    await logOut(other);
    await expect(ended(page)).toBeVisible();
    await other.goto(`${stack.app.url}/auth/login?returnTo=/dashboard`);
    await chooseAtProvider(other, ADMIN.email);
    await expect(thisTab(page)).toHaveText(`This tab is logged in as ${ADMIN.name}`);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(`Welcome, ${ADMIN.name}`);
    await expect(page.locator("body")).not.toContainText(ALICE.email);
  });

  test("a tab does not trust messages from other tabs, and asks the server for the session", async ({
    page,
    context,
    stack,
  }) => {
    await openDashboard(page, stack.app);
    await mark(page);
    const other = await context.newPage();
    await other.goto(`${stack.app.url}/public`);
    for (const message of ["out", "in", "renewed", { user: null }]) {
      const asked = message === "in" ? null : page.waitForResponse(/\/auth\/me\?renew=0$/);
      await other.evaluate((data) => new BroadcastChannel("session").postMessage(data), message);
      await asked;
    }
    await expect(thisTab(page)).toHaveText(`This tab is logged in as ${ALICE.name}`);
    await expect(ended(page)).toBeHidden();
    expect(await isMarked(page)).toBe(true);
  });
});

for (const [name, come] of [
  ["to the window", () => dispatchEvent(new Event("focus"))],
  ["to the tab", () => document.dispatchEvent(new Event("visibilitychange", { bubbles: true }))],
  ["with the Back button", () => dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }))],
] as const) {
  test(`a user who comes back ${name} sees at once that they were logged out elsewhere`, async ({
    page,
    stack,
    watch,
  }) => {
    watch.allow(/status of 401/);
    await openDashboard(page, stack.app);
    await page.request.post(`${stack.app.url}/auth/logout`, { maxRedirects: 0 });
    await page.evaluate(come);
    await expect(ended(page)).toBeVisible();
  });
}

test("if the server answers 503, the page still shows the user as logged in", async ({
  page,
  stack,
  watch,
}) => {
  watch.allow(/status of 503/);
  await openDashboard(page, stack.app);
  await page.route("**/auth/me?renew=0", (route) => route.fulfill({ status: 503, body: "no" }));
  const asked = page.waitForResponse(/renew=0/);
  await page.evaluate(() => dispatchEvent(new Event("focus")));
  await asked;
  await expect(thisTab(page)).toHaveText(`This tab is logged in as ${ALICE.name}`);
  await expect(ended(page)).toBeHidden();
});

/** Waits for the warning, extends the session in the dialog, and waits for the next warning. */
async function stayLoggedIn(page: Page, app: AppServer): Promise<void> {
  await openDashboard(page, app);
  const before = await sessionOf(page, app);
  await expect(ending(page)).toBeVisible(SOON);
  const stay = ending(page).getByRole("button", { name: "Stay logged in" });
  await expect(stay).toBeFocused();
  await expect(ending(page).getByRole("timer")).toHaveText(/^0:0[1-6]$/);
  expect(await sessionOf(page, app), "the dialog has not extended the session").toEqual(before);
  await stay.click();
  await expect(ending(page)).toBeHidden();
  expect((await sessionOf(page, app)).idleExpiresAt).toBeGreaterThan(before.idleExpiresAt);
  await expect(thisTab(page)).toHaveText(`This tab is logged in as ${ALICE.name}`);
  await expect(ending(page), "the dialog also warns before the new end").toBeVisible(SOON);
}

/** The times at which the session ends. This request does not extend the session. */
async function sessionOf(page: Page, app: AppServer): Promise<{ expiresAt: number; idleExpiresAt: number }> {
  return (await (await page.request.get(`${app.url}/auth/me?renew=0`)).json()).session;
}

/** For each script of the build that contains modules of this project, returns the compressed size of these modules. */
function ownScripts(): Map<string, number> {
  const own = new Map<string, Set<string>>();
  for (const file of globSync(".next/server/app/**/*_client-reference-manifest.js")) {
    const [, json = ""] = /\] = (\{.*\});?\s*$/s.exec(readFileSync(file, "utf8")) ?? [];
    const modules: Record<string, { id: string | number; chunks: string[] }> = JSON.parse(json).clientModules;
    for (const [name, { id, chunks }] of Object.entries(modules)) {
      if (name.includes("node_modules")) continue;
      for (const chunk of chunks) own.set(chunk, (own.get(chunk) ?? new Set()).add(String(id)));
    }
  }
  return new Map([...own].map(([name, ids]) => [name, weigh(name.replace("/_next", ".next"), ids)]));
}

/** Returns the compressed size of the modules with these ids. A script contains its modules as `,ID,function`. */
function weigh(file: string, ids: ReadonlySet<string>): number {
  const modules = readFileSync(file, "utf8").split(/,(?=\d+,\(?\w+(?:,\w+)*\)?=>\{"use strict")/);
  return gzipSync(modules.filter((text) => ids.has(text.split(",", 1)[0] ?? "")).join("\n")).length;
}
