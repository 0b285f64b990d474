import { cookies } from "next/headers";
import { log } from "../log.ts";
import type { LoginError } from "./errors.ts";
import { redirectTo } from "./request.ts";
import { type CookieJar, cookieName, cookieOptions } from "./session.ts";

const NAME = "error";
const LIFETIME = 300; // seconds

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
  log.warn({ requestId, reason: error.reason, ...error.detail }, error.message);
  jar.write(cookieName(NAME), requestId, cookieOptions(LIFETIME));
  return redirectTo(`/auth/error?${new URLSearchParams({ reason: error.reason })}`, status);
}

/** The request id of the login that failed last in this browser; null where there is none, or cookies are refused. */
export async function readErrorReference(): Promise<string | null> {
  const value = (await cookies()).get(cookieName(NAME))?.value;
  return value && /^[0-9a-f-]{36}$/.test(value) ? value : null;
}
