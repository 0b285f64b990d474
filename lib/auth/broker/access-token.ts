import { randomBytes } from "node:crypto";
import { errors, type JWTPayload, type JWTVerifyOptions, jwtVerify, SignJWT } from "jose";
import { nowInSeconds } from "../../clock.ts";
import { getSettings } from "../../settings.ts";
import { CLOCK_TOLERANCE, type Claims, decodeJwt } from "../provider/index.ts";
import type { PersonClaims } from "./claims.ts";
import { ALGORITHM, signingKey, verificationKey } from "./keys.ts";
import { isTrustedIssuer, keyOfPeer } from "./peers.ts";

/** The longest lifetime of an access token, in seconds. */
export const LIFETIME = 3_600;

/** The `typ` in the header of an access token (RFC 9068, 2.1). */
const TYPE = "at+jwt";

const REQUIRED = ["iss", "sub", "aud", "exp", "iat"];

/**
 * A token with one of these claims is not a bearer access token, but an ID token (OpenID Connect Core 2, 3.3.2.11), a
 * logout token (Back-Channel Logout 1.0, 2.4), or a token that is bound to a key (RFC 9449, 7.1).
 */
const FOREIGN_CLAIMS = ["nonce", "at_hash", "c_hash", "events", "cnf"];

/** The claims of a verified access token, issued by this app or by a trusted issuer. */
export interface TokenClaims extends JWTPayload {
  readonly iss: string;
  readonly sub: string;
  readonly exp: number;
  readonly iat: number;
}

/** The person and the rights for which an access token is issued. */
interface Grant {
  readonly sub: string;
  /** Scopes, separated by spaces. */
  readonly scope: string;
  readonly person: PersonClaims;
  /** The name of the program's login in the store. Null for a token exchange, which starts no login. */
  readonly program: string | null;
  /** The token expires at this time (Unix seconds), if it is earlier than the end of `LIFETIME`. */
  readonly expiresAt?: number;
}

/**
 * Issues an access token (RFC 9068).
 *
 * @throws SessionsUnavailableError if no key is known yet and the store is unavailable
 */
export async function issueAccessToken({
  sub,
  scope,
  person,
  program,
  expiresAt = Number.POSITIVE_INFINITY,
}: Grant): Promise<{ readonly accessToken: string; readonly expiresAt: number }> {
  const { appBaseUrl, broker } = getSettings();
  const { kid, key } = await signingKey();
  const now = nowInSeconds();
  const exp = Math.min(now + LIFETIME, Math.floor(expiresAt));
  const unique = randomBytes(16).toString("base64url");
  const accessToken = await new SignJWT({ scope, ...person, roles: [...person.roles] })
    .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, kid })
    .setIssuer(appBaseUrl)
    .setSubject(sub)
    .setAudience(String(broker.audience))
    .setIssuedAt(now)
    .setExpirationTime(exp)
    .setJti(program === null ? unique : `${program}.${unique}`)
    .sign(key);
  return { accessToken, expiresAt: exp };
}

/** The name of the program's login for which this app issued the token. Null for every other token. */
export function programOf({ iss, jti }: TokenClaims): string | null {
  const isOurs = iss === getSettings().appBaseUrl && typeof jti === "string" && jti.includes(".");
  return isOurs ? (jti.split(".", 1)[0] ?? null) : null;
}

/**
 * Verifies the signature, `aud`, times and type of an access token of this app or of a trusted issuer. Sends requests
 * only to trusted issuers, to fetch their keys.
 *
 * @returns null for an invalid token
 * @throws SessionsUnavailableError if the token's key is not known yet and the store is unavailable
 */
export async function verifyAccessToken(token: string): Promise<TokenClaims | null> {
  const { appBaseUrl, broker } = getSettings();
  const decoded = decodeJwt(token);
  if (broker.audience === null || !decoded) return null;
  const { iss } = decoded.claims;
  const options: JWTVerifyOptions = {
    algorithms: [ALGORITHM],
    audience: broker.audience,
    clockTolerance: CLOCK_TOLERANCE,
    requiredClaims: REQUIRED,
  };
  try {
    if (iss === appBaseUrl) return await verifyOwn(token, { ...options, issuer: iss, typ: TYPE });
    if (isTrustedIssuer(iss)) return await verifyOfPeer(token, { ...options, issuer: iss }, iss);
    return null;
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof TypeError) return null;
    throw error;
  }
}

async function verifyOwn(token: string, options: JWTVerifyOptions): Promise<TokenClaims | null> {
  const { payload } = await jwtVerify(
    token,
    async ({ kid }) => {
      const key = typeof kid === "string" ? await verificationKey(kid) : undefined;
      if (!key) throw new errors.JWKSNoMatchingKey();
      return key;
    },
    options,
  );
  return toClaims(payload);
}

async function verifyOfPeer(
  token: string,
  options: JWTVerifyOptions,
  issuer: string,
): Promise<TokenClaims | null> {
  const { payload, protectedHeader } = await jwtVerify(token, keyOfPeer(issuer), options);
  return isBearerToken(protectedHeader, payload) ? toClaims(payload) : null;
}

/**
 * Whether a JWT may be a bearer access token. `typ` alone proves nothing, because many issuers send `JWT`, or no `typ`,
 * instead of `at+jwt` (RFC 9068, 2.1). They also sign other kinds of tokens with the same keys.
 */
export function isBearerToken({ typ = "JWT" }: Claims, claims: Claims): boolean {
  const isAccessToken = /^((application\/)?at\+)?jwt$/i.test(String(typ));
  return isAccessToken && claims.typ !== "ID" && !FOREIGN_CLAIMS.some((name) => name in claims);
}

function toClaims(payload: JWTPayload): TokenClaims | null {
  const { iss, sub, exp, iat } = payload;
  if (!iss || !sub || exp === undefined || iat === undefined) return null;
  if (iat > nowInSeconds() + CLOCK_TOLERANCE) return null;
  return { ...payload, iss, sub, exp, iat };
}
