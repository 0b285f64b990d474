import { whoAmI } from "./support/provider/login-steps.ts";
import { withExpiredToken } from "./support/provider/passing-time.ts";
import { expect, test } from "./support/test.ts";

const BAD_ID_TOKENS = {
  "about somebody else": { claims: { sub: "mallory", nonce: undefined } },
  "of a foreign signature": { claims: { nonce: undefined }, signature: "foreign" },
} as const;

for (const [kind, idToken] of Object.entries(BAD_ID_TOKENS)) {
  test(`a refresh with an ID token ${kind} gives the session nothing, and ends it with its access token [C16, K4]`, async ({
    request,
    stack,
  }) => {
    stack.provider.breakNextLogin({ refresh: { idToken } });
    await withExpiredToken(stack, request);
    expect(await whoAmI(request, stack.app)).toBeNull();
  });
}
