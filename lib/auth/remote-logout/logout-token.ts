import { nowInSeconds } from "../../clock.ts";
import { getSettings } from "../../settings.ts";
import {
  CLOCK_TOLERANCE,
  type Claims,
  getProviderMetadata,
  isObject,
  LoginError,
  verifySignature,
} from "../provider/index.ts";

/** A verified logout token. The provider has ended all sessions of the person `sub`, or only the session `sid`. */
export interface LogoutToken {
  readonly iss: string;
  readonly sub: string | undefined;
  readonly sid: string | undefined;
  readonly jti: string;
  /** Unix seconds. */
  readonly exp: number;
}

const EVENT = "http://schemas.openid.net/event/backchannel-logout";

/** Matches the `typ` of the token's header: `logout+jwt`, or the general `JWT`. Some providers omit `typ`. */
const TYPE = /^(application\/)?(logout\+)?jwt$/i;

/**
 * Verifies a logout token (OpenID Connect Back-Channel Logout 1.0, 2.6). Signature, `iss`, `aud`, `iat` and `exp` are
 * checked as in an ID token. The token must contain `jti`, the logout event, and `sub` or `sid`, but no `nonce`.
 * The caller checks whether the token was used before.
 *
 * @throws LoginError `invalid_response` if the token is invalid; `provider_unavailable` if the keys cannot be fetched
 */
export async function verifyLogoutToken(token: string): Promise<LogoutToken> {
  const { issuer, jwks_uri } = await getProviderMetadata();
  const { header, claims } = await verifySignature(token, jwks_uri, { what: "logout token", minKeyAge: 1 });
  const { typ } = header;
  if (typ !== undefined && !(typeof typ === "string" && TYPE.test(typ))) refuse("typ");
  return readClaims(claims, issuer);
}

function readClaims(claims: Claims, issuer: string): LogoutToken {
  const { iss, aud, sub, sid, jti, exp, nbf, iat, azp, events, nonce } = claims;
  const { clientId } = getSettings().oidc;
  const now = nowInSeconds();
  if (iss !== issuer) refuse("iss");
  if (![aud].flat().includes(clientId)) refuse("aud");
  if (typeof exp !== "number" || exp <= now - CLOCK_TOLERANCE) refuse("exp");
  if (nbf !== undefined && !(typeof nbf === "number" && nbf <= now + CLOCK_TOLERANCE)) refuse("nbf");
  if (typeof iat !== "number" || iat > now + CLOCK_TOLERANCE) refuse("iat");
  if (typeof jti !== "string" || !jti) refuse("jti");
  if (sub !== undefined && (typeof sub !== "string" || !sub)) refuse("sub");
  if (sid !== undefined && (typeof sid !== "string" || !sid)) refuse("sid");
  if (sub === undefined && sid === undefined) refuse("sub");
  if (azp !== undefined && azp !== clientId) refuse("azp");
  if (nonce !== undefined) refuse("nonce"); // only an ID token may have a nonce
  if (!isObject(events) || !Object.hasOwn(events, EVENT) || !isObject(events[EVENT])) refuse("events");
  return { iss, sub, sid, jti, exp };
}

function refuse(claim: string): never {
  throw new LoginError("invalid_response", `the logout token's ${claim} is not valid`, { claim });
}
