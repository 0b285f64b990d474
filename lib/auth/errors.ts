import { log } from "../log.ts";
import { redirectTo } from "./http.ts";
import { INVALID_SCOPE, isLoginErrorHint, type LoginError, type LoginErrorHint } from "./provider/index.ts";
import { type CookieJar, cookieName, cookieOptions } from "./session-cookie.ts";
import { forgetFinishedLogins } from "./transaction.ts";

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
