import { type APIRequestContext, expect } from "playwright/test";

/** Expects the message on its page. If it needs an access token, this shows that the API accepts the app's token. */
export async function expectMessage(
  request: APIRequestContext,
  name: "public" | "protected" | "admin",
  appUrl = "",
): Promise<void> {
  const page = await request.get(`${appUrl}/${name}`);
  expect(await page.text()).toMatch(new RegExp(`This is an? ${name} message\\.`));
}
