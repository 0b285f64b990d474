import { log } from "../log.ts";
import { redirectTo } from "./http.ts";
import { isLoginErrorHint, type LoginError } from "./provider/index.ts";
import { type CookieJar, cookieName, cookieOptions } from "./session-cookie.ts";
import { forgetFinishedLogins } from "./transaction.ts";
import { isRefusal } from "./user/run-hooks.ts";

const COOKIE = "error";
const LIFETIME = 300; // seconds
/** Advice for errors that a wrong setting can cause, here or at the provider. */ // part: doctor
const ASK_THE_DOCTOR = "npm run doctor may say what to change"; // part: doctor

/** Logs a failed login and redirects to the error page. The page gets the request id from a cookie, not the URL. */
export function answerLoginError(
  jar: CookieJar,
  error: LoginError,
  { requestId, status }: { readonly requestId: string; readonly status: 302 | 303 },
): Response {
  const { reason, message, detail } = error;
  const entry: Record<string, unknown> = { requestId, step: "login", reason };
  if (/^(configuration|provider_error)$/.test(reason)) entry.advice = ASK_THE_DOCTOR; // part: doctor
  log.warn({ ...entry, ...detail }, message);
  const hint = detail.providerError === "invalid_scope" ? "scope" : (detail.hint ?? detail.step);
  const reference = isKnown(hint) ? `${requestId}.${hint}` : requestId;
  jar.write(cookieName(COOKIE), reference, cookieOptions(LIFETIME));
  forgetFinishedLogins(jar); // so that "Try again" is not treated as a redirect loop
  return redirectTo(`/auth/error?${new URLSearchParams({ reason })}`, status);
}

const isKnown = (hint: unknown): hint is string => isLoginErrorHint(hint) || isRefusal(hint);

/** `hint` is a `LoginErrorHint`, or a key of `REFUSALS` in lib/hooks.ts. */
export type ErrorReference = { readonly requestId: string; readonly hint: string | null };

/** Reads the cookie that {@link answerLoginError} wrote. Null if there is none. */
export function readErrorReference(jar: CookieJar): ErrorReference | null {
  const value = jar.read(cookieName(COOKIE)) ?? "";
  const [, requestId, hint = null] = /^([0-9a-f-]{36})(?:\.(.+))?$/.exec(value) ?? [];
  if (requestId === undefined || (hint !== null && !isKnown(hint))) return null;
  return { requestId, hint };
}
