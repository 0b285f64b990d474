/** The checks in the order of the report: their names for machines, and their titles for people. */
export const CHECKS = {
  settings: "Settings",
  "session-secret": "Session secret",
  "session-store": "Session store",
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
  "token-broker": "Token broker", // part: broker
  "message-api": "Message API",
  clock: "Clock",
} as const;

export type CheckName = keyof typeof CHECKS;

export const STATUSES = ["ok", "warning", "error", "skipped"] as const;

export type Status = (typeof STATUSES)[number];

/** A finding of a check: what was seen, and the steps to fix it. */
export interface Result {
  readonly status: Status;
  readonly seen: string;
  readonly fix: readonly string[];
}

/** A line of the report. */
export interface Finding extends Result {
  readonly check: CheckName;
}

/** Everything is fine. What was seen may add something that the reader should know. */
export function ok(seen: string): Result {
  return { status: "ok", seen, fix: [] };
}

/** It works, but could work better; or it is not clear whether it works. */
export function warning(seen: string, ...fix: string[]): Result {
  return { status: "warning", seen, fix };
}

/** Logging in will fail, or whatever else the check is about. */
export function error(seen: string, ...fix: string[]): Result {
  return { status: "error", seen, fix };
}

/** It could not be checked, for this reason. */
export function skipped(reason: string): Result {
  return { status: "skipped", seen: reason, fix: [] };
}

/** The findings of the checks so far. Some have several. */
export type Results = Partial<Record<CheckName, readonly Result[]>>;

export type Check = () => Result | readonly Result[] | Promise<Result | readonly Result[]>;

/** Runs a check. If the check itself throws, the error becomes its finding, and the other checks continue. */
export async function run(check: Check, tell: (text: unknown) => string): Promise<readonly Result[]> {
  try {
    return [await check()].flat();
  } catch (thrown) {
    return [error(`This could not be checked: ${tell(thrown)}`)];
  }
}

/** The lines of the report, in order. A check without a finding is skipped for the given reason. */
export function toFindings(results: Results, reason: string): Finding[] {
  return (Object.keys(CHECKS) as CheckName[]).flatMap((check) =>
    (results[check] ?? [skipped(reason)]).map((result) => ({ check, ...result })),
  );
}
