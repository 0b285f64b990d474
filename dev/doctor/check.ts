import type { ProviderMetadata } from "../../lib/auth/provider/index.ts";
import type { Settings } from "../../lib/settings.ts";
import type { Wire } from "./checks/wire.ts";
import type { ProviderPreset } from "./presets/presets.ts";
import type { Tell } from "./report/foreign-text.ts";
import type { Situation } from "./report/situation.ts";

/** The checks of the provider, in the order of the report. Each row: the name in JSON, and the title in the report. */
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

/** All checks, in the order of the report. Each row: the name in JSON, and the title in the report. */
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

/** A finding of a check: what the check has seen, and the steps to fix a problem. */
export interface Result {
  readonly status: Status;
  readonly seen: string;
  readonly fix: readonly string[];
}

/** The findings of the checks so far. A check can have several findings. */
export type Results = Partial<Record<CheckName, readonly Result[]>>;

/** Creates the function for findings of this status. The function omits steps that do not apply. */
const make =
  (status: Status) =>
  (seen: string, ...fix: readonly (string | false | null | undefined)[]): Result => ({
    status,
    seen,
    fix: fix.filter((step) => typeof step === "string"),
  });

/** The check found no problem. The text may contain a note for the reader. */
export const ok: (seen: string) => Result = make("ok");

/** The feature works but could work better, or it is unclear whether the feature works. */
export const warning = make("warning");

/** The login will fail, or the feature that the check is about. */
export const error = make("error");

/** The check could not run, for this reason. */
export const skipped: (reason: string) => Result = make("skipped");

/** An error at an endpoint of the provider. @param field the endpoint's name in the provider metadata */
export function endpointError(field: string, seen: string): Result {
  const setting = `OIDC_${field.toUpperCase()}`;
  const how = `Check ${setting}, or the discovery document's ${field}`;
  return error(seen, `${how}, and any proxy or firewall on the way to the provider.`);
}

/** The data and the functions that every check gets. */
export interface Context {
  readonly situation: Situation;
  readonly settings: Settings;
  readonly wire: Wire;
  /** Makes a text safe to print. Checks use it for every text from outside this process. */
  readonly tell: Tell;
}

/** The data and the functions that the checks after discovery get. */
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
