import { altered } from "../support/provider/faults.ts";
import { issuingShortTokens, withExpiredToken } from "../support/provider/passing-time.ts";
import { ADMIN, logInByRequest } from "../support/provider/people.ts";
import { AUDIENCE } from "../support/stack.ts";
import { expect, test } from "../support/test.ts";
import { expectMessage } from "./message.ts";

test("an app with OIDC_RESOURCE instead of OIDC_AUDIENCE gets an access token for the API [A2]", async ({
  request,
  stack,
}) => {
  const app = await stack.startApp(() => ({
    OIDC_AUDIENCE: "",
    OIDC_RESOURCE: AUDIENCE,
  }));
  await logInByRequest(request, ADMIN.email, app.url);
  await expectMessage(request, "admin", app.url);
});

// part: fapi
test("the API rejects a DPoP-bound access token that is sent as a bearer token", async ({
  request,
  stack,
}) => {
  const app = await stack.startApp(() => ({ OIDC_DPOP: "true" }));
  const seen: (string | undefined)[] = [];
  stack.api.intercept = async ({ headers }) => {
    seen.push(headers.authorization);
    return false;
  };
  await logInByRequest(request, ADMIN.email, app.url);
  await request.get(`${app.url}/admin`);
  const token = seen.find((value) => value?.startsWith("DPoP "))?.slice(5);
  expect(token).toBeTruthy();
  const stolen = await request.get(`${stack.api.url}/api/messages/admin`, {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(stolen.status()).toBe(401);
});
// end part: fapi

test("while the provider is down, a page that needs a refresh says so, and works once the provider is up [C16]", async ({
  page,
  stack,
}) => {
  await issuingShortTokens(stack, () => logInByRequest(page.request, ADMIN.email));
  await stack.provider.stop();
  for (const path of ["/protected", "/admin"]) {
    expect((await page.goto(path))?.status()).toBe(200);
    const alert = page.getByRole("alert", { name: "The identity provider cannot be reached" });
    await expect(alert).toBeVisible();
    await expect(page.getByRole("banner").getByRole("button", { name: "Log out" })).toBeVisible();
  }
  await page.goto("/public");
  await expect(page.getByText("This is a public message.")).toBeVisible();

  await stack.provider.start();
  await expect(async () => {
    await page.goto("/protected");
    await expect(page.getByText("This is a protected message.")).toBeVisible({ timeout: 100 });
  }).toPass({ intervals: [500] });
  expect(stack.provider.counts.token.refresh_token).toBe(1);
});

test("a user whose access token has expired gets the API's message after one refresh [C16, K11]", async ({
  request,
  stack,
}) => {
  await withExpiredToken(stack, request);
  await expectMessage(request, "protected");
  expect(stack.provider.counts.token.refresh_token).toBe(1);
});

test("while the provider is down, an access token that is due for a refresh but still valid is used [C16]", async ({
  request,
  stack,
}) => {
  // The token response says that the access token expires in ten seconds, so the app refreshes it after nine seconds.
  // The token itself is valid for an hour.
  stack.interceptProvider = altered("/token", (body) => ({ ...body, expires_in: 10 }));
  await logInByRequest(request);
  await request.get("/protected"); // after this request, the message API has the provider's keys
  await stack.provider.stop();
  const failedRefreshes = () => stack.app.log.having({ outcome: "unavailable" }).length;
  const before = failedRefreshes();
  const shown = new Set<boolean>();
  await expect
    .poll(
      async () => {
        const page = await (await request.get("/protected")).text();
        shown.add(page.includes("This is a protected message."));
        return failedRefreshes() - before;
      },
      { timeout: 15_000, intervals: [50] },
    )
    .toBe(1);
  expect([...shown]).toEqual([true]);
});
