import type { Tell } from "./foreign-text.ts";

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

export const STATUSES = ["ok", "warning", "error", "skipped"] as const;

export type Status = (typeof STATUSES)[number];

/** A finding of a check: what the check has seen, and the steps to fix a problem. */
export interface Result {
  readonly status: Status;
  readonly seen: string;
  readonly fix: readonly string[];
}

const make =
  (status: Status) =>
  (seen: string, ...fix: string[]): Result => ({ status, seen, fix });

/** The check found no problem. The text may contain a note for the reader. */
export const ok: (seen: string) => Result = make("ok");

/** The feature works but could work better, or it is unclear whether the feature works. */
export const warning = make("warning");

/** The login will fail, or the feature that the check is about. */
export const error = make("error");

/** The check could not run, for this reason. */
export const skipped: (reason: string) => Result = make("skipped");

/** The findings of the checks so far. A check can have several findings. */
export type Results = Partial<Record<CheckName, readonly Result[]>>;

export type Check = () => Result | readonly Result[] | Promise<Result | readonly Result[]>;

/** Runs checks at the same time. If a check throws, the error becomes its finding, and the other checks continue. */
export async function runChecks(checks: Partial<Record<CheckName, Check>>, tell: Tell): Promise<Results> {
  const running = Object.entries(checks).map(async ([name, check]) => {
    try {
      return [name, [await check()].flat()];
    } catch (thrown) {
      return [name, [error(`This could not be checked: ${tell(thrown)}`)]];
    }
  });
  return Object.fromEntries(await Promise.all(running));
}
