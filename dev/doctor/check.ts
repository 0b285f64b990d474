import type { ProviderMetadata } from "../../lib/auth/provider/index.ts";
import type { Settings } from "../../lib/settings.ts";
import type { Wire } from "./checks/wire.ts";
import type { ProviderPreset } from "./presets/presets.ts";
import type { Tell } from "./report/foreign-text.ts";
import type { Situation } from "./report/situation.ts";

/** The checks of the provider, in the order of the report: for each name in the JSON, the title for people. */
export const PROVIDER_CHECKS = {
  discovery: "Discovery",
  metadata: "Provider metadata",
  keys: "Signing keys",
  pkce: "PKCE",
  "authentication-request": "Client id and callback URL",
  scope: "Scopes",
  "client-authentication": "Client authentication",
  audience: "Audience",
  "refresh-token": "Refresh tokens",
  "log-out": "Logout",
};

/** All checks, in the order of the report: for each name in the JSON, the title for people. */
export const CHECKS = {
  settings: "Settings",
  "session-secret": "Session secret",
  "session-store": "Session store", // part: store
  ...PROVIDER_CHECKS,
  "token-broker": "Token broker", // part: broker
  "message-api": "Message API",
  clock: "Clock",
};

export type CheckName = keyof typeof CHECKS;

export type Status = "ok" | "warning" | "error" | "skipped";

/** A finding of a check: what the check has seen (or why it has no result), and the steps to fix a problem. */
export interface Result {
  readonly status: Status;
  readonly seen: string;
  readonly fix: readonly string[];
}

/** The findings of the checks so far. A check can have several findings. */
export type Results = Partial<Record<CheckName, readonly Result[]>>;

/** Creates the function for findings of this status. It drops steps that are false, null or undefined. */
const make =
  (status: Status) =>
  (seen: string, ...fix: readonly (string | false | null | undefined)[]): Result => ({
    status,
    seen,
    fix: fix.filter((step) => typeof step === "string"),
  });

/** The check found no problem. The text may contain a note for the reader. */
export const ok: (seen: string) => Result = make("ok");

/** The app may not work as expected, or could be better configured. */
export const warning = make("warning");

/** The login or another feature of the app will fail, or is not safe. */
export const error = make("error");

/** The check has no result, for this reason. */
export const skipped: (reason: string) => Result = make("skipped");

/** An error at an endpoint of the provider. @param field the endpoint's name in the provider metadata */
export function endpointError(field: string, seen: string): Result {
  const setting = `OIDC_${field.toUpperCase()}`;
  const how = `Check ${setting}, or the discovery document's ${field}`;
  return error(seen, `${how}, and any proxy or firewall on the way to the provider.`);
}

/** The data and the functions for the checks. Only the check "Settings" does without them. */
export interface Context {
  readonly situation: Situation;
  readonly settings: Settings;
  readonly wire: Wire;
  /** Makes a text safe to print. Checks use it for the texts of servers and for error messages. */
  readonly tell: Tell;
}

/** The data and the functions for the checks of the provider, once its metadata is known. */
export interface ProviderContext extends Context {
  readonly metadata: ProviderMetadata;
  /** The provider's entry in providers.json; null if there is none. */
  readonly preset: ProviderPreset | null;
}

type Found = Result | readonly Result[];

/** Runs checks at the same time. If a check throws, the error becomes its finding, and the other checks continue. */
export async function runChecks(
  checks: Partial<Record<CheckName, () => Found | Promise<Found>>>,
  tell: Tell,
): Promise<Results> {
  const running = Object.entries(checks).map(async ([name, check]) => {
    try {
      return [name, [await check()].flat()];
    } catch (thrown) {
      return [name, [error(`This could not be checked: ${tell(thrown)}`)]];
    }
  });
  return Object.fromEntries(await Promise.all(running));
}
