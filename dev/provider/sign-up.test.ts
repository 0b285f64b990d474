import { decodeJwt } from "jose";
import { describe, expect, it } from "vitest";
import { startTestProvider, TestApp, TestBrowser } from "./test-browser.ts";

const provider = await startTestProvider();
const app = new TestApp(provider);

describe("the signup page", () => {
  it.each([{ screen_hint: "signup" }, { prompt: "create" }])(
    "the signup page is shown for %o, and creates an account",
    async (ask) => {
      const browser = new TestBrowser();
      const page = await browser.open(app.authorizationUrl(ask));
      expect(page.text).toContain("<h1>Sign up</h1>");
      const email = `${Object.keys(ask)[0]}@example.com`;
      const { url } = await browser.open(`${page.url}/signup`, { name: "Zoé  O'Neill", email });
      const claims = decodeJwt((await app.redeem(url)).id_token);
      expect(claims).toMatchObject({
        name: "Zoé O'Neill",
        family_name: "O'Neill",
        email,
        email_verified: false,
      });
    },
  );

  it("the signup page says what is wrong with the input, and escapes the submitted values", async () => {
    const browser = new TestBrowser();
    const { url } = await browser.open(app.authorizationUrl({ screen_hint: "signup" }));
    const invalid = await browser.open(`${url}/signup`, { name: '"><script>', email: "nonsense" });
    expect(invalid.status).toBe(422);
    expect(invalid.text).toContain("Enter an e-mail in the form name@example.com.");
    expect(invalid.text).toContain('value="&#34;&#62;&#60;script&#62;"');
    const duplicate = await browser.open(`${url}/signup`, { name: "Alice", email: "Alice@Example.com" });
    expect(duplicate.text).toContain("An account with this e-mail already exists.");
  });
});
