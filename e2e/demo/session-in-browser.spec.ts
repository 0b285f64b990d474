/** Tests of `useUser` and `SessionEnd`, which show the session in the browser, on the dashboard. */
import { globSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import type { Page } from "playwright/test";
import type { AppServer } from "../support/app/server.ts";
import { expectAccessible } from "../support/browser/accessibility.ts";
import { whoAmI } from "../support/provider/login-steps.ts";
import { ADMIN, ALICE, chooseAtProvider, logInByRequest, logOut } from "../support/provider/people.ts";
import { expect, test } from "../support/test.ts";

const MOST = 3_000; // bytes, compressed
const SOON = { timeout: 40_000 };

const ending = (page: Page) => page.getByRole("dialog", { name: "Your session is about to end" });
const ended = (page: Page) => page.getByRole("dialog", { name: "You are logged out" });
const thisTab = (page: Page) => page.getByText("This tab is logged in as");

async function openDashboard(page: Page, app: AppServer): Promise<void> {
  await logInByRequest(page.request, ALICE.email, app.url);
  await page.goto(`${app.url}/dashboard`);
}

/** Waits until the page's scripts run: then it asks the server about the session when somebody comes back to it. */
async function untilItListens(page: Page): Promise<void> {
  await expect(async () => {
    const answered = page.waitForResponse(/renew=0/, { timeout: 1_000 });
    await page.evaluate(() => dispatchEvent(new Event("focus")));
    await (await answered).finished();
  }).toPass();
}

/** Marks the page, so that a test sees whether it was loaded again: a reload removes the mark. */
const mark = (page: Page) => page.evaluate(() => Object.assign(window, { marked: true }));
const isMarked = (page: Page) => page.evaluate(() => "marked" in window);

test("a client component shows the user in the server's HTML already, and the browser asks for nothing more", async ({
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

test("the scripts of this project are small on every page, and the session's are only where it is used", async ({
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
  // The other pages load the same scripts: those of the crash page, which Next.js loads with every page.
  const [least = 0, ...same] = Object.values(others);
  expect(same).toEqual(same.map(() => least));
  expect(dashboard - least, "the scripts of the session are found").toBeGreaterThan(1_000);
});

test.describe("a session that ends soon", () => {
  test.describe.configure({ timeout: 180_000 });
  // Three visitors wait for the same warning at the same time.
  test("is announced in time, whatever the browser's clock says, in a dialog in which Stay logged in extends it, and Log out ends it [C16, C5]", async ({
    page,
    newVisitor,
    stack,
  }) => {
    const app = await stack.startApp(() => ({ SESSION_IDLE_TIMEOUT: "24" }));
    const others = { 2020: await newVisitor(), 2040: await newVisitor() };
    const announced = Object.entries(others).map(async ([year, other]) => {
      await other.clock.install({ time: new Date(`${year}-01-01`) });
      await openDashboard(other, app);
      const { idleExpiresAt } = await sessionOf(other, app);
      await expect(thisTab(other)).toBeVisible();
      await expect(ending(other)).toBeVisible(SOON);
      const left = idleExpiresAt - Date.now() / 1000;
      expect(left, year).toBeGreaterThan(0);
      expect(left, year).toBeLessThanOrEqual(6);
    });
    const loggedOut = announced[0]?.then(async () => {
      const other = others[2020];
      await ending(other).getByRole("button", { name: "Log out" }).click();
      await other.waitForURL((url) => url.origin === app.url && url.pathname === "/");
      expect(await whoAmI(other.request, app)).toBeNull();
    });
    const closed = announced[1]?.then(() => others[2040].close()); // before its session ends
    await Promise.all([loggedOut, closed, stayLoggedIn(page, app)]);
  });

  test("cannot be extended beyond its absolute end: the dialog can be closed, and then the page is covered [C16]", async ({
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

  test("ends in time, however often the page asks, and then the page is covered until the next login [C16]", async ({
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
    await page.waitForURL(`${app.url}/dashboard`); // the provider still knows Alice
    await expect(ended(page)).toBeHidden();
  });

  test("is not announced in a tab if a visit in another one has extended it", async ({
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
        { intervals: [500], timeout: 60_000 },
      )
      .toBe(true);
    await expect(thisTab(page)).toHaveText(`This tab is logged in as ${ALICE.name}`);
  });

  test("has a dialog without a fault of accessibility, in both schemes, on a phone", async ({
    page,
    stack,
    watch,
  }) => {
    watch.allow(/status of 401/);
    await page.setViewportSize({ width: 390, height: 844 });
    const app = await stack.startApp(() => ({ SESSION_IDLE_TIMEOUT: "600" }));
    await page.clock.install();
    await openDashboard(page, app);
    await untilItListens(page);
    // Only the browser's clock is set forward. The server would answer that there is still time, so it must not answer.
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

test.describe("two tabs", () => {
  test("one logs out, and the other shows it at once; one logs in again, and the other goes on as it was [C5]", async ({
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

  test("when one tab logs in as somebody else, the other shows nothing of the previous person [C6]", async ({
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

  test("a message of another tab proves nothing: this one asks the server", async ({
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
  ["with Back", () => dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }))],
] as const) {
  test(`somebody who was logged out elsewhere and comes back ${name} sees that at once`, async ({
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

test("a server that cannot answer logs nobody out in the browser", async ({ page, stack, watch }) => {
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
  expect(await sessionOf(page, app), "the dialog has not extended it").toEqual(before);
  await stay.click();
  await expect(ending(page)).toBeHidden();
  expect((await sessionOf(page, app)).idleExpiresAt).toBeGreaterThan(before.idleExpiresAt);
  await expect(thisTab(page)).toHaveText(`This tab is logged in as ${ALICE.name}`);
  await expect(ending(page), "it warns before the new end, too").toBeVisible(SOON);
}

/** When the session ends. The request does not extend it. */
async function sessionOf(page: Page, app: AppServer): Promise<{ expiresAt: number; idleExpiresAt: number }> {
  return (await (await page.request.get(`${app.url}/auth/me?renew=0`)).json()).session;
}

/** The compressed size of this project's modules in each script of the build that contains any. */
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

/** The compressed size of some modules in a script, which lists its modules as `,ID,function`. */
function weigh(file: string, ids: ReadonlySet<string>): number {
  const modules = readFileSync(file, "utf8").split(/,(?=\d+,\(?\w+(?:,\w+)*\)?=>\{"use strict")/);
  return gzipSync(modules.filter((text) => ids.has(text.split(",", 1)[0] ?? "")).join("\n")).length;
}
