/** What is checked, in the order of the report: the name for machines, and the one for people. */
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
  "log-out": "Log-out",
  "message-api": "Message API",
  clock: "Clock",
} as const;

export type CheckName = keyof typeof CHECKS;

export const STATUSES = ["ok", "warning", "error", "skipped"] as const;

export type Status = (typeof STATUSES)[number];

/** What a check has found: what was seen, and what to change where, a step each. */
export interface Result {
  readonly status: Status;
  readonly seen: string;
  readonly fix: readonly string[];
}

/** A line of the report. */
export interface Finding extends Result {
  readonly check: CheckName;
}

/** All is well; what was seen may add what the reader should know. */
export function ok(seen: string): Result {
  return { status: "ok", seen, fix: [] };
}

/** It works, but not as well as it could; or it could not be seen whether it works. */
export function warning(seen: string, ...fix: string[]): Result {
  return { status: "warning", seen, fix };
}

/** Logging in, or whatever the check is about, will fail. */
export function error(seen: string, ...fix: string[]): Result {
  return { status: "error", seen, fix };
}

/** It could not be looked at, for this reason. */
export function skipped(reason: string): Result {
  return { status: "skipped", seen: reason, fix: [] };
}

/** What the checks have found so far; some find several things. */
export type Results = Partial<Record<CheckName, readonly Result[]>>;

export type Check = () => Result | readonly Result[] | Promise<Result | readonly Result[]>;

/** Runs a check. Where it fails itself, that is told, and the others go on. */
export async function run(check: Check, tell: (text: unknown) => string): Promise<readonly Result[]> {
  try {
    return [await check()].flat();
  } catch (thrown) {
    return [error(`This could not be checked: ${tell(thrown)}`)];
  }
}

/** The report's lines, in their order; what nobody has got to is skipped for the reason given. */
export function toFindings(results: Results, reason: string): Finding[] {
  return (Object.keys(CHECKS) as CheckName[]).flatMap((check) =>
    (results[check] ?? [skipped(reason)]).map((result) => ({ check, ...result })),
  );
}
