import AxeBuilder from "@axe-core/playwright";
import { expect, type Page, test } from "playwright/test";

const COLOR_SCHEMES = ["light", "dark"] as const;

/** Fails the test if axe finds a problem on the page, in the light or the dark scheme. */
export async function expectAccessible(page: Page): Promise<void> {
  for (const colorScheme of COLOR_SCHEMES) {
    await test.step(`axe in the ${colorScheme} scheme at ${new URL(page.url()).pathname}`, async () => {
      // Turn off motion: while a page changes from one scheme to the other, its colours have too little contrast.
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      const { violations } = await analyze(page);
      const found = violations.flatMap(({ id, help, nodes }) =>
        nodes.map(
          ({ target, failureSummary }) => `${id}: ${help}\n  ${target.join(" ")}\n  ${failureSummary}`,
        ),
      );
      expect(found, `${page.url()} in the ${colorScheme} scheme`).toEqual([]);
    });
  }
  await page.emulateMedia({ colorScheme: null });
  await page.evaluate(() => getComputedStyle(document.body).color); // applies the scheme while motion is still off
  await page.emulateMedia({ reducedMotion: null });
}

/** Runs axe. Adds axe to a page only once, because a test checks the same page in two schemes and several widths. */
async function analyze(page: Page): ReturnType<AxeBuilder["analyze"]> {
  if (await page.evaluate(() => "axe" in window)) return page.evaluate(() => Object(window).axe.run());
  // Outside legacy mode, axe opens a second page to check frames of other origins. The app has no frames.
  return new AxeBuilder({ page }).setLegacyMode().analyze();
}
