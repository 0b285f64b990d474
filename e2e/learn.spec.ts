import { readdirSync } from "node:fs";
import path from "node:path";
import { chapterNames } from "../components/learn/tutorial.ts";
import { SITE } from "../lib/site.ts";
import { expectAccessible } from "./support/browser/accessibility.ts";
import { expect, test } from "./support/test.ts";

const FOLDER = path.resolve(import.meta.dirname, "../docs/tutorial");
const PAGES = readdirSync(FOLDER).map((file) =>
  file === "README.md" ? "/learn" : `/learn/${file.slice(0, -3)}`,
);

test("every page of the tutorial has a title, and its links to this app work", async ({ page, request }) => {
  expect(PAGES).toHaveLength(14);
  const targets = new Set<string>();
  for (const address of PAGES) {
    expect((await page.goto(address))?.status(), address).toBe(200);
    const heading = await page.getByRole("heading", { level: 1 }).innerText();
    await expect(page, address).toHaveTitle(`${heading.split(":")[0]} · ${SITE.name}`);
    const links = await page
      .getByRole("main")
      .getByRole("link")
      .evaluateAll((all) => {
        return all.map((link) => (link as HTMLAnchorElement).href);
      });
    for (const link of links) targets.add(link);
    await expect(page.locator(".prose:empty"), `${address}: code without a text`).toHaveCount(0);
  }
  // The other links lead to servers that a reader starts in chapters 1 and 2. These servers do not run here.
  const own = [...targets].filter((target) => new URL(target).origin === new URL(page.url()).origin);
  expect(own.length).toBeGreaterThanOrEqual(14);
  for (const target of own) expect((await request.get(target)).status(), target).toBe(200);
});

test("axe finds no problem on any page of the tutorial, and each fits the screen at 390 and 1280 pixels", async ({
  page,
}) => {
  test.slow();
  for (const address of PAGES) {
    await page.goto(address);
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 800 });
      const { scrollWidth, clientWidth } = await page.evaluate(() => document.documentElement);
      expect(scrollWidth, `${address} at ${width} pixels`).toBe(clientWidth);
    }
    await expectAccessible(page);
  }
});

test("a reader follows the Next links from the table of contents to the last chapter", async ({ page }) => {
  const names = await chapterNames();
  expect(names).toHaveLength(10);
  await page.goto("/learn");
  for (const name of names) {
    await page.getByRole("link", { name: /^Next: / }).click();
    await expect(page).toHaveURL(`/learn/${name}`);
  }
  await expect(page.getByRole("link", { name: /^Next: / })).toHaveCount(0);
});

test("the tutorial shows code beside the text on a wide screen, and below the text on a phone", async ({
  page,
}) => {
  await page.goto("/learn/02-a-provider");
  const passage = page.locator(".passage", { has: page.getByText("lib/provider.ts", { exact: true }) });
  const places = async () => {
    const [words, code] = await Promise.all([
      passage.locator(".prose").boundingBox(),
      passage.getByRole("figure").boundingBox(),
    ]);
    return { words: words ?? fail(), code: code ?? fail() };
  };
  await page.setViewportSize({ width: 1280, height: 800 });
  const wide = await places();
  expect(wide.code.x).toBeGreaterThanOrEqual(wide.words.x + wide.words.width);
  await page.setViewportSize({ width: 390, height: 800 });
  const narrow = await places();
  expect(narrow.code.y).toBeGreaterThanOrEqual(narrow.words.y + narrow.words.height);
});

for (const name of [
  "11-more",
  "README",
  "..%2f..%2fpackage.json",
  "..%2f..%2fpackage",
  "%2e%2e%2fsecurity",
  "01-an-app.md",
  "__proto__",
]) {
  test(`/learn/${name} answers 404 and shows no file`, async ({ request }) => {
    const answer = await request.get(`/learn/${name}`);
    expect(answer.status()).toBe(404);
    expect(await answer.text()).not.toMatch(/devDependencies|conformance/);
  });
}

function fail(): never {
  throw new Error("the text or the code is not shown");
}
