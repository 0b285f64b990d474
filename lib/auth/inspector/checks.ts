import { CLOCK_TOLERANCE, PROVIDER_ALGORITHMS } from "../provider/index.ts";
import type { LessonName } from "./lessons.ts";
import type { Trace } from "./trace.ts";

/** One check of an ID token (OpenID Connect Core 3.1.3.7 and 3.1.3.8), and its result in a login. */
export interface Check {
  readonly name: LessonName;
  readonly label: string;
  readonly expected: string;
  readonly found: string;
  readonly result: "passed" | "failed" | "not reached";
}

export interface Client {
  readonly issuer: string;
  readonly clientId: string;
}

const NOT_STATED = "not stated";

/** The checks of a login's ID token, roughly in the order in which they are made. Empty if there was no ID token. */
export function idTokenChecks(trace: Trace, { issuer, clientId }: Client): readonly Check[] {
  const { idToken, failure, nonce, maxAge, acr } = trace;
  if (!idToken) return [];
  const found = (name: string) => idToken[name] ?? NOT_STATED;
  const now = Math.floor(trace.at / 1000);
  const code = failure?.code ?? "";
  const isRefused = (name: string) => failure?.claim === name;
  type Row = [name: LessonName, label: string, expected: string, found: string, isPassed: boolean];
  const earliest = `after ${clock(now - (maxAge ?? 0))}`;
  const time = clock(found("auth_time"));
  const row: Row = ["auth_time", "Authenticated, auth_time", earliest, time, !isUnmet(trace)];
  const authTime = maxAge === null ? [] : [row];
  // openid-client compares the time before the nonce. The app's own check, which names the claim, comes after `iat`.
  const isOwnCheck = isRefused("auth_time");
  const checks: Row[] = [
    [
      "alg",
      "Algorithm, alg",
      "signed, asymmetric",
      found("alg"),
      PROVIDER_ALGORITHMS.includes(found("alg")) && !/ALG_NOT_ALLOWED/.test(code),
    ],
    ["kid", "Key, kid", "a key at jwks_uri", found("kid"), !/NO_MATCHING_KEY/.test(code)],
    [
      "signature",
      "Signature",
      "matches that key",
      /SIGNATURE/.test(code) ? "does not match that key" : "matches that key",
      !/SIGNATURE/.test(code),
    ],
    [
      "exp",
      "Expiry, exp",
      `after ${clock(now)}`,
      clock(found("exp")),
      Number(found("exp")) > now - CLOCK_TOLERANCE,
    ],
    [
      "iss",
      "Issuer, iss",
      issuer,
      found("iss"),
      // Entra ID's issuer for all tenants is a template, which never equals `iss`.
      issuer.includes("{tenantid}") || isStart(found("iss"), issuer),
    ],
    [
      "aud",
      "Audience, aud",
      clientId,
      found("aud"),
      audiences(found("aud")).some((a) => isStart(a, clientId)),
    ],
    ...(isOwnCheck ? [] : authTime),
    ["nonce", "Nonce, nonce", nonce ?? "", found("nonce"), nonce !== null && isStart(found("nonce"), nonce)],
    [
      "azp",
      "Authorized party, azp",
      `absent, or ${clientId}`,
      found("azp"),
      ["", clientId].includes(idToken.azp ?? ""),
    ],
    ["iat", "Issued at, iat", "not in the future", issuedAt(found("iat"), now), !isRefused("iat")],
    ...(isOwnCheck ? authTime : []),
  ];
  if (acr !== null) checks.push(["acr", "Strength, acr", acr, found("acr"), !isRefused("acr")]);
  const hash = "absent, or the hash of the access token in the same response";
  checks.push(["at_hash", "Access token, at_hash", hash, found("at_hash"), !isRefused("at_hash")]);
  const stop = checks.findIndex(([, , , , isPassed]) => !isPassed);
  return checks.map(([name, label, expected, value, isPassed], index) => {
    const result = stop !== -1 && index > stop ? "not reached" : isPassed ? "passed" : "failed";
    return { name, label, expected, found: value, result };
  });
}

/** Whether `auth_time` failed its check. Compares it again, because openid-client's error does not name the claim. */
function isUnmet({ failure, idToken, maxAge, at }: Trace): boolean {
  if (failure?.claim === "auth_time") return true;
  const age = at / 1000 - Number(idToken?.auth_time);
  return failure !== null && maxAge !== null && !(age <= maxAge + CLOCK_TOLERANCE);
}

/**
 * Names the check that stopped a login. Null if no check did, for example because the person canceled the login.
 *
 * @param checks the checks of the login's ID token
 */
export function caughtBy(trace: Trace, checks: readonly Check[]): LessonName | null {
  const { failure, idToken } = trace;
  if (!failure) return null;
  const failed = checks.find(({ result }) => result === "failed");
  if (failed) return failed.name;
  if (trace.answer?.error === "login_required") return "session";
  if (failure.claim === "sub") return "sub";
  const userinfo = trace.calls.findLast(({ to }) => to === "userinfo")?.received;
  if (userinfo?.sub !== undefined && userinfo.sub !== idToken?.sub) return "userinfo";
  if (!idToken && /^(state_mismatch|login_expired)$/.test(failure.reason)) return "state";
  if (failure.reason === "provider_unavailable") return "provider";
  if (failure.reason === "provider_error" && failure.step === "code exchange") return "code";
  if (failure.reason === "configuration" && idToken) return "tokens";
  return failure.reason === "invalid_response" ? "answer" : null;
}

/** Whether a value is the expected value, or a shortened form of it. */
function isStart(found: string, expected: string): boolean {
  return found === expected || (found.endsWith("…") && expected.startsWith(found.slice(0, -1)));
}

function audiences(found: string): string[] {
  return found.startsWith("[") ? found.replace(/[[\]"]/g, "").split(",") : [found];
}

function issuedAt(iat: string, now: number): string {
  const seconds = now - Number(iat);
  if (!Number.isFinite(seconds)) return iat;
  return `${clock(iat)}, ${seconds < 0 ? `${-seconds} s ahead` : `${seconds} s ago`}`;
}

/** A time of day in UTC. @param seconds Unix seconds */
function clock(seconds: number | string): string {
  const date = new Date(Number(seconds) * 1000);
  return Number.isNaN(date.getTime()) ? String(seconds) : `${date.toISOString().slice(11, 19)} UTC`;
}
