import { type Browser, type BrowserContext, chromium } from "playwright";
import { browserLaunchOptions } from "../dev/testing/run/browser.ts";
import type { Stage } from "./stage.ts";
import { median } from "./statistics.ts";

/** What a browser with an empty cache measures while it loads a page: the medians of several loads. */
export interface PageLoad {
  readonly name: string;
  /** Largest contentful paint: the time until the largest element was painted, in milliseconds. */
  readonly largestPaint: number;
  /** Cumulative layout shift: how much elements moved during the load. 0 means not at all. */
  readonly layoutShift: number;
  /** Bytes that the browser received, compressed and with headers. `document`: the HTML. `others`: everything else. */
  readonly document: number;
  readonly others: number;
  readonly requests: number;
}

const PAGES = [
  { name: "home", path: "/", loggedIn: false },
  { name: "home, logged in", path: "/", loggedIn: true },
  { name: "profile", path: "/profile", loggedIn: true },
  { name: "dashboard", path: "/dashboard", loggedIn: true }, // part: demo
  { name: "inspector", path: "/inspector", loggedIn: true }, // part: inspector
] as const;

/** Loads pages of the app and the page of a new project in turn, in a browser with the screen size of a phone. */
export async function measurePageLoads(stage: Stage, times: number): Promise<PageLoad[]> {
  const plain = await stage.reference("plain");
  const { app } = stage.cookies;
  const browser = await chromium.launch(await browserLaunchOptions());
  try {
    const loads = PAGES.map(({ name, path, loggedIn }) => ({ name, url: app.url + path, loggedIn }));
    const all = [{ name: "plain", url: `${plain.url}/profile`, loggedIn: false }, ...loads];
    const login = await logIn(browser, app.url);
    const measured = all.map(({ name }) => ({ name, each: [] as Omit<PageLoad, "name">[] }));
    for (let time = 0; time <= times; time += 1) {
      for (const [index, { url, loggedIn }] of all.entries()) {
        const load = await loadOnce(browser, url, loggedIn ? login : undefined);
        if (time > 0) measured[index]?.each.push(load); // the first load only warms up the servers
      }
    }
    return measured.map(({ name, each }) => ({
      name,
      largestPaint: median(each.map(({ largestPaint }) => largestPaint)),
      layoutShift: median(each.map(({ layoutShift }) => layoutShift)),
      document: median(each.map(({ document }) => document)),
      others: median(each.map(({ others }) => others)),
      requests: median(each.map(({ requests }) => requests)),
    }));
  } finally {
    await browser.close();
  }
}

type Cookies = Awaited<ReturnType<BrowserContext["storageState"]>>;

async function logIn(browser: Browser, appUrl: string): Promise<Cookies> {
  const context = await browser.newContext({ baseURL: appUrl });
  const page = await context.newPage();
  await page.goto("/auth/login");
  await page
    .getByRole("button", { name: /^Continue as/ })
    .first()
    .click();
  await page.waitForURL("/profile");
  const cookies = await context.storageState();
  await context.close();
  return cookies;
}

async function loadOnce(
  browser: Browser,
  url: string,
  cookies: Cookies | undefined,
): Promise<Omit<PageLoad, "name">> {
  const viewport = { width: 390, height: 844 };
  const context = await browser.newContext({ viewport, ...(cookies && { storageState: cookies }) });
  try {
    const page = await context.newPage();
    await page.goto(url, { waitUntil: "networkidle" });
    return await page.evaluate(figures);
  } finally {
    await context.close();
  }
}

/** Reads the figures. This function runs in the page. */
async function figures(): Promise<Omit<PageLoad, "name">> {
  const entries = (type: string) =>
    new Promise<PerformanceEntryList>((resolve) => {
      const observer = new PerformanceObserver((list) => resolve(list.getEntries()));
      observer.observe({ type, buffered: true });
      setTimeout(() => resolve(observer.takeRecords()), 200); // the page may have no entry of this type
    });
  const paints = await entries("largest-contentful-paint");
  const shifts = (await entries("layout-shift")) as (PerformanceEntry & { readonly value: number })[];
  const [page] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  const resources = performance.getEntriesByType("resource") as PerformanceResourceTiming[];
  return {
    largestPaint: paints.at(-1)?.startTime ?? Number.NaN,
    layoutShift: shifts.reduce((sum, { value }) => sum + value, 0),
    document: page?.transferSize ?? Number.NaN,
    others: resources.reduce((sum, { transferSize }) => sum + transferSize, 0),
    requests: resources.length + 1,
  };
}
