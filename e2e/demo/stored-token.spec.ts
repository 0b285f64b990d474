import { cookieHeader } from "../support/browser/raw-request.ts";
import { withExpiredToken } from "../support/provider/passing-time.ts";
import { signUp, someoneNew } from "../support/provider/people.ts";
import { expect, test } from "../support/test.ts";

test.use({ baseURL: async ({ storeApp }, use) => use(storeApp.url) });

/** So many permissions that the access token is larger than 64 KB. */
const PERMISSIONS = Array.from({ length: 1_400 }, (_, index) => `group:${index}:${"x".repeat(24)}`);

test("an app with a store keeps, uses and refreshes an access token of 64 KB, and its cookie stays small", async ({
  page,
  request,
  stack,
  storeApp,
}) => {
  const newcomer = someoneNew();
  await signUp(page, newcomer);
  Object.assign(stack.provider.people.find(newcomer.email) ?? {}, { permissions: PERMISSIONS });
  await withExpiredToken(stack, request, { email: newcomer.email });
  expect((await cookieHeader(request)).length).toBeLessThan(500);
  let sent = 0;
  stack.api.intercept = async ({ headers }) => {
    sent = headers.authorization?.length ?? 0;
    return false;
  };
  for (let visit = 0; visit < 2; visit += 1) {
    const protectedPage = await request.get("/protected");
    expect(await protectedPage.text()).toContain("This is a protected message.");
  }
  expect(sent).toBeGreaterThan(64 * 1024);
  expect(await (await request.get("/dashboard")).text()).toContain(PERMISSIONS.at(-1));
  expect(stack.provider.counts.token.refresh_token).toBe(1);
  expect((await storeApp.log.caughtUp()).having({ msg: "cannot read the session cookie" })).toEqual([]);
});
