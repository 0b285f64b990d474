import { quote, quoteCause } from "../../log.ts";
import {
  ID_TOKEN_CHECK,
  INVALID_SCOPE,
  isLoginError,
  isSessionsUnavailable,
  LoginError,
  type LoginErrorReason,
} from "../errors.ts";

/** What openid-client's errors have in common, whichever bundle's copy of it made them. */
interface PeerError {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly cause?: unknown;
  /** HTTP status of the answer. */
  readonly status?: unknown;
  /** RFC 6749, 5.2 and 4.1.2.1: the provider's own error code. */
  readonly error?: unknown;
  readonly error_description?: unknown;
}

/** An answer with `WWW-Authenticate`. */
const CHALLENGE = "OAUTH_WWW_AUTHENTICATE_CHALLENGE";

/** Failures of openid-client's that mean: it is our settings that do not fit this provider. */
const CONFIGURATION_CODES = new Set(["OAUTH_HTTP_REQUEST_FORBIDDEN", "OAUTH_MISSING_SERVER_METADATA"]);

/** The step that failed where it is not a request of ours, but what the provider had the browser bring (RFC 6749, 4.1.2). */
const FRONT_CHANNEL = "authorization response";

/**
 * Turns whatever openid-client or fetch threw into a `LoginError` with the right reason.
 *
 * @param error what was thrown
 * @param doing what was being done, for the log, for instance "token request"
 */
export function toLoginError(error: unknown, doing: string): LoginError {
  if (isLoginError(error)) return error;
  const { cause } = asPeerError(error);
  // Thrown by our own checks of the answer, and wrapped by openid-client.
  if (isLoginError(cause))
    return new LoginError(cause.reason, cause.message, { step: doing, ...cause.detail });
  if (isSessionsUnavailable(error))
    return new LoginError("configuration", error.message, { step: "session store" });
  const step = isAboutAuthorizationResponse(error) ? FRONT_CHANNEL : doing;
  const { code, message, error: oauthError, error_description } = asPeerError(error);
  const status = httpStatusOf(error);
  const detail = {
    step,
    ...(isAboutIdToken(error) ? { check: ID_TOKEN_CHECK } : {}),
    ...quoteCause(error),
    ...quoteLength(error),
    ...(code === undefined ? {} : { code: quote(code) }),
    ...(status === undefined ? {} : { status }),
    ...adviceOn(error),
    ...(oauthError === undefined ? {} : { providerError: quote(oauthError) }),
    ...(error_description === undefined ? {} : { providerErrorDescription: quote(error_description) }),
    ...(code === undefined && error instanceof Error && !isUnreachable(error)
      ? { stack: quoteStack(error) }
      : {}),
  };
  return new LoginError(reasonOf(error), `${step} failed: ${quote(message)}`, detail);
}

/**
 * Adds the error of an answer that was refused before its error was looked at: without the right `state` or `iss`,
 * anyone may have written it, but it is often the provider's own, and the only hint for the operator.
 *
 * @param answer the query of the callback
 */
export function withUnprovenError(refusal: LoginError, answer: URLSearchParams): LoginError {
  const [error, description] = [answer.get("error"), answer.get("error_description")];
  if (error === null || refusal.detail.providerError !== undefined) return refusal;
  return new LoginError(refusal.reason, refusal.message, {
    ...refusal.detail,
    unprovenError: quote(error),
    ...(description === null ? {} : { unprovenErrorDescription: quote(description) }),
  });
}

/** Keycloak's answer where somebody left its login page open for too long. */
export function isLoginPageExpired({ detail }: LoginError): boolean {
  return (
    detail.providerError === "temporarily_unavailable" &&
    detail.providerErrorDescription === "authentication_expired"
  );
}

function reasonOf(error: unknown): LoginErrorReason {
  const { code, error: oauthError } = asPeerError(error);
  const status = httpStatusOf(error);
  if (isUnreachable(error) || status === 429 || (status !== undefined && status >= 500)) {
    return "provider_unavailable";
  }
  if (oauthError === "access_denied") return "access_denied";
  if (oauthError !== undefined || code === CHALLENGE) return "provider_error";
  if (typeof code === "string" && CONFIGURATION_CODES.has(code)) return "configuration";
  if (isAboutEncryption(error)) return "configuration";
  return "invalid_response";
}

/** What to change, where the failure tells. */
function adviceOn(error: unknown): { advice?: string } {
  if (isAboutEncryption(error)) {
    return { advice: "the provider encrypts what it sends: have it sign ID tokens and userinfo only" };
  }
  if (asPeerError(error).error === INVALID_SCOPE) {
    return { advice: "remove from OIDC_SCOPE what the provider does not know; often that is offline_access" };
  }
  return {};
}

/** An encrypted ID token or userinfo answer (RFC 7516), for which this client has no key. */
function isAboutEncryption(error: unknown): boolean {
  const { code, cause } = asPeerError(error);
  return code === "OAUTH_UNSUPPORTED_OPERATION" && /JWE/.test(String(asPeerError(cause).message));
}

/** Whether the provider refuses the client, or the way in which it authenticates (RFC 6749, 5.2). */
export function isClientRefused(error: unknown): boolean {
  const isChallenge = asPeerError(error).code === CHALLENGE && httpStatusOf(error) === 401;
  return isChallenge || oauthErrorOf(error) === "invalid_client";
}

/** The provider's own error code (RFC 6749, 5.2), where an error of openid-client's is about one. */
export function oauthErrorOf(error: unknown): unknown {
  return asPeerError(error).error;
}

/** The HTTP status that an error of openid-client's is about, where it is about an answer at all. */
export function httpStatusOf(error: unknown): number | undefined {
  const { status, cause } = asPeerError(error);
  if (typeof status === "number") return status;
  const causeStatus = asPeerError(cause).status;
  return typeof causeStatus === "number" ? causeStatus : undefined;
}

/** Whether openid-client complains of a userinfo answer that does not say whom it is about. */
export function isAboutNobody(error: unknown): boolean {
  const { body } = Object(asPeerError(asPeerError(error).cause).cause) as { body?: unknown };
  const isObject = typeof body === "object" && body !== null && !Array.isArray(body);
  return isObject && !Object.hasOwn(body, "sub");
}

/** The provider's error in the authorization response, or a check that its parameters failed: openid-client adds them. */
function isAboutAuthorizationResponse(error: unknown): boolean {
  const { code, cause } = asPeerError(error);
  if (code === "OAUTH_AUTHORIZATION_RESPONSE_ERROR") return true;
  return "parameters" in asPeerError(asPeerError(cause).cause);
}

/** openid-client has no code of its own for this: a wrong signature has that of any malformed answer. */
function isAboutIdToken(error: unknown): boolean {
  const { message, cause } = asPeerError(error);
  return /\b(JWT|ID Token)\b/.test(`${message} ${asPeerError(cause).message}`);
}

/** An answer that was cut off for its length, which openid-client speaks of as no JSON. */
function quoteLength(error: unknown): { cause?: string } {
  for (let inner = error; inner instanceof Error; inner = inner.cause) {
    if (inner.name === "AnswerTooLongError") return { cause: inner.message };
  }
  return {};
}

/** Time-outs, aborts, and fetch's own "fetch failed" or "terminated", somewhere in the chain of causes. */
function isUnreachable(error: unknown): boolean {
  if (error === undefined || error === null) return false;
  if (error instanceof DOMException && /^(TimeoutError|AbortError)$/.test(error.name)) return true;
  if (error instanceof TypeError && /^(fetch failed|terminated)$/.test(error.message)) return true;
  return isUnreachable(asPeerError(error).cause);
}

/** A failure of nobody's design: where in our code it arose is for the log. */
function quoteStack(error: Error): string {
  return (error.stack ?? "").split("\n").slice(1, 6).map(quote).join(" ");
}

function asPeerError(error: unknown): PeerError {
  return typeof error === "object" && error !== null ? error : {};
}
