import type { Locator, Page } from "playwright/test";

/** The tabs of the navigation, in their order. */
export const TABS = {
  anonymous: ["Profile", "Public"],
  loggedIn: ["Profile", "Dashboard", "Public", "Protected", "Admin"],
};

/** The app's main navigation, wherever the page puts it. */
export function navigation(page: Page): Locator {
  return page.getByRole("banner").getByRole("navigation", { name: "Main" });
}

/** The JSON that the page shows under a label. */
export async function readJson(page: Page, label: string): Promise<unknown> {
  const region = page.getByRole("region", { name: `${label} as JSON` });
  return JSON.parse((await region.getByRole("code").textContent()) ?? "");
}
