import { log } from "../log.ts";
import { redirectTo } from "./http.ts";
import { type CookieJar, cookieName, cookieOptions } from "./session-cookie.ts";
import { forgetFinishedLogins } from "./transaction.ts";

/** Why a login failed: the values of `/auth/error?reason=`. */
export const LOGIN_ERROR_REASONS = [
  "access_denied",
  "login_expired",
  "state_mismatch",
  "invalid_response",
  "provider_error",
  "provider_unavailable",
  "configuration",
] as const;

/** `detail.check` of an error about an ID token whose form, signature or claims are wrong. */
export const ID_TOKEN_CHECK = "ID token";

/** The provider's error for a scope that it does not know or grant (RFC 6749, 4.1.2.1). */
export const INVALID_SCOPE = "invalid_scope";

/** What the error page may explain beyond the reason: `detail.hint` of an error. */
const LOGIN_ERROR_HINTS = ["scope", "expired", "circle"] as const;

export type LoginErrorHint = (typeof LOGIN_ERROR_HINTS)[number];

export function isLoginErrorHint(value: unknown): value is LoginErrorHint {
  return LOGIN_ERROR_HINTS.some((hint) => hint === value);
}

export type LoginErrorReason = (typeof LOGIN_ERROR_REASONS)[number];

/** Whether a value, for instance a query parameter, is one of the fixed reasons. */
export function isLoginErrorReason(value: unknown): value is LoginErrorReason {
  return LOGIN_ERROR_REASONS.some((reason) => reason === value);
}

/**
 * A login, a refresh or a logout that failed. `reason` is for the visitor; the message and `detail` are for the log.
 * None of them may contain a token or a secret.
 */
export class LoginError extends Error {
  override readonly name = "LoginError";
  readonly reason: LoginErrorReason;
  readonly detail: Readonly<Record<string, unknown>>;

  constructor(reason: LoginErrorReason, message: string, detail: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.reason = reason;
    this.detail = detail;
  }
}

/** Whether something thrown is a `LoginError`, also one of the other bundle: a shared promise passes them on. */
export function isLoginError(error: unknown): error is LoginError {
  return (
    error instanceof Error &&
    error.name === "LoginError" &&
    "reason" in error &&
    isLoginErrorReason(error.reason)
  );
}

/** Sessions cannot be reached now. The message is for the log, and contains no credentials. */
export class SessionsUnavailableError extends Error {
  override readonly name = "SessionsUnavailableError";
}

/** Whether something thrown is a `SessionsUnavailableError`, also one of the other bundle. */
export function isSessionsUnavailable(error: unknown): error is SessionsUnavailableError {
  return error instanceof Error && error.name === "SessionsUnavailableError";
}

const COOKIE = "error";
const LIFETIME = 300; // seconds

/** What the cookie holds: a request id, and perhaps a hint. */
const VALUE = /^([0-9a-f-]{36})(?:\.([a-z]+))?$/;

/** For errors that may come from a wrong setting, here or at the provider. */ // part: doctor
const ASK_THE_DOCTOR = "npm run doctor may say what to change"; // part: doctor

/** Which request failed, and the status of its redirect. */
interface FailedRequest {
  readonly requestId: string;
  readonly status: 302 | 303;
}

/**
 * Answers a failed login: logs all of it under the request's id, and redirects to the error page with the reason. The
 * page shows the id, which a short-lived cookie carries, so that no URL can make it show another text.
 */
export function answerLoginError(
  jar: CookieJar,
  error: LoginError,
  { requestId, status }: FailedRequest,
): Response {
  const entry: Record<string, unknown> = { requestId, step: "login", reason: error.reason };
  if (/^(configuration|provider_error)$/.test(error.reason)) entry.advice = ASK_THE_DOCTOR; // part: doctor
  log.warn({ ...entry, ...error.detail }, error.message);
  const hint = hintOf(error);
  jar.write(cookieName(COOKIE), requestId + (hint ? `.${hint}` : ""), cookieOptions(LIFETIME));
  forgetFinishedLogins(jar); // "Try again" starts over
  return redirectTo(`/auth/error?${new URLSearchParams({ reason: error.reason })}`, status);
}

/** The last failed login of this browser. */
export interface ErrorReference {
  /** Its id in the log. */
  readonly requestId: string;
  readonly hint: LoginErrorHint | null;
}

/** Reads what {@link answerLoginError} left in a cookie; null without one. */
export function readErrorReference(jar: CookieJar): ErrorReference | null {
  const [, requestId, hint] = VALUE.exec(jar.read(cookieName(COOKIE)) ?? "") ?? [];
  if (requestId === undefined || (hint !== undefined && !isLoginErrorHint(hint))) return null;
  return { requestId, hint: hint ?? null };
}

function hintOf({ detail }: LoginError): LoginErrorHint | null {
  if (detail.providerError === INVALID_SCOPE) return "scope";
  return isLoginErrorHint(detail.hint) ? detail.hint : null;
}
