import { cookies } from "next/headers";
import { log } from "../log.ts";
import {
  INVALID_SCOPE,
  isLoginErrorHint,
  type LoginError,
  type LoginErrorHint,
  type LoginErrorReason,
} from "./errors.ts";
import { redirectTo } from "./http.ts";
import { forgetFinishedLogins } from "./login-circle.ts";
import { type CookieJar, cookieName, cookieOptions } from "./session-cookie.ts";

const NAME = "error";
const LIFETIME = 300; // seconds

/** What the cookie holds: a request id, and perhaps a hint. */
const VALUE = /^([0-9a-f-]{36})(?:\.([a-z]+))?$/;

/** Reasons that a wrong setting, here or at the provider, may stand behind. */
const FOR_THE_DOCTOR = new Set<LoginErrorReason>(["configuration", "provider_error"]);

/** Which request failed, and how its redirects are to be answered. */
interface FailedStep {
  readonly requestId: string;
  readonly status: 302 | 303;
}

/**
 * Ends a login that failed: the log gets all of it under the request's id, the visitor the reason, and the error page
 * the id. It travels in a short-lived cookie, so that no URL can make the page show somebody else's text.
 */
export function answerLoginError(
  jar: CookieJar,
  error: LoginError,
  { requestId, status }: FailedStep,
): Response {
  const advice = FOR_THE_DOCTOR.has(error.reason) && { advice: "npm run doctor may say what to change" };
  log.warn({ requestId, step: "login", reason: error.reason, ...advice, ...error.detail }, error.message);
  const hint = hintOf(error);
  jar.write(cookieName(NAME), requestId + (hint ? `.${hint}` : ""), cookieOptions(LIFETIME));
  forgetFinishedLogins(jar); // "Try again" begins afresh
  return redirectTo(`/auth/error?${new URLSearchParams({ reason: error.reason })}`, status);
}

/** The login that failed last in this browser. */
export interface ErrorReference {
  /** Under which the log tells of it. */
  readonly requestId: string;
  readonly hint: LoginErrorHint | null;
}

/** What this browser knows of the login that failed last; null where there is none, or cookies are refused. */
export async function readErrorReference(): Promise<ErrorReference | null> {
  const [, requestId, hint] = VALUE.exec((await cookies()).get(cookieName(NAME))?.value ?? "") ?? [];
  if (requestId === undefined || (hint !== undefined && !isLoginErrorHint(hint))) return null;
  return { requestId, hint: hint ?? null };
}

function hintOf({ detail }: LoginError): LoginErrorHint | null {
  if (detail.providerError === INVALID_SCOPE) return "scope";
  return isLoginErrorHint(detail.hint) ? detail.hint : null;
}
