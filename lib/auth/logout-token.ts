import { createLocalJWKSet, errors, type JWTPayload, jwtVerify } from "jose";
import { nowInSeconds } from "../clock.ts";
import { quote } from "../log.ts";
import { getSettings } from "../settings.ts";
import { LoginError } from "./errors.ts";
import { CLOCK_TOLERANCE } from "./id-token.ts";
import { PROVIDER_ALGORITHMS } from "./jwt.ts";
import { getProviderMetadata } from "./provider.ts";
import { getNewestProviderKeys, getProviderKeys } from "./provider-keys.ts";

/** What a provider says has ended: all sessions of a subject, or those of one of its own sessions. */
export interface LogoutToken {
  readonly sub: string | undefined;
  readonly sid: string | undefined;
  readonly jti: string;
  /** Unix seconds. */
  readonly exp: number;
}

const EVENT = "http://schemas.openid.net/event/backchannel-logout";

/** The type it should have, and the one that tokens of any kind have; some providers leave it out. */
const TYPE = /^(application\/)?(logout\+)?jwt$/i;

/**
 * Checks a logout token (OpenID Connect Back-Channel Logout 1.0, 2.6): its signature, `iss`, `aud`, `iat` and `exp` as
 * those of an ID token; that it names a subject or a session, is about a log-out, and is no ID token in disguise.
 * Whether it was used before is for the caller to say.
 *
 * @throws LoginError `invalid_response` for a bad token; `provider_unavailable` where keys are not to be had
 */
export async function verifyLogoutToken(token: string): Promise<LogoutToken> {
  const { issuer, jwks_uri } = await getProviderMetadata();
  if (!jwks_uri) throw new LoginError("configuration", "the provider publishes no keys; see OIDC_JWKS_URI");
  const checkWith = ({ jwks }: Awaited<ReturnType<typeof getProviderKeys>>) =>
    jwtVerify(token, createLocalJWKSet(jwks as Parameters<typeof createLocalJWKSet>[0]), {
      issuer,
      audience: getSettings().oidc.clientId,
      algorithms: [...PROVIDER_ALGORITHMS],
      clockTolerance: CLOCK_TOLERANCE,
    });
  const { payload, protectedHeader } = await getProviderKeys(jwks_uri)
    .then(checkWith)
    .catch(async (error) => {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      return checkWith(await getNewestProviderKeys(jwks_uri));
    })
    .catch((error) => Promise.reject(toRefusal(error)));
  const { typ } = protectedHeader;
  if (typ !== undefined && !(typeof typ === "string" && TYPE.test(typ))) refuse("typ");
  return readClaims(payload);
}

function readClaims({ sub, sid, jti, exp, iat, azp, events, nonce }: JWTPayload): LogoutToken {
  if (typeof jti !== "string" || !jti) refuse("jti");
  if (sub !== undefined && (typeof sub !== "string" || !sub)) refuse("sub");
  if (sid !== undefined && (typeof sid !== "string" || !sid)) refuse("sid");
  if (sub === undefined && sid === undefined) refuse("sub");
  if (azp !== undefined && azp !== getSettings().oidc.clientId) refuse("azp");
  if (nonce !== undefined) refuse("nonce"); // an ID token has one, a logout token must not
  if (!isObject(events) || !Object.hasOwn(events, EVENT) || !isObject(events[EVENT])) refuse("events");
  if (exp === undefined) refuse("exp");
  if (iat === undefined || iat > nowInSeconds() + CLOCK_TOLERANCE) refuse("iat"); // jose leaves this to its caller
  return { sub, sid, jti, exp };
}

function refuse(claim: string): never {
  throw new LoginError("invalid_response", `the logout token's ${claim} is not acceptable`, { claim });
}

/** jose's own words hold no value of a claim, but names that whoever sends the token made up, of any length. */
function toRefusal(error: unknown): unknown {
  if (!(error instanceof errors.JOSEError)) return error;
  return new LoginError("invalid_response", `the logout token is not acceptable: ${quote(error.message)}`, {
    code: error.code,
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
