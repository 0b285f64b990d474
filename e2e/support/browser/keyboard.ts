import { expect, type Locator, type Page } from "playwright/test";

const MOST_STOPS = 40;

/** Presses Tab until an element has the focus. Expects that people can see the focus. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let stop = 0; stop < MOST_STOPS; stop += 1) {
    await page.keyboard.press("Tab");
    if (await target.evaluate((element) => element === document.activeElement)) {
      const outline = await target.evaluate((element) => getComputedStyle(element).outlineStyle);
      expect(outline, "the focus can be seen").not.toBe("none");
      return;
    }
  }
  throw new Error(`${target} cannot be reached with the Tab key.`);
}
