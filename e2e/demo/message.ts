import { type APIRequestContext, expect } from "playwright/test";

/** Expects the API's message on its page. The API requires an access token for the protected and admin messages. */
export async function expectMessage(
  request: APIRequestContext,
  name: "public" | "protected" | "admin",
  appUrl = "",
): Promise<void> {
  const page = await request.get(`${appUrl}/${name}`);
  expect(await page.text()).toMatch(new RegExp(`This is an? ${name} message\\.`));
}
