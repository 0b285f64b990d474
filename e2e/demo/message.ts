import { type APIRequestContext, expect } from "playwright/test";

/** Expects that a page shows the API's message of the same name. Only the public message needs no access token. */
export async function expectMessage(
  request: APIRequestContext,
  name: "public" | "protected" | "admin",
  appUrl = "",
): Promise<void> {
  const page = await request.get(`${appUrl}/${name}`);
  expect(await page.text()).toMatch(new RegExp(`This is an? ${name} message\\.`));
}
