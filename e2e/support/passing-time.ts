import { type APIRequestContext, expect } from "playwright/test";
import { ALICE, logInByRequest } from "./people.ts";
import type { Stack } from "./stack.ts";

/** Waits until so many seconds have passed: for what depends on nothing but the clock. */
export async function passSeconds(seconds: number): Promise<void> {
  const end = Date.now() + seconds * 1000;
  const options = { timeout: (seconds + 5) * 1000, intervals: [100] };
  await expect.poll(() => Date.now() >= end, options).toBe(true);
}

/** Whom `withExpiredToken` logs in, and where. */
interface Login {
  readonly email?: string;
  /** The app to log in to, where it is not the stack's own. */
  readonly appUrl?: string;
}

/**
 * Logs somebody in and waits until the access token has expired. Tokens issued afterwards live as long as usual, and
 * the provider's counts begin at zero.
 */
export async function withExpiredToken(
  stack: Stack,
  request: APIRequestContext,
  { email = ALICE.email, appUrl = "" }: Login = {},
): Promise<void> {
  await issuingShortTokens(stack, () => logInByRequest(request, email, appUrl));
}

/** Does something, usually a log-in, with access tokens of one second, and waits until they have expired. */
export async function issuingShortTokens(stack: Stack, action: () => Promise<unknown>): Promise<void> {
  const { provider } = stack;
  const { accessTokenTtl } = provider;
  provider.accessTokenTtl = 1;
  await action();
  provider.accessTokenTtl = accessTokenTtl;
  await passSeconds(1);
  provider.resetCounts();
}
