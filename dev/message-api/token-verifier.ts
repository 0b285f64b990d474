import { errors, type JWTPayload, jwtVerify } from "jose";
import { discoverKeys, type ProviderKeys, ProviderUnavailableError } from "./provider-keys.ts";

/** What an access token says. */
export interface VerifiedToken {
  readonly permissions: readonly string[];
  /** The thumbprint of the key that it is bound to (RFC 9449, 6.1); undefined for a bearer token. */
  readonly thumbprint: string | undefined;
}

/**
 * Checks an access token.
 *
 * @returns what it says; undefined when the token is not one that this API takes
 * @throws ProviderUnavailableError when it takes the provider's keys to tell, and they cannot be had
 */
export type TokenVerifier = (token: string) => Promise<VerifiedToken | undefined>;

/** Failures that are the token's fault; any other is the provider's, or the way's to it. */
const TOKEN_FAULTS = [
  errors.JOSEAlgNotAllowed,
  errors.JWKSMultipleMatchingKeys,
  errors.JWKSNoMatchingKey,
  errors.JWSInvalid,
  errors.JWSSignatureVerificationFailed,
  errors.JWTClaimValidationFailed,
  errors.JWTExpired,
  errors.JWTInvalid,
];

/** Whose tokens are taken, for which API, and whom to tell when they cannot be checked. */
interface VerifierOptions {
  readonly issuer: string;
  readonly audience: string;
  readonly say?: (line: string) => void;
}

/**
 * A verifier of access tokens in JWT form: signature by a key of the provider, issuer, audience, expiry (RFC 9068,
 * section 4). Discovery document and keys are fetched at the first token and kept; a key not seen before is looked for
 * again, so that the provider may change its keys.
 */
export function createTokenVerifier({ issuer, audience, say = () => {} }: VerifierOptions): TokenVerifier {
  let discovered: Promise<ProviderKeys> | undefined;
  let told: string | undefined;
  const unavailable = (error: ProviderUnavailableError): never => {
    if (told !== error.message) {
      say(`The message API answers 503, because it cannot get the provider's keys from ${error.message}`);
    }
    told = error.message;
    throw error;
  };
  return async (token) => {
    discovered ??= discoverKeys(issuer);
    const known = await discovered.catch((error) => {
      discovered = undefined;
      return unavailable(error);
    });
    try {
      const { payload } = await jwtVerify(token, known.keys, {
        issuer: known.issuer,
        audience,
        algorithms: ["RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519"],
        requiredClaims: ["exp"],
      });
      told = undefined;
      return { permissions: permissions(payload), thumbprint: thumbprint(payload) };
    } catch (error) {
      if (TOKEN_FAULTS.some((fault) => error instanceof fault)) return undefined;
      return unavailable(new ProviderUnavailableError(known.address, error));
    }
  };
}

/** Auth0 lists permissions in a claim of their own, others make them scopes (Okta: `scp`) or roles (Entra ID). */
function permissions({ permissions: listed, scope, scp, roles }: JWTPayload): string[] {
  return [listed, scope, scp, roles].flatMap((claim) => {
    if (Array.isArray(claim)) return claim.map(String);
    return typeof claim === "string" ? claim.split(" ") : [];
  });
}

function thumbprint({ cnf }: JWTPayload): string | undefined {
  return typeof cnf === "object" && cnf !== null && "jkt" in cnf ? String(cnf.jkt) : undefined;
}
