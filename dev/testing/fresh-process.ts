import { afterAll, beforeEach, expect, vi } from "vitest";
import { SITE } from "../../lib/site.ts";
import { ScriptedProvider } from "./scripted-provider.ts";

/** A complete configuration. No server answers at its https URLs. */
export const ENVIRONMENT = {
  APP_BASE_URL: "https://app.example.com",
  SESSION_SECRET: "first-secret-of-the-tests-0123456789",
  OIDC_ISSUER: "https://idp.example.com",
  OIDC_CLIENT_ID: "the-client",
  API_SERVER_URL: "https://api.example.com",
} as const;

/** The key of the global variable with the state that all bundles of a process share. */
export const SHARED_STATE = Symbol.for(`${SITE.id}.shared-state`);

/** Matches the names of settings. Tests remove them, so that settings of this machine have no effect. */
const FOREIGN = /^(APP_BASE_URL|API_SERVER_URL|BROKER_.*|OIDC_.*|SESSION_.*|VERCEL(_.*)?)$/;

/**
 * Makes later imports behave as in a server that has just started: the app's modules are evaluated again, the state
 * that bundles share is empty, and the environment has the given settings. Import the code under test with `import()`.
 * @param changes settings that replace those of {@link ENVIRONMENT}; undefined removes a setting
 */
export function freshProcess(changes: Readonly<Record<string, string | undefined>> = {}): void {
  forgetSharedState();
  vi.resetModules();
  forgetSettings();
  for (const [name, value] of Object.entries({ ...ENVIRONMENT, ...changes })) vi.stubEnv(name, value);
}

/** Removes every setting from the environment until the end of the test. */
export function forgetSettings(): void {
  for (const name of Object.keys(process.env)) if (FOREIGN.test(name)) vi.stubEnv(name, undefined);
}

/** Deletes the state that all bundles of a process share, as a restart does. */
export function forgetSharedState(): void {
  Reflect.deleteProperty(globalThis, SHARED_STATE);
}

/** Shortens every `AbortSignal.timeout`. @returns a spy that receives the requested time in ms */
export function shortenTimeouts(milliseconds = 40) {
  const original = AbortSignal.timeout.bind(AbortSignal);
  return vi.spyOn(AbortSignal, "timeout").mockImplementation(() => original(milliseconds));
}

/** Returns the error with which a promise rejects. The test fails if the promise does not reject. */
export async function thrownBy(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => expect.fail("nothing was thrown"),
    (error: unknown) => error,
  );
}

/** Starts a provider for all tests of a file. Its script is removed before each test. */
export async function startScriptedProvider(): Promise<ScriptedProvider> {
  const provider = await ScriptedProvider.start();
  beforeEach(() => provider.reset());
  afterAll(() => provider.close());
  return provider;
}

type KeyMaker = (...input: Parameters<SubtleCrypto["generateKey"]>) => Promise<CryptoKey | CryptoKeyPair>;

/** The keys that earlier tests in this file have generated, by the arguments of `generateKey`. */
const made = new Map<string, ReturnType<KeyMaker>[]>();

/**
 * Gives each test the keys of earlier tests, in the same order, because generating an RSA key takes longer than the
 * rest of a test. All keys within a test are different. Vitest restores the original function before each test.
 */
export function reuseKeys(): void {
  const { subtle } = globalThis.crypto;
  if (vi.isMockFunction(subtle.generateKey)) return;
  const generateKey = subtle.generateKey.bind(subtle) as KeyMaker;
  const given = new Map<string, number>();
  const next: KeyMaker = (...input) => {
    const kind = JSON.stringify(input);
    const [keys, position] = [made.get(kind) ?? [], given.get(kind) ?? 0];
    made.set(kind, keys);
    given.set(kind, position + 1);
    keys[position] ??= generateKey(...input);
    return keys[position];
  };
  vi.spyOn(subtle, "generateKey").mockImplementation(next as typeof subtle.generateKey);
}
