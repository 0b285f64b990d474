import { expect, vi } from "vitest";
import { SITE } from "../../lib/site.ts";

/** A complete configuration, on https. The provider's address answers to nobody. */
export const ENVIRONMENT = {
  APP_BASE_URL: "https://app.example.com",
  SESSION_SECRET: "first-secret-of-the-tests-0123456789",
  OIDC_ISSUER: "https://idp.example.com",
  OIDC_CLIENT_ID: "the-client",
  API_SERVER_URL: "https://api.example.com",
} as const;

/** Whatever the machine that runs the tests may have set for itself. */
const FOREIGN = /^(APP_BASE_URL|API_SERVER_URL|BROKER_.*|OIDC_.*|SESSION_.*|VERCEL(_.*)?)$/;

/**
 * Makes what is imported from here on behave as in a server that has just started: no module evaluated, nothing kept in
 * the state that bundles share, and the environment that is given. Import the code under test dynamically afterwards.
 *
 * @param changes settings on top of {@link ENVIRONMENT}; undefined takes one away
 */
export function freshProcess(changes: Readonly<Record<string, string | undefined>> = {}): void {
  forgetSharedState();
  vi.resetModules();
  forgetSettings();
  for (const [name, value] of Object.entries({ ...ENVIRONMENT, ...changes })) vi.stubEnv(name, value);
}

/** Takes every setting out of the environment, until the end of the test. */
export function forgetSettings(): void {
  for (const name of Object.keys(process.env)) if (FOREIGN.test(name)) vi.stubEnv(name, undefined);
}

/** Empties what the bundles of one process share, as a restart does. */
export function forgetSharedState(): void {
  Reflect.deleteProperty(globalThis, Symbol.for(`${SITE.id}.shared-state`));
}

/** Has every time-out end after a few milliseconds. @returns a spy that knows the time that was asked for, in ms */
export function shortenTimeouts(milliseconds = 40) {
  const original = AbortSignal.timeout.bind(AbortSignal);
  return vi.spyOn(AbortSignal, "timeout").mockImplementation(() => original(milliseconds));
}

/** What a call throws. */
export async function thrownBy(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => expect.fail("nothing was thrown"),
    (error: unknown) => error,
  );
}
