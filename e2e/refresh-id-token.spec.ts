import { forgedIdTokens } from "./support/provider/forged-tokens.ts";
import { whoAmI } from "./support/provider/login-steps.ts";
import { withExpiredToken } from "./support/provider/passing-time.ts";
import { expect, test } from "./support/test.ts";

const BAD_ID_TOKENS = {
  "about somebody else": { claims: { sub: "mallory", nonce: undefined } },
  "of a foreign signature": { claims: { nonce: undefined }, signature: "foreign" },
} as const;

for (const [kind, forgery] of Object.entries(BAD_ID_TOKENS)) {
  test(`a refresh with an ID token ${kind} gives the session nothing, and ends it with its access token [C16, K4]`, async ({
    request,
    stack,
  }) => {
    await withExpiredToken(stack, request);
    stack.interceptProvider = await forgedIdTokens(forgery);
    expect(await whoAmI(request, stack.app)).toBeNull();
  });
}
