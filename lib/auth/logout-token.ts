import { createLocalJWKSet, errors, type JWTPayload, jwtVerify } from "jose";
import { getSettings } from "../settings.ts";
import { LoginError } from "./errors.ts";
import { CLOCK_TOLERANCE } from "./id-token.ts";
import { getProviderMetadata } from "./provider.ts";
import { getProviderKeys } from "./provider-keys.ts";

/** What a provider says has ended: all sessions of a subject, or those of one of its own sessions. */
export interface LogoutToken {
  readonly sub: string | undefined;
  readonly sid: string | undefined;
  readonly jti: string;
  /** Unix seconds. */
  readonly exp: number;
}

const EVENT = "http://schemas.openid.net/event/backchannel-logout";

/** Signatures that only the provider can make. */
const ALGORITHMS = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
];

/** A `kid` that is not among the known keys has them fetched anew; anybody can send one, so not more often than this. */
const KEYS_AT_MOST_THIS_OLD = 1; // second

/**
 * Checks a logout token (OpenID Connect Back-Channel Logout 1.0, 2.6): its signature, `iss`, `aud`, `iat` and `exp` as
 * those of an ID token; that it names a subject or a session, is about a log-out, and is no ID token in disguise.
 * Whether it was used before is for the caller to say.
 *
 * @throws LoginError `invalid_response` for a bad token; what {@link getProviderKeys} throws where keys are not to be had
 */
export async function verifyLogoutToken(token: string): Promise<LogoutToken> {
  const { issuer, jwks_uri } = await getProviderMetadata();
  if (!jwks_uri) throw new LoginError("configuration", "the provider publishes no keys; see OIDC_JWKS_URI");
  const check = async (oldestKeys?: number) => {
    const { jwks } = await getProviderKeys(jwks_uri, oldestKeys);
    return jwtVerify(token, createLocalJWKSet(jwks as Parameters<typeof createLocalJWKSet>[0]), {
      issuer,
      audience: getSettings().oidc.clientId,
      algorithms: ALGORITHMS,
      clockTolerance: CLOCK_TOLERANCE,
      requiredClaims: ["iat", "exp", "jti"],
    });
  };
  const { payload, protectedHeader } = await check()
    .catch((error) =>
      error instanceof errors.JWKSNoMatchingKey ? check(KEYS_AT_MOST_THIS_OLD) : Promise.reject(error),
    )
    .catch((error) => Promise.reject(toRefusal(error)));
  const { typ } = protectedHeader;
  if (typ !== undefined && !/^(application\/)?(logout\+)?jwt$/i.test(typ)) refuse("typ");
  return readClaims(payload);
}

function readClaims({ sub, sid, jti, exp, iat, events, nonce }: JWTPayload): LogoutToken {
  if (typeof jti !== "string" || !jti) refuse("jti");
  if (sub !== undefined && (typeof sub !== "string" || !sub)) refuse("sub");
  if (sid !== undefined && (typeof sid !== "string" || !sid)) refuse("sid");
  if (sub === undefined && sid === undefined) refuse("sub");
  if (nonce !== undefined) refuse("nonce"); // an ID token has one, a logout token must not
  if (!isObject(events) || !Object.hasOwn(events, EVENT) || !isObject(events[EVENT])) refuse("events");
  if (exp === undefined || iat === undefined) refuse("exp");
  return { sub, sid, jti, exp };
}

function refuse(claim: string): never {
  throw new LoginError("invalid_response", `the logout token's ${claim} is not acceptable`, { claim });
}

/** jose's own words name claims and headers, never their values. */
function toRefusal(error: unknown): unknown {
  if (!(error instanceof errors.JOSEError)) return error;
  return new LoginError("invalid_response", `the logout token is not acceptable: ${error.message}`, {
    code: error.code,
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
