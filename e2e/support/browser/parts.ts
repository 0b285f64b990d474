import type { Locator, Page } from "playwright/test";
import { SITE } from "../../../lib/site.ts";

/** The labels of the navigation's tabs, from left to right. */
export const TABS = {
  anonymous: SITE.navigation.filter(({ audience }) => audience === "everybody").map(({ label }) => label),
  loggedIn: SITE.navigation.filter(({ role }) => !role).map(({ label }) => label),
};

/** Some guarded pages that every logged-in user may see. */
export const OWN_PAGES: readonly string[] = [
  "/profile",
  "/dashboard", // part: demo
  "/protected", // part: demo
  "/note", // part: demo
];

/** Some guarded pages. Not every logged-in user may see all of them. */
export const GUARDED_PAGES: readonly string[] = [
  ...OWN_PAGES,
  "/admin", // part: demo
];

/** Some pages that are open to everybody. */
export const OPEN_PAGES: readonly string[] = [
  "/",
  "/public", // part: demo
];

/** The app's main navigation. */
export function navigation(page: Page): Locator {
  return page.getByRole("banner").getByRole("navigation", { name: "Main" });
}

/** The JSON that the page shows under a label. */
export async function readJson(page: Page, label: string): Promise<unknown> {
  const region = page.getByRole("region", { name: `${label} as JSON` });
  return JSON.parse((await region.getByRole("code").textContent()) ?? "");
}
