import { type APIRequestContext, expect } from "playwright/test";

/** Expects that the page of a message shows it, so the API accepts the app's access token where one is needed. */
export async function expectMessage(
  request: APIRequestContext,
  name: "public" | "protected" | "admin",
  appUrl = "",
): Promise<void> {
  const page = await request.get(`${appUrl}/${name}`);
  expect(await page.text()).toMatch(new RegExp(`This is an? ${name} message\\.`));
}
