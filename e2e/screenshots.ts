/**
 * Takes pictures of the production build of the app, which runs with the embedded provider and message API.
 *
 *   npm run screenshots              pictures for the README in docs/images, and for link previews in public
 *   npm run screenshots -- --all     most pages on phone and desktop, light and dark, in test-results/screenshots
 */
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { type Browser, chromium, type Page } from "playwright/test";
import { browserLaunchOptions } from "../dev/testing/run/browser.ts";
import { ALICE, logIn } from "./support/provider/people.ts";
import { type Stack, startStack } from "./support/stack.ts";

interface Look {
  readonly colorScheme: "light" | "dark";
  readonly viewport: { readonly width: number; readonly height: number };
  /** Default: 2, because most readers have high-resolution screens. */
  readonly deviceScaleFactor?: number;
}

/** A page to take a picture of. The file name of the picture begins with `name`. */
interface Subject {
  readonly name: string;
  readonly path: string;
}

const ROOT = path.resolve(import.meta.dirname, "..");
const SCHEMES = ["light", "dark"] as const;
const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1280, height: 900 };

const FOR_VISITORS: readonly Subject[] = [
  { name: "home", path: "/" },
  { name: "public", path: "/public" },
  { name: "login-failed", path: "/auth/error?reason=access_denied" },
  { name: "not-found", path: "/nowhere" },
];

const FOR_PEOPLE: readonly Subject[] = [
  { name: "home-logged-in", path: "/" },
  { name: "profile", path: "/profile" },
  { name: "dashboard", path: "/dashboard" },
  { name: "inspector", path: "/inspector" }, // part: inspector
  { name: "inspector-try", path: "/inspector/try" }, // part: inspector
  { name: "note", path: "/note" },
  { name: "change-email", path: "/change-email" },
  { name: "protected", path: "/protected" },
  { name: "admin-refused", path: "/admin" },
];

const stack = await startStack();
const options = await browserLaunchOptions();
// Without font hinting, the distances between letters are the same as on a high-resolution screen.
const browser = await chromium.launch({
  ...options,
  args: [...(options.args ?? []), "--font-render-hinting=none"],
});
try {
  await (process.argv.includes("--all") ? takeAll(browser, stack) : takeForReadme(browser, stack));
} finally {
  await browser.close();
  await stack.stop();
}

async function takeForReadme(from: Browser, { app }: Stack): Promise<void> {
  const social = {
    colorScheme: "light",
    viewport: { width: 1200, height: 630 },
    deviceScaleFactor: 1,
  } as const;
  const home = await open(from, app.url, social);
  await home.goto("/");
  await take(home, "public/social.png");
  await home.context().close();
  for (const colorScheme of SCHEMES) {
    const page = await open(from, app.url, { colorScheme, viewport: DESKTOP });
    await logIn(page, ALICE.email, "/");
    await take(page, `docs/images/home-${colorScheme}.png`);
    // part: inspector
    await page.goto("/inspector");
    await take(page, `docs/images/inspector-${colorScheme}.png`);
    await page.goto("/inspector/try");
    await page.getByRole("button", { name: "The ID token is for another login", exact: true }).click();
    await page.getByRole("link", { name: "See what happened" }).click();
    await take(page, `docs/images/broken-login-${colorScheme}.png`);
    // end part: inspector
    await page.context().close();
  }
}

async function takeAll(from: Browser, { app }: Stack): Promise<void> {
  for (const colorScheme of SCHEMES) {
    for (const viewport of [PHONE, DESKTOP]) {
      const page = await open(from, app.url, { colorScheme, viewport });
      const takeEach = async (subjects: readonly Subject[]): Promise<void> => {
        for (const subject of subjects) {
          await page.goto(subject.path);
          await take(
            page,
            `test-results/screenshots/${subject.name}-${viewport.width}-${colorScheme}.png`,
            "whole page",
          );
        }
      };
      await takeEach(FOR_VISITORS);
      await logIn(page);
      await takeEach(FOR_PEOPLE);
      await page.context().close();
    }
  }
}

async function open(from: Browser, baseURL: string, look: Look): Promise<Page> {
  const context = await from.newContext({
    baseURL,
    locale: "en-GB",
    timezoneId: "UTC",
    deviceScaleFactor: 2,
    reducedMotion: "reduce",
    ...look,
  });
  return context.newPage();
}

async function take(page: Page, file: string, extent: "whole page" | "screen" = "screen"): Promise<void> {
  const target = path.join(ROOT, file);
  await mkdir(path.dirname(target), { recursive: true });
  await page.screenshot({ path: target, fullPage: extent === "whole page", animations: "disabled" });
  console.log(file);
}
