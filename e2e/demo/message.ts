import { type APIRequestContext, expect } from "playwright/test";

/** Expects that a page shows its message of the API. Only the public message is available without an access token. */
export async function expectMessage(
  request: APIRequestContext,
  name: "public" | "protected" | "admin",
  appUrl = "",
): Promise<void> {
  const page = await request.get(`${appUrl}/${name}`);
  expect(await page.text()).toMatch(new RegExp(`This is an? ${name} message\\.`));
}
