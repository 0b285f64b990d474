import type { Page } from "playwright/test";
import { expectAccessible } from "../support/browser/accessibility.ts";
import { cookieHeader, rawRequest } from "../support/browser/raw-request.ts";
import { fault } from "../support/provider/faults.ts";
import { whoAmI } from "../support/provider/login-steps.ts";
import { ALICE, chooseAtProvider, logInByRequest, signUp, someoneNew } from "../support/provider/people.ts";
import { expect, test } from "../support/test.ts";

const field = (page: Page) => page.getByLabel("Your note");
const keep = (page: Page) => page.getByRole("button", { name: "Save note" }).click();

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with JavaScript" : "without JavaScript", () => {
    test.use({ javaScriptEnabled });

    test("a user saves a note and finds it again", async ({ page }) => {
      await signUp(page, someoneNew(), "/note");
      await expect(field(page)).toHaveValue("");
      await field(page).fill("Tea & milk?\nAnd “bread”.");
      await keep(page);
      await expect(page.getByRole("status")).toHaveText("The note is saved.");
      await page.goto("/note");
      await expect(field(page)).toHaveValue("Tea & milk?\nAnd “bread”.");
      await expect(page.getByRole("status")).toHaveText("");
    });

    test("a user who sends an invalid note reads the error beside the field, which keeps the input", async ({
      page,
    }) => {
      await signUp(page, someoneNew(), "/note");
      await keep(page);
      await expect(page.getByRole("alert").filter({ hasText: /./ })).toHaveText("Write something first.");
      await expect(field(page)).toHaveAccessibleDescription("Write something first.");
      await expect(field(page)).toHaveAttribute("aria-invalid", "true");
      await field(page).fill("x".repeat(201));
      await keep(page);
      await expect(field(page)).toHaveAccessibleDescription("This has 201 characters. Use at most 200.");
      await expect(field(page)).toHaveValue("x".repeat(201));
      if (javaScriptEnabled) await expectAccessible(page);
      await field(page).fill("x".repeat(200));
      await keep(page);
      await expect(page.getByRole("status")).toHaveText("The note is saved.");
      await expect(field(page)).not.toHaveAttribute("aria-invalid");
    });

    test("a user whose session has ended sends 200 Chinese characters, logs in, and finds them in the field", async ({
      page,
      context,
    }) => {
      const newcomer = someoneNew();
      const note = "語".repeat(200);
      await signUp(page, newcomer, "/note");
      await context.clearCookies();
      await field(page).fill(note);
      await keep(page);
      await chooseAtProvider(page, newcomer.email);
      await expect(page).toHaveURL(/\/note\?note=/);
      await expect(field(page)).toHaveValue(note);
      await expect(page.getByRole("status")).toHaveText(
        "You had to log in again, so this note is not saved yet.",
      );
      await keep(page);
      await expect(page.getByRole("status")).toHaveText("The note is saved.");
      await expect(page).toHaveURL("/note?kept=1");
      await expect(field(page)).toHaveValue(note);
    });

    test("if the API cannot save a note, the user reads why, keeps the input and stays logged in", async ({
      page,
      stack,
    }) => {
      await logInByRequest(page.request);
      await page.goto("/note");
      await field(page).fill("Tea");
      stack.api.intercept = (request, response) =>
        request.method === "POST" && fault("/api/note", { status: 500 })(request, response);
      await keep(page);
      await expect(field(page)).toHaveAccessibleDescription(/^The API reported an error\./);
      await expect(field(page)).toHaveValue("Tea");
      expect(await whoAmI(page.request, stack.app)).toBe(ALICE.name);
    });
  });
}

test("in an app without an API, the note page says so instead of showing the form", async ({
  page,
  stack,
}) => {
  const app = await stack.startApp(() => ({ API_SERVER_URL: "" }));
  await logInByRequest(page.request, ALICE.email, app.url);
  await page.goto(`${app.url}/note`);
  await expect(page.getByRole("alert", { name: "No API is set" })).toBeVisible();
});

test("a form on another site cannot save a note, even if the browser sends the session cookie", async ({
  request,
  stack,
  allowedInLog,
}) => {
  allowedInLog.push(/Server Actions? request|Invalid Server Actions/i);
  await logInByRequest(request);
  const cookie = await cookieHeader(request);
  const note = crypto.randomUUID();
  const post = async (origin: string) => {
    const page = await rawRequest(stack.app, "/note", { headers: { cookie } });
    const form = /<form[^>]*class="note-form".*?<\/form>/s.exec(page.text)?.[0] ?? "";
    const hidden = [...form.matchAll(/<input type="hidden" name="([^"]+)"(?: value="([^"]*)")?/g)];
    expect(hidden.length).toBeGreaterThan(0);
    const parts = [
      ...hidden.map(([, name = "", value = ""]) => [name, value.replaceAll("&quot;", '"')]),
      ["note", note],
    ];
    const body = parts.map(
      ([name, value]) => `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
    );
    return rawRequest(stack.app, "/note", {
      method: "POST",
      headers: { cookie, origin, "content-type": "multipart/form-data; boundary=x" },
      body: `${body.join("")}--x--\r\n`,
    });
  };
  const kept = async () =>
    (await rawRequest(stack.app, "/note", { headers: { cookie } })).text.includes(note);
  for (const origin of ["https://evil.example", "http://localhost:1", "null"]) {
    expect((await post(origin)).status, origin).toBeGreaterThanOrEqual(400);
    expect(await kept(), origin).toBe(false);
  }
  expect((await post(stack.app.url)).status).toBe(303);
  expect(await kept()).toBe(true);
});
