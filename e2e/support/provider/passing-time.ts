import { type APIRequestContext, expect } from "playwright/test";
import type { Stack } from "../stack.ts";
import { providerAnswer } from "./login-steps.ts";
import { ALICE } from "./people.ts";

/** Waits for a number of seconds. Use it only in tests of what happens when time passes. */
export async function passSeconds(seconds: number): Promise<void> {
  const end = Date.now() + seconds * 1000;
  const options = { timeout: (seconds + 5) * 1000, intervals: [100] };
  await expect.poll(() => Date.now() >= end, options).toBe(true);
}

/** The person that `withExpiredToken` logs in, and the app. */
interface Login {
  readonly email?: string;
  /** The URL of the app. By default, the URL of `stack.app`. */
  readonly appUrl?: string;
}

/**
 * Logs a user in and waits until the access token has expired. Then resets the provider's request counts. Tokens that
 * the provider issues later have the usual lifetime. Opens no page, because on a slow machine a page that opens after
 * the login could already refresh the token.
 */
export async function withExpiredToken(
  stack: Stack,
  request: APIRequestContext,
  { email = ALICE.email, appUrl = "" }: Login = {},
): Promise<void> {
  await issuingShortTokens(stack, async () => {
    const callback = await providerAnswer(request, { url: appUrl }, "", email);
    const answer = await request.get(callback.href, { maxRedirects: 0 });
    expect(answer.headers().location, "the page after the login").toBe("/profile");
    expect(answer.headers()["set-cookie"], "the cookies after the login").toMatch(/session(\.\d)?=[^;]/);
  });
}

/** Runs an action, usually a login, with access tokens that last one second, and waits until they have expired. */
export async function issuingShortTokens(stack: Stack, action: () => Promise<unknown>): Promise<void> {
  const { provider } = stack;
  const { accessTokenTtl } = provider;
  provider.accessTokenTtl = 1;
  await action();
  provider.accessTokenTtl = accessTokenTtl;
  await passSeconds(1);
  provider.resetCounts();
}
