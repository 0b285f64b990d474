import { quote, quoteCause } from "../../log.ts";
import { isObject } from "./fetch.ts";

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
export type LoginErrorReason = (typeof LOGIN_ERROR_REASONS)[number];

export function isLoginErrorReason(value: unknown): value is LoginErrorReason {
  return LOGIN_ERROR_REASONS.some((reason) => reason === value);
}

/** Values of `detail.hint` and `detail.step` with which the error page explains a failure more precisely. */
const HINTS = ["scope", "expired", "circle", "unmet", "code exchange", "userinfo request"] as const;
export type LoginErrorHint = (typeof HINTS)[number];

export function isLoginErrorHint(value: unknown): value is LoginErrorHint {
  return HINTS.some((hint) => hint === value);
}

export const ID_TOKEN_CHECK = "ID token"; // `detail.check` for a malformed ID token, or a wrong signature or claim

/** The visitor sees `reason`; the log has `message` and `detail`. None of them may contain a token or a secret. */
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

/** Whether an error is a `LoginError`, even from Next.js's other bundle, for which `instanceof` would be false. */
export function isLoginError(error: unknown): error is LoginError {
  const { name, reason } = membersOf(error);
  return error instanceof Error && name === "LoginError" && isLoginErrorReason(reason);
}

const ENCRYPTED_ADVICE = "the provider encrypts ID tokens or userinfo: configure it to only sign them";
const SCOPE_ADVICE = "remove unsupported scopes from OIDC_SCOPE, for example offline_access";
/** Matches the provider's error code, and openid-client's messages, for a login that is too weak or too old. */
const UNMET = /^unmet_authentication_requirements |"auth_time"|since the last End-User authentication/;

/** Converts an error of openid-client or fetch to a `LoginError`. @param doing names the call, e.g. "token refresh" */
export function toLoginError(error: unknown, doing: string): LoginError {
  if (isLoginError(error)) return error;
  const { code, message, cause, error: oauthError, error_description: description } = membersOf(error);
  // openid-client wraps errors of our own checks in its own error.
  if (isLoginError(cause))
    return new LoginError(cause.reason, cause.message, { step: doing, ...cause.detail });
  const step = isAboutAuthorizationResponse(error) ? "authorization response" : doing;
  const status = httpStatusOf(error);
  // openid-client reports a response that is too long as invalid JSON, so look for our own error among the causes.
  const tooLong = causesOf(error).find((inner) => membersOf(inner).name === "AnswerTooLongError");
  const isUnmet = causesOf(error).some((e) => UNMET.test(`${membersOf(e).error} ${membersOf(e).message}`));
  const isBug = code === undefined && error instanceof Error && !isUnreachable(error);
  return new LoginError(reasonOf(error), `${step} failed: ${quote(message)}`, {
    step,
    // openid-client uses the same code for a bad ID token and for any malformed response, so look at the message.
    ...(/\b(JWT|ID Token)\b/.test(`${message} ${membersOf(cause).message}`) && { check: ID_TOKEN_CHECK }),
    ...quoteCause(error),
    ...(tooLong instanceof Error && { cause: tooLong.message }),
    ...(code !== undefined && { code: quote(code) }),
    ...(status !== undefined && { status }),
    ...(isAboutEncryption(error) && { advice: ENCRYPTED_ADVICE }),
    ...(oauthError === "invalid_scope" && { advice: SCOPE_ADVICE }),
    ...(isUnmet && { hint: "unmet" }),
    ...(oauthError !== undefined && { providerError: quote(oauthError) }),
    ...(description !== undefined && { providerErrorDescription: quote(description) }),
    ...(isBug && { stack: (error.stack ?? "").split("\n").slice(1, 6).map(quote).join(" ") }),
  });
}

/** Adds the `error` of a response that failed a check. The sender is unverified, but `error` may be the only hint. */
export function withUnprovenError(refusal: LoginError, answer: URLSearchParams): LoginError {
  const [error, description] = [answer.get("error"), answer.get("error_description")];
  if (error === null || refusal.detail.providerError !== undefined) return refusal;
  return new LoginError(refusal.reason, refusal.message, {
    ...refusal.detail,
    unprovenError: quote(error),
    ...(description !== null && { unprovenErrorDescription: quote(description) }),
  });
}

/** Whether Keycloak reports that its login page was open for too long. */
export function isLoginPageExpired({ detail }: LoginError): boolean {
  const { providerError, providerErrorDescription } = detail;
  return providerError === "temporarily_unavailable" && providerErrorDescription === "authentication_expired";
}

const CHALLENGE = "OAUTH_WWW_AUTHENTICATE_CHALLENGE";

/** Whether the provider rejects the client or its authentication method (RFC 6749, 5.2). */
export function isClientRefused(error: unknown): boolean {
  const { code, error: oauthError } = membersOf(error);
  return oauthError === "invalid_client" || (code === CHALLENGE && httpStatusOf(error) === 401);
}

export function httpStatusOf(error: unknown): number | undefined {
  const { status, cause } = membersOf(error);
  return [status, membersOf(cause).status].find((value) => typeof value === "number");
}

/** Whether openid-client rejected a userinfo response because the response has no `sub`. */
export function isWithoutSubject(error: unknown): boolean {
  const { body } = membersOf(membersOf(membersOf(error).cause).cause);
  return isObject(body) && !Object.hasOwn(body, "sub");
}

function reasonOf(error: unknown): LoginErrorReason {
  const { code, error: oauthError } = membersOf(error);
  const status = httpStatusOf(error) ?? 0;
  if (isUnreachable(error) || status === 429 || status >= 500) return "provider_unavailable";
  if (oauthError === "access_denied") return "access_denied";
  if (oauthError !== undefined || code === CHALLENGE) return "provider_error";
  const isUnfit = code === "OAUTH_HTTP_REQUEST_FORBIDDEN" || code === "OAUTH_MISSING_SERVER_METADATA";
  return isUnfit || isAboutEncryption(error) ? "configuration" : "invalid_response";
}

/** Whether an ID token or userinfo is encrypted (RFC 7516). This client has no key to decrypt it. */
function isAboutEncryption(error: unknown): boolean {
  const { code, cause } = membersOf(error);
  return code === "OAUTH_UNSUPPORTED_OPERATION" && /JWE/.test(String(membersOf(cause).message));
}

/** Whether the authorization response contains an error, or openid-client rejected its parameters. */
function isAboutAuthorizationResponse(error: unknown): boolean {
  const { code, cause } = membersOf(error);
  return code === "OAUTH_AUTHORIZATION_RESPONSE_ERROR" || "parameters" in membersOf(membersOf(cause).cause);
}

/** Whether the error, or one of its causes, is a timeout, an abort, or fetch's "fetch failed" or "terminated". */
function isUnreachable(error: unknown): boolean {
  return causesOf(error).some(
    (cause) =>
      (cause instanceof DOMException && /^(TimeoutError|AbortError)$/.test(cause.name)) ||
      (cause instanceof TypeError && /^(fetch failed|terminated)$/.test(cause.message)),
  );
}

function causesOf(error: unknown): unknown[] {
  return error === undefined || error === null ? [] : [error, ...causesOf(membersOf(error).cause)];
}

/** The members of any error. In an error of openid-client, `error` is the provider's error code. */
export function membersOf(error: unknown): Readonly<Record<string, unknown>> {
  return Object(error);
}
