import { nowInSeconds } from "../../clock.ts";
import { getSettings } from "../../settings.ts";
import { checkIdToken } from "./id-token.ts";
import { type Claims, decodeJwt } from "./jwt.ts";

/** What the token endpoint gave, checked. Times are Unix seconds. */
export interface TokenSet {
  readonly accessToken: string;
  /** Null where the provider does not say (RFC 6749, 5.1: `expires_in` is recommended only). */
  readonly accessTokenExpiresAt: number | null;
  /** From when on the access token is renewed, unless that follows from its expiry. */
  readonly refreshAt?: number | null;
  /** Null in the answer to a refresh that brings no new one. */
  readonly idToken: string | null;
  /** The claims of the ID token, null without one. */
  readonly idTokenClaims: Claims | null;
  readonly refreshToken: string | null;
  /** Null where it is the scope that was asked for. */
  readonly scope: string | null;
}

/** A token response (RFC 6749, 5.1) in the specification's own names. */
interface TokenResponse {
  readonly access_token: string;
  readonly expires_in?: number;
  readonly id_token?: string;
  /** The ID token as the provider sent it. */
  readonly signed_id_token?: string;
  readonly refresh_token?: string;
  readonly scope?: string;
}

/**
 * Seconds after which an access token that had expired on arrival (`expires_in` is 0) is renewed. A new one would be no
 * better, so asking for it at every request would only wear the provider out.
 */
const RENEW_EXPIRED_AFTER = 60;

/**
 * A token response that openid-client has checked, in the app's own names.
 *
 * @param maxAge seconds; where the login asked for `max_age`
 * @throws LoginError `invalid_response` where the ID token fails the checks that are left to us
 */
export function toTokenSet(response: TokenResponse, maxAge?: number): TokenSet {
  const { access_token: accessToken, expires_in, id_token, signed_id_token, refresh_token, scope } = response;
  const { clientId } = getSettings().oidc;
  const now = nowInSeconds();
  if (id_token !== undefined) checkIdToken(id_token, { clientId, accessToken, maxAge });
  return {
    accessToken,
    accessTokenExpiresAt: expires_in === undefined ? null : now + expires_in,
    ...(expires_in === 0 && { refreshAt: now + RENEW_EXPIRED_AFTER }),
    idToken: id_token === undefined ? null : (signed_id_token ?? id_token),
    idTokenClaims: id_token === undefined ? null : (decodeJwt(id_token)?.claims ?? {}),
    refreshToken: refresh_token ?? null,
    scope: scope?.trim() || null, // some providers send an empty one
  };
}
