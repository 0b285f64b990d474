import { expect, test } from "./support/test.ts";

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with JavaScript" : "without JavaScript", () => {
    test.use({ javaScriptEnabled, colorScheme: "light" });

    test("a visitor chooses the dark theme, stays on the page, and sees the dark theme on the next page [A11]", async ({
      page,
    }) => {
      await page.goto("/auth/error?reason=access_denied");
      const scheme = () => page.locator("html").evaluate((html) => getComputedStyle(html).colorScheme);
      expect(await scheme()).toBe("light dark");
      const theme = page.getByRole("form", { name: "Theme" });
      await theme.getByRole("button", { name: "Dark" }).click();
      await expect(page).toHaveURL("/auth/error?reason=access_denied");
      await expect(theme.getByRole("button", { name: "Dark", pressed: true })).toBeVisible();
      await page.goto("/");
      expect(await scheme()).toBe("dark");
      await theme.getByRole("button", { name: "System" }).click();
      await expect(theme.getByRole("button", { name: "System", pressed: true })).toBeVisible();
      expect(await scheme()).toBe("light dark");
    });
  });
}

test("the theme form redirects to no other site, and stores no value but a theme", async ({
  page,
  stack,
}) => {
  const post = (theme: string, referer: string) =>
    page.request.post("/theme", { form: { theme }, headers: { referer }, maxRedirects: 0 });
  const home = `${stack.app.url}/`;
  const answer = await post("<script>", "https://evil.example/page");
  expect([answer.status(), answer.headers().location]).toEqual([303, home]);
  expect(answer.headers()["set-cookie"]).toMatch(/theme=;/);
  const own = await post("dark", `${stack.app.url}/public?a=1`);
  expect(own.headers().location).toBe(`${stack.app.url}/public?a=1`);
  const doubleSlash = await post("dark", `${stack.app.url}//evil.example/page`);
  expect(doubleSlash.headers().location).toBe(`${stack.app.url}//evil.example/page`);
  const tooLong = await post(`dark${"k".repeat(200)}`, home);
  expect(tooLong.headers()["set-cookie"]).toMatch(/theme=;/);
});

test("the home page stores the visitor's time zone in a cookie", async ({ browser, stack }) => {
  const context = await browser.newContext({ baseURL: stack.app.url, timezoneId: "Asia/Tokyo" });
  const page = await context.newPage();
  await page.goto("/");
  const cookies = await context.cookies();
  expect(cookies.find(({ name }) => name === "zone")?.value).toBe("Asia/Tokyo");
  await context.close();
});
