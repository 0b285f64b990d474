import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import * as jose from "jose";
import type { TokenEndpointResponse, TokenEndpointResponseHelpers } from "openid-client";
import { nowInSeconds } from "../../clock.ts";
import { quote } from "../../log.ts";
import { getSettings } from "../../settings.ts";
import { type Refresh, recordAnswer } from "../inspector/recording.ts"; // part: inspector
import type { DpopKey } from "./dpop.ts"; // part: fapi
import { ID_TOKEN_CHECK, LoginError } from "./errors.ts";
import { parseObject, withoutNulls } from "./fetch.ts";
import { getCurrentProviderKeys, getProviderKeys } from "./metadata.ts";

/** Claims of a token or of userinfo, as parsed from JSON. Their types are not checked. */
export type Claims = Readonly<Record<string, unknown>>;

export interface AccessToken {
  readonly accessToken: string;
  readonly dpopKey?: DpopKey | null; // the key that the token is bound to (RFC 9449); absent for a bearer token // part: fapi
}

/** A checked token response. Times are Unix seconds. Null means that the provider omitted the value. */
export interface TokenSet extends AccessToken {
  readonly accessTokenExpiresAt: number | null;
  readonly refreshAt?: number | null; // when to refresh the access token; by default shortly before it expires
  readonly idToken: string | null;
  readonly idTokenClaims: Claims | null; // the claims of `idToken`, without those that are null
  readonly refreshToken: string | null;
  readonly scope: string | null; // null if it is identical to the requested scope
  readonly refreshed?: Refresh; // part: inspector
}

export const CLOCK_TOLERANCE = 30; // seconds by which the provider's clock and ours may differ
const REFRESH_EXPIRED_AFTER = 60; // seconds until a refresh if the tokens have expired on arrival

/** Lists the asymmetric signature algorithms (RFC 7518, 3.1; RFC 8037; RFC 9864) that openid-client supports. */
export const PROVIDER_ALGORITHMS: readonly string[] = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512", "EdDSA", "Ed25519"],
];

/** Matches an encrypted token, which has five parts (RFC 7516, 9). openid-client will reject such a token. */
const ENCRYPTED = /^[^.]*(\.[^.]*){4}$/;
export type TokenResponse = TokenEndpointResponse & TokenEndpointResponseHelpers;
type Jwt = { readonly header: Claims; readonly claims: Claims };
type Verified = { readonly idToken: string; readonly alg: unknown };

/** Decodes a JWT (RFC 7519) without verifying it. Removes members that are null. Null if the text is not a JWT. */
export function decodeJwt(token: string): Jwt | null {
  try {
    const claims = withoutNulls(jose.decodeJwt<Claims>(token));
    return { header: withoutNulls({ ...jose.decodeProtectedHeader(token) }), claims };
  } catch {
    return null;
  }
}

/** Caches jose's key lookup for each key set, so that each key is imported only once. */
const keyFinders = new WeakMap<jose.JSONWebKeySet, ReturnType<typeof jose.createLocalJWKSet>>();

/**
 * Verifies the provider's signature (RFC 7515) on a token or on userinfo. If the `kid` is unknown, fetches the keys
 * again, because the provider may have rotated its keys.
 * @param options `what` names the token in messages. For `minKeyAge`, see {@link getCurrentProviderKeys}
 * @throws LoginError `invalid_response` for a bad token; `provider_unavailable` if the keys cannot be fetched
 */
export async function verifySignature(
  token: string,
  jwksUri: string,
  options: { readonly what: string; readonly detail?: object; readonly minKeyAge?: number },
): Promise<Jwt> {
  const { what, detail, minKeyAge } = options;
  const verifyWith = (keys: jose.JSONWebKeySet) => {
    const findKey = keyFinders.get(keys) ?? jose.createLocalJWKSet(keys);
    keyFinders.set(keys, findKey);
    const getKey: jose.CompactVerifyGetKey = (header) => findKey(withoutNulls(header));
    return jose.compactVerify(token, getKey, { algorithms: [...PROVIDER_ALGORITHMS] });
  };
  const { payload, protectedHeader } = await getProviderKeys(jwksUri)
    .then(verifyWith)
    .catch(async (error: unknown) => {
      if (!(error instanceof jose.errors.JWKSNoMatchingKey)) throw error;
      return verifyWith(await getCurrentProviderKeys(jwksUri, minKeyAge));
    })
    .catch((error: unknown) => {
      if (!(error instanceof jose.errors.JOSEError)) throw error;
      // jose's messages can contain claim names chosen by the sender, so they are quoted.
      const message = `the ${what} is not valid: ${quote(error.message)}`;
      throw new LoginError("invalid_response", message, { ...detail, code: error.code });
    });
  // The verified bytes, not the token's own: they differ for an unencoded payload (`b64`, RFC 7797).
  const claims = isUtf8(payload) ? parseObject(Buffer.from(payload).toString()) : null;
  if (!claims) throw new LoginError("invalid_response", `the ${what} contains no claims`, { ...detail });
  return { header: withoutNulls({ ...protectedHeader }), claims };
}

/**
 * Prepares the provider's response for openid-client: verifies signatures, and removes members and claims that are
 * null. Adds a member `verified` to a token response, with the original ID token and the `alg` of its header.
 * @throws LoginError like {@link verifySignature}
 */
export async function verifyAnswer(response: Response, jwksUri: string): Promise<Response> {
  const text = await response.text();
  const answer = parseObject(text);
  recordAnswer(response.status, answer, decodeJwt); // part: inspector
  if (response.status === 200 && /^application\/jwt\b/i.test(response.headers.get("content-type") ?? "")) {
    if (ENCRYPTED.test(text)) return new Response(text, response);
    const { claims } = await verifySignature(text, jwksUri, { what: "userinfo" });
    return new Response(replaceClaims(text, claims), response);
  }
  if (!answer) return new Response(text || null, response);
  const idToken = response.status === 200 ? answer.id_token : undefined;
  if (typeof idToken !== "string" || ENCRYPTED.test(idToken))
    return new Response(JSON.stringify(answer), response);
  const signed = { what: "ID token", detail: { check: ID_TOKEN_CHECK } };
  const { header, claims } = await verifySignature(idToken, jwksUri, signed);
  const verified: Verified = { idToken, alg: header.alg };
  const checked = { ...answer, id_token: replaceClaims(idToken, claims), verified };
  return new Response(JSON.stringify(checked), response);
}

function replaceClaims(token: string, claims: Claims): string {
  const [header, , signature] = token.split(".");
  return [header, Buffer.from(JSON.stringify(claims)).toString("base64url"), signature].join(".");
}

/** `max_age` (seconds) and `acr_values` (separated by spaces) of the authentication request (Core 3.1.2.1). */
export type Asked = { readonly maxAge?: number | null | undefined; readonly acr?: string | undefined };

/** Makes the checks that openid-client does not make, and returns a `TokenSet`. @throws LoginError */
export function toTokenSet(response: TokenResponse, asked: Asked = {}): TokenSet {
  const { access_token: accessToken, expires_in, refresh_token, scope } = response;
  const now = nowInSeconds();
  const claims: Claims | undefined = response.claims();
  // Ignore `verified` if the ID token is missing: `verifyAnswer` did not add it, so the provider itself sent it.
  const verified = claims && (response as { readonly verified?: Verified }).verified;
  if (claims) checkIdToken(claims, { ...asked, alg: verified?.alg, accessToken });
  return {
    accessToken,
    accessTokenExpiresAt: expires_in === undefined ? null : now + expires_in,
    ...(expires_in === 0 && { refreshAt: now + REFRESH_EXPIRED_AFTER }),
    idToken: verified?.idToken ?? null,
    idTokenClaims: claims ?? null,
    refreshToken: refresh_token ?? null,
    scope: scope?.trim() || null, // some providers send an empty scope
  };
}

/** The checks of OpenID Connect Core 3.1.3.7 and 3.1.3.8 that openid-client does not make. @throws LoginError */
export function checkIdToken(claims: Claims, context: Asked & { alg: unknown; accessToken: string }): void {
  const { alg, accessToken, maxAge, acr } = context;
  const { sub, azp, iat, auth_time, at_hash } = claims;
  const latest = nowInSeconds() + CLOCK_TOLERANCE;
  const reject = (claim: string) => {
    const hint = /^(auth_time|acr)$/.test(claim) && { hint: "unmet" };
    const detail = { check: ID_TOKEN_CHECK, claim, ...hint };
    throw new LoginError("invalid_response", `the ID token's ${claim} is not valid`, detail);
  };
  if (sub === "") reject("sub");
  if (azp !== undefined && azp !== getSettings().oidc.clientId) reject("azp");
  if (typeof iat !== "number" || iat > latest) reject("iat");
  // openid-client checks `auth_time` only for the code grant, and accepts a time in the future or in milliseconds.
  const earliest = nowInSeconds() - CLOCK_TOLERANCE - (maxAge ?? Number.POSITIVE_INFINITY);
  const isRecent = Number(auth_time) >= earliest && Number(auth_time) <= latest;
  if (typeof maxAge === "number" && !isRecent) reject("auth_time");
  if (acr && !acr.split(" ").some((value) => value === claims.acr)) reject("acr"); // some providers ignore `acr_values`
  if (at_hash !== undefined && at_hash !== accessTokenHash(accessToken, alg)) reject("at_hash");
}

/** The expected `at_hash`: base64url of the left half of the access token's hash (OpenID Connect Core 3.1.3.6). */
function accessTokenHash(accessToken: string, alg: unknown): string {
  const bits = /^(?:RS|PS|ES)(256|384|512)$/.exec(String(alg))?.[1] ?? "512"; // Ed25519 uses SHA-512
  const hash = createHash(`sha${bits}`).update(accessToken, "ascii").digest();
  return hash.subarray(0, hash.length / 2).toString("base64url");
}
