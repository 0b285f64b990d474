import type { Answer } from "../../dev/loopback.ts";
import { fault } from "../support/provider/faults.ts";
import { whoAmI } from "../support/provider/login-steps.ts";
import { ADMIN, ALICE, logInByRequest } from "../support/provider/people.ts";
import { expect, test } from "../support/test.ts";

const FAULTS: [what: string, kind: Answer, title: string][] = [
  ["answers 500", { status: 500, text: "<h1>Oops</h1>" }, "The API reported an error"],
  ["answers 404", { status: 404, json: { message: "Not found" } }, "The API reported an error"],
  ["answers HTML", { status: 200, text: "<h1>Welcome</h1>" }, "The API's answer is not a message"],
  [
    "answers JSON without a text",
    { status: 200, json: { message: "x" } },
    "The API's answer is not a message",
  ],
  ["answers null", { status: 200, json: null }, "The API's answer is not a message"],
  ["answers a number as the text", { status: 200, json: { text: 1 } }, "The API's answer is not a message"],
  [
    "answers a text of 1 MB",
    { status: 200, json: { text: "x".repeat(1e6) } },
    "The API's answer is not a message",
  ],
  ["closes the connection", "reset", "The API cannot be reached"],
];

for (const [what, kind, title] of FAULTS) {
  test(`if the API ${what}, every page shows a clear error and the user stays logged in [A9]`, async ({
    page,
    stack,
  }) => {
    await logInByRequest(page.request, ADMIN.email);
    for (const name of ["public", "protected", "admin"]) {
      stack.api.intercept = fault(`/api/messages/${name}`, kind);
      expect((await page.goto(`/${name}`))?.status()).toBe(200);
      await expect(page.getByRole("alert", { name: title })).toContainText("You are still logged in.");
    }
    expect(await whoAmI(page.request, stack.app)).toBe(ADMIN.name);
  });
}

test("if the API answers 401, the page says that the token was not accepted, or that a token is required [A9]", async ({
  page,
  stack,
}) => {
  await logInByRequest(page.request, ADMIN.email);
  for (const name of ["public", "protected", "admin"]) {
    stack.api.intercept = fault(`/api/messages/${name}`, {
      status: 401,
      json: { message: "Bad credentials" },
    });
    expect((await page.goto(`/${name}`))?.status()).toBe(200);
    const title = name === "public" ? "The API requires a token" : "The API did not accept the token";
    await expect(page.getByRole("alert", { name: title })).toBeVisible();
  }
});

test("if the API rejects the access token, the page says so and the user stays logged in [A9]", async ({
  page,
  stack,
}) => {
  stack.provider.breakNextLogin("refused-access-token");
  await logInByRequest(page.request);
  await page.goto("/protected");
  await expect(page.getByRole("alert", { name: "The API did not accept the token" })).toBeVisible();
  expect(await whoAmI(page.request, stack.app)).toBe(ALICE.name);
});

test("an app without API_SERVER_URL starts, and the pages that need the API say that none is set [A9]", async ({
  page,
  stack,
}) => {
  const app = await stack.startApp(() => ({ API_SERVER_URL: "" }));
  await logInByRequest(page.request, ADMIN.email, app.url);
  for (const name of ["public", "protected", "admin"]) {
    expect((await page.goto(`${app.url}/${name}`))?.status()).toBe(200);
    await expect(page.getByRole("alert", { name: "No API is set" })).toContainText("API_SERVER_URL");
    await expect(page.getByRole("main").getByRole("link")).toHaveCount(0);
  }
  expect(await whoAmI(page.request, app)).toBe(ADMIN.name);
});

test("while the API is down, a page says so; Try again shows the message once the API is up [A9]", async ({
  page,
  stack,
}) => {
  await logInByRequest(page.request, ADMIN.email);
  for (const name of ["public", "protected", "admin"]) {
    await stack.api.stop();
    expect((await page.goto(`/${name}`))?.status()).toBe(200);
    await expect(page.getByRole("alert", { name: "The API cannot be reached" })).toBeVisible();
    await stack.api.start();
    await page.getByRole("main").getByRole("link", { name: "Try again" }).click();
    await expect(page.getByText(new RegExp(`This is an? ${name} message`))).toBeVisible();
  }
});

test("if the API answers 403 instead of the protected message, the page says that the API refused [A9]", async ({
  page,
  stack,
}) => {
  await logInByRequest(page.request);
  stack.api.intercept = fault("/api/messages/protected", { status: 403, json: {} });
  expect((await page.goto("/protected"))?.status()).toBe(200);
  await expect(page.getByRole("alert", { name: "The API refused the request" })).toBeVisible();
});

test("the app does not follow a redirect from the API, so the new address gets no token [A9]", async ({
  request,
  stack,
}) => {
  await logInByRequest(request, ADMIN.email);
  for (const name of ["protected", "admin"]) {
    const location = `${stack.api.url}/api/messages/public`;
    stack.api.intercept = fault(`/api/messages/${name}`, { status: 307, headers: { location } });
    const page = await request.get(`/${name}`);
    expect(page.status()).toBe(200);
    expect(await page.text()).toContain("The API reported an error");
  }
  expect(stack.api.counts.public).toBe(0);
});

test("a page waits at most five seconds for an API that hangs or stops halfway; other pages do not wait [A9]", async ({
  request,
  stack,
}) => {
  await logInByRequest(request, ADMIN.email);
  // The test opens each page twice at once. The API leaves one request without a response, and cuts the other response.
  const paths = ["/protected", "/protected", "/admin", "/admin"];
  const faults = paths.map((path, index) => fault(`/api/messages${path}`, index % 2 === 0 ? "hang" : "stop"));
  stack.api.intercept = (...exchange) => {
    const used = faults.findIndex((misbehave) => misbehave(...exchange));
    return used >= 0 && faults.splice(used, 1).length > 0;
  };
  const begun = Date.now();
  const slow = paths.map(async (path) => {
    const page = await request.get(path);
    expect(page.status()).toBe(200);
    expect(await page.text()).toContain("The API took too long");
    return Date.now() - begun;
  });
  expect((await request.get("/profile")).status()).toBe(200);
  expect((await request.get("/public")).status()).toBe(200);
  expect(Date.now() - begun).toBeLessThan(4_000);
  for (const waited of await Promise.all(slow)) {
    expect(waited).toBeGreaterThan(4_500);
    expect(waited).toBeLessThan(9_000);
  }
  expect(faults).toEqual([]);
  expect(await whoAmI(request, stack.app)).toBe(ADMIN.name);
});
