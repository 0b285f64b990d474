import { whoAmI } from "./support/provider/login-steps.ts";
import { withExpiredToken } from "./support/provider/passing-time.ts";
import { expect, test } from "./support/test.ts";

const BAD_ID_TOKENS = {
  "about another subject": { claims: { sub: "mallory", nonce: undefined } },
  "with a wrong signature": { claims: { nonce: undefined }, signature: "foreign" },
} as const;

for (const [kind, idToken] of Object.entries(BAD_ID_TOKENS)) {
  test(`a refresh that returns an ID token ${kind} is rejected, and the expired session ends [C16, K4]`, async ({
    request,
    stack,
  }) => {
    stack.provider.breakNextLogin({ refresh: { idToken } });
    await withExpiredToken(stack, request);
    expect(await whoAmI(request, stack.app)).toBeNull();
  });
}
