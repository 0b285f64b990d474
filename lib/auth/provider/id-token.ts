import { createHash } from "node:crypto";
import { nowInSeconds } from "../../clock.ts";
import { ID_TOKEN_CHECK, LoginError } from "../errors.ts";
import { decodeJwt } from "./jwt.ts";

/** How far two clocks may differ, in seconds. */
export const CLOCK_TOLERANCE = 30;

/** What an ID token came with. */
interface IdTokenContext {
  readonly clientId: string;
  readonly accessToken: string;
  /** Seconds; present where the login asked for `max_age`. */
  readonly maxAge?: number | undefined;
}

/**
 * The checks of OpenID Connect Core 3.1.3.7 and 3.1.3.8 that openid-client leaves to its caller: `sub` is not empty,
 * `azp` is this client wherever it is present, `iat` is not in the future, `at_hash` fits the access token. Where
 * `max_age` was asked for, `auth_time` is not in the future either: a time in milliseconds would always be recent enough.
 *
 * @param idToken one whose signature, `iss`, `aud`, `exp` and `nonce` were checked
 * @throws LoginError `invalid_response`, naming the claim
 */
export function checkIdToken(idToken: string, { clientId, accessToken, maxAge }: IdTokenContext): void {
  const { header, claims } = decodeJwt(idToken) ?? refuse("form");
  if (claims.sub === "") refuse("sub");
  if (claims.azp !== undefined && claims.azp !== clientId) refuse("azp");
  const latest = nowInSeconds() + CLOCK_TOLERANCE;
  if (typeof claims.iat !== "number" || claims.iat > latest) refuse("iat");
  if (maxAge !== undefined && !(Number(claims.auth_time) <= latest)) refuse("auth_time");
  if (claims.at_hash !== undefined && claims.at_hash !== accessTokenHash(accessToken, header.alg))
    refuse("at_hash");
}

function refuse(claim: string): never {
  const detail = { check: ID_TOKEN_CHECK, claim };
  throw new LoginError("invalid_response", `the ID token's ${claim} is not acceptable`, detail);
}

/** OpenID Connect Core 3.1.3.6: base64url of the left half of the access token's hash. */
function accessTokenHash(accessToken: string, alg: unknown): string {
  const bits = /^(?:RS|PS|ES)(256|384|512)$/.exec(String(alg))?.[1] ?? "512"; // EdDSA with Ed25519 hashes by SHA-512
  const hash = createHash(`sha${bits}`).update(accessToken, "ascii").digest();
  return hash.subarray(0, hash.length / 2).toString("base64url");
}
