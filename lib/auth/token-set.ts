import { nowInSeconds } from "../clock.ts";
import { getSettings } from "../settings.ts";
import { checkIdToken } from "./id-token.ts";

/** What the token endpoint gave, checked. Times are Unix seconds. */
export interface TokenSet {
  readonly accessToken: string;
  /** Null where the provider does not say (RFC 6749, 5.1: `expires_in` is recommended only). */
  readonly accessTokenExpiresAt: number | null;
  /** Null in the answer to a refresh that brings no new one. */
  readonly idToken: string | null;
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
 * A token response that openid-client has checked, in the app's own names.
 *
 * @throws LoginError `invalid_response` where the ID token fails the checks that are left to us
 */
export function toTokenSet(response: TokenResponse): TokenSet {
  const { access_token: accessToken, expires_in, id_token, signed_id_token, refresh_token, scope } = response;
  if (id_token !== undefined) checkIdToken(id_token, { clientId: getSettings().oidc.clientId, accessToken });
  return {
    accessToken,
    accessTokenExpiresAt: expires_in === undefined ? null : nowInSeconds() + expires_in,
    idToken: id_token === undefined ? null : (signed_id_token ?? id_token),
    refreshToken: refresh_token ?? null,
    scope: scope?.trim() || null, // some providers send an empty one
  };
}
