/** Why a login failed, as `/auth/error?reason=` says it. */
export const LOGIN_ERROR_REASONS = [
  "access_denied",
  "login_expired",
  "state_mismatch",
  "invalid_response",
  "provider_error",
  "provider_unavailable",
  "configuration",
] as const;

/** `detail.check` of an error about an ID token: it came, and its form, its signature or a claim is wrong. */
export const ID_TOKEN_CHECK = "ID token";

/** The provider's error for a scope that it does not know or does not grant (RFC 6749, 4.1.2.1). */
export const INVALID_SCOPE = "invalid_scope";

/** What the error page may explain beyond the reason; an error of ours has it as `detail.hint`. */
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
 * A login, a refresh or a log-out that could not go on.
 *
 * `reason` is for the visitor, the message and `detail` are for the log: neither may hold a token or a secret.
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

/** Whether something thrown is a `LoginError`: of either bundle, since a shared promise carries them across. */
export function isLoginError(error: unknown): error is LoginError {
  return (
    error instanceof Error &&
    error.name === "LoginError" &&
    "reason" in error &&
    isLoginErrorReason(error.reason)
  );
}
