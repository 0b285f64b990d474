import { type APIRequestContext, type APIResponse, type Page, request as requests } from "playwright/test";
import { FAULTS, type FaultId } from "../dev/provider/faults.ts";
import { LESSONS, lessonOf } from "../lib/auth/inspector/lessons.ts";
import { expectAccessible } from "./support/browser/accessibility.ts";
import { whoAmI } from "./support/provider/login-steps.ts";
import { passSeconds } from "./support/provider/passing-time.ts";
import { ALICE, chooseAtProvider, logIn, logInByRequest } from "./support/provider/people.ts";
import { expect, test } from "./support/test.ts";

const TRACE = /\.trace$/;
const MAX_PAGE = 40_000; // bytes

const step = (page: Page, number: number) =>
  page.locator("details").filter({ has: page.locator(`#step-${number}`) });
const caught = (page: Page) => page.locator(".caught");

async function breakIt(page: Page, title: string): Promise<void> {
  await page.goto("/inspector/try");
  const more = page.locator("details.section");
  if (!(await page.getByRole("button", { name: title, exact: true }).isVisible()))
    await more.locator("summary").click();
  await page.getByRole("button", { name: title, exact: true }).click();
}

test("a visitor logs in from the inspector, and then sees each step of this login with its duration", async ({
  page,
  stack,
}) => {
  await page.goto("/inspector");
  await page.getByRole("link", { name: "Log in and look" }).click();
  const asked = new URL(page.url());
  expect(asked.origin).toBe(stack.provider.issuer);
  await chooseAtProvider(page, ALICE.email);
  await page.waitForURL("/inspector");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Your last login");
  await expect(page.getByRole("main")).toContainText(`As ${ALICE.name}`);
  const steps = page
    .getByRole("figure")
    .getByRole("listitem")
    .filter({ hasText: /\d\s?m?s/ });
  await expect(steps).toHaveCount(7);
  await page.getByRole("link", { name: /Code exchanged/ }).click();
  await expect(page).toHaveURL("/inspector#step-5");
  await expect(step(page, 5).getByText("code_verifier")).toBeVisible(); // the link expands the row
  const checks = step(page, 6).getByRole("row").filter({ hasText: "Passed" });
  await expect(checks).toHaveCount(10);
  await expect(step(page, 6)).toContainText(stack.provider.issuer);
  await expect(step(page, 6).getByRole("row", { name: /Key, kid/ })).toContainText(/[\w-]{5}/);
  await step(page, 8).getByText("8. Session sealed").click();
  await expect(step(page, 8)).toContainText(/in \d cookies?, encrypted, in total \d+ bytes/);
  await expectAccessible(page);
});

test("the inspector shows no token, code, nonce or state, and its cookie is small and sent to no other page", async ({
  page,
  context,
  stack,
}) => {
  const urls: string[] = [];
  page.on("request", (request) => urls.push(request.url()));
  await logIn(page, ALICE.email, "/inspector");
  const html = await page.content();
  const answers = urls
    .filter((url) => url.includes("/auth/callback"))
    .map((url) => new URL(url).searchParams);
  const secrets = answers.flatMap((answer) => [answer.get("code"), answer.get("state")]);
  expect(secrets.length).toBe(2);
  for (const secret of secrets) expect(html).not.toContain(secret);
  const nonce = urls.map((url) => new URL(url).searchParams.get("nonce")).find(Boolean);
  expect(nonce).toMatch(/^[\w-]{43}$/);
  expect(html).not.toContain(nonce);
  stack.secrets.expectNoneIn(html, "the inspector");
  const trace = (await context.cookies(`${stack.app.url}/inspector`)).find(({ name }) => TRACE.test(name));
  expect(trace).toMatchObject({ path: "/inspector", httpOnly: true, sameSite: "Lax" });
  expect(`${trace?.name}=${trace?.value}`.length).toBeLessThanOrEqual(3_001);
  const elsewhere = await context.cookies(`${stack.app.url}/profile`);
  expect(elsewhere.filter(({ name }) => TRACE.test(name))).toEqual([]);
});

test("on a phone without JavaScript, the pages of the inspector are small and fit the screen", async ({
  browser,
  stack,
}) => {
  const context = await browser.newContext({
    baseURL: stack.app.url,
    javaScriptEnabled: false,
    viewport: { width: 390, height: 844 },
  });
  const page = await context.newPage();
  await logIn(page, ALICE.email, "/inspector");
  const { length } = await (await context.request.get("/inspector")).body();
  expect(length).toBeLessThanOrEqual(MAX_PAGE);
  expect((await (await context.request.get("/inspector/try")).body()).length).toBeLessThanOrEqual(MAX_PAGE);
  for (const path of ["/inspector", "/inspector/try"]) {
    await page.goto(path);
    const width = await page.locator("html").evaluate(({ scrollWidth }) => scrollWidth);
    expect(width, path).toBeLessThanOrEqual(390);
  }
  await context.close();
});

// part: store
test("an app with a session store keeps the trace of a login there, and a logout deletes the trace", async ({
  page,
  context,
  storeApp,
}) => {
  const { url } = storeApp;
  await page.goto(`${url}/auth/login?returnTo=/inspector`);
  await chooseAtProvider(page, ALICE.email);
  await page.waitForURL(`${url}/inspector`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Your last login");
  await step(page, 8).getByText("8. Session sealed").click();
  await expect(step(page, 8)).toContainText("in the session store");
  expect((await context.cookies(`${url}/inspector`)).filter(({ name }) => TRACE.test(name))).toEqual([]);
  await page.getByRole("button", { name: "Log out" }).first().click();
  await page.goto(`${url}/inspector`);
  await expect(page.getByRole("link", { name: "Log in and look" })).toBeVisible();
});
// end part: store

test("the inspector lists the refreshes since the login", async ({ page, stack }) => {
  const app = await stack.startApp();
  stack.provider.breakNextLogin({ members: { expires_in: 2 } });
  await page.goto(`${app.url}/auth/login?returnTo=/inspector`);
  await chooseAtProvider(page, ALICE.email);
  await page.waitForURL(`${app.url}/inspector`);
  const refreshes = page.locator("details").filter({ hasText: "Latest refreshes" });
  await passSeconds(2);
  await page.reload();
  await refreshes.click();
  await expect(refreshes.getByRole("listitem")).toHaveCount(1);
  await expect(refreshes.getByRole("listitem")).toContainText(/New tokens now, in \d+ ms/);
});

test("a visitor who sends the trace cookie of another session does not see the login of that session", async ({
  page,
  context,
  stack,
}) => {
  await logIn(page, ALICE.email, "/inspector");
  const cookies = await context.cookies(`${stack.app.url}/inspector`);
  const trace = cookies.filter(({ name }) => TRACE.test(name));
  const other = await requests.newContext({ baseURL: stack.app.url });
  await logInByRequest(other);
  const header = trace.map(({ name, value }) => `${name}=${value}`).join();
  const { cookies: own } = await other.storageState();
  const session = own
    .filter(({ name }) => /\.session/.test(name))
    .map(({ name, value }) => `${name}=${value}`);
  const answer = await other.get("/inspector", { headers: { cookie: [...session, header].join("; ") } });
  expect(await answer.text()).toContain("The inspector has no record of the login that began this session");
  await other.dispose();
});

for (const { name, link, sees } of [
  { name: "prompt=login", link: "prompt=login", sees: "prompt=login" },
  { name: "max_age", link: "max_age=60", sees: "max_age=60" },
  { name: "form_post", link: "form_post", sees: "response_mode=form_post" },
  { name: "PAR", link: "PAR", sees: "pushed request (RFC 9126)" }, // part: fapi
  { name: "DPoP", link: "DPoP", sees: "tokens bound by DPoP (RFC 9449)" }, // part: fapi
  { name: "a step-up", link: "Step up", sees: "acr_values=urn:demo:second-factor" },
]) {
  test(`a visitor starts a login with ${name} in one click, and the inspector says what was different`, async ({
    page,
  }) => {
    await page.goto("/inspector/try");
    await page.getByRole("link", { name: link, exact: true }).click();
    await chooseAtProvider(page, ALICE.email);
    await page.waitForURL("/inspector");
    await expect(page.getByRole("heading", { name: "What was different" })).toBeVisible();
    await expect(page.getByRole("main").getByRole("list").filter({ hasText: sees })).toBeVisible();
    if (name === "DPoP") {
      await page.goto("/protected");
      await expect(page.getByRole("main")).toContainText("This is a protected message.");
    }
  });
}

test("a visitor starts a signup, or a prompt=none login that the provider refuses, in one click", async ({
  page,
}) => {
  await page.goto("/inspector/try");
  await page.getByRole("link", { name: "Sign up", exact: true }).last().click();
  await expect(page.getByRole("heading", { name: "Sign up" })).toBeVisible();
  await logIn(page);
  await page.goto("/inspector/try");
  await page.getByRole("button", { name: "prompt=none" }).click();
  await expect(page).toHaveURL("/auth/error?reason=provider_error");
  await page.getByRole("link", { name: "See what happened" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Your last login failed");
  await expect(page.getByRole("main")).toContainText("prompt=none");
  await expect(caught(page)).toContainText(LESSONS.session.check);
  await step(page, 4).getByText("4. Back with an error").click();
  await expect(step(page, 4)).toContainText("login_required");
});

/** The faults of userinfo, with which a login succeeds. */
const HARMLESS: readonly FaultId[] = [
  "userinfo-401",
  "userinfo-403",
  "userinfo-404",
  "userinfo-without-subject",
];
/** The faults that have their own test. */
const OTHERS: readonly FaultId[] = [
  ...(["refresh-refused", "refused-access-token", "slow-provider"] as const),
  ...(["no-provider-session", "old-authentication"] as const),
];
const FAILING = Object.entries(FAULTS).filter(
  ([id]) => ![...HARMLESS, ...OTHERS].some((other) => other === id),
);

test("the inspector has one button for every fault of the embedded provider", async ({ page }) => {
  await page.goto("/inspector/try");
  const buttons = page.getByRole("button", { includeHidden: true }).and(page.locator("[name=fault]"));
  const ids = await buttons.evaluateAll((all) => all.map((button) => (button as HTMLButtonElement).value));
  expect(ids.sort()).toEqual(Object.keys(FAULTS).sort());
});

test("a visitor who tries a fault of userinfo that the app tolerates is logged in", async ({ page }) => {
  await logInByRequest(page.request);
  for (const id of HARMLESS) {
    await breakIt(page, FAULTS[id].title);
    await expect(page).toHaveURL("/inspector");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Your last login");
  }
});

// These tests send what a browser would send, because a browser takes ten times as long. The tests below them press the
// buttons in a browser.
for (const [id, { title }] of FAILING) {
  const lesson = lessonOf(id);
  if (!lesson) throw new Error(`${id} has no lesson`);
  test(`after a login with the fault “${title}”, the inspector shows which check rejected the login`, async ({
    request,
    stack,
  }) => {
    await logInByRequest(request);
    const failed = await breakByRequest(request, title);
    expect(failed.url()).toContain(`${stack.app.url}/auth/error?reason=`);
    const [, link = ""] = /href="([^"]*)"[^>]*>See what happened</.exec(await failed.text()) ?? [];
    const [caughtBy = ""] =
      /<dl class="caught">.*?<\/dl>/s.exec(await (await request.get(link)).text()) ?? [];
    const shown = decode(caughtBy.replace(/<[^>]+>/g, ""));
    expect(shown).toContain(lesson.check);
    expect(shown).toContain(lesson.source.join(", "));
    expect(shown).toContain(lesson.without);
    expect(await whoAmI(request, stack.app)).toBe(ALICE.name);
  });
}

/** Submits the form of the page that has a button for this fault. @returns the response at the end of the login */
async function breakByRequest(request: APIRequestContext, title: string): Promise<APIResponse> {
  const html = decode(await (await request.get("/inspector/try")).text());
  const forms = html.match(/<form .*?<\/form>/gs) ?? [];
  const [form = "", ...others] = forms.filter((text) => text.includes(`>${title}</button>`));
  expect(others).toEqual([]);
  const [button = ""] =
    form.match(/<button [^>]*>[^<]*/g)?.filter((text) => text.endsWith(`>${title}`)) ?? [];
  const [action = "", field = ""] = form.match(/<(form|input) [^>]*>/g) ?? [];
  expect([attributeOf(button, "name"), attributeOf(field, "name")]).toEqual(["fault", "return_to"]);
  const sent = { return_to: attributeOf(field, "value"), fault: attributeOf(button, "value") };
  return request.post(attributeOf(action, "action"), { form: sent });
}

/** The value of an attribute in a tag. */
function attributeOf(tag: string, attribute: string): string {
  return new RegExp(` ${attribute}="([^"]*)"`).exec(tag)?.[1] ?? "";
}

/** Decodes HTML that React has written. */
function decode(html: string): string {
  const names: Readonly<Record<string, string>> = { quot: '"', "#x27": "'", lt: "<", gt: ">", amp: "&" };
  return html.replaceAll("<!-- -->", "").replace(/&(quot|#x27|lt|gt|amp);/g, (_, name) => names[name] ?? "");
}

test("a user tries two faults: the API refuses the access token, and the provider refuses the refresh", async ({
  page,
  stack,
}) => {
  await logInByRequest(page.request);
  await breakIt(page, FAULTS["refused-access-token"].title);
  await expect(page).toHaveURL("/protected");
  await expect(page.getByRole("main")).toContainText("The API");
  await breakIt(page, FAULTS["refresh-refused"].title);
  await expect(page).toHaveURL("/dashboard");
  await passSeconds(3);
  expect(await whoAmI(page.request, stack.app)).toBeNull();
});

test("after a login whose max_age the provider ignored, the inspector shows the check of auth_time", async ({
  page,
}) => {
  await logInByRequest(page.request);
  await breakIt(page, FAULTS["old-authentication"].title);
  await expect(page).toHaveURL(/\/auth\/error\?reason=/);
  await page.getByRole("link", { name: "See what happened" }).click();
  await expect(caught(page)).toContainText(LESSONS.auth_time.check);
});

test("after a login whose provider did not answer in time, the inspector shows where it failed", async ({
  page,
  stack,
}) => {
  const app = await stack.startApp(() => ({ OIDC_TIMEOUT: "2" })); // seconds; the default is 10
  await logInByRequest(page.request, ALICE.email, app.url);
  await page.goto(`${app.url}/inspector/try`);
  await page.getByRole("button", { name: FAULTS["slow-provider"].title, exact: true }).click();
  await expect(page).toHaveURL(`${app.url}/auth/error?reason=provider_unavailable`);
  await page.getByRole("link", { name: "See what happened" }).click();
  await expect(caught(page)).toContainText(LESSONS.provider.check);
  await step(page, 5).getByText("5. Code exchanged").click();
  await expect(step(page, 5)).toContainText("There was no answer.");
});
