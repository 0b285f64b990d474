import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from "jose";

/**
 * Checks an access token.
 *
 * @returns what it permits; undefined when the token is not one that this API takes
 * @throws ProviderUnavailableError when it takes the provider's keys to tell, and they cannot be had
 */
export type TokenVerifier = (token: string) => Promise<readonly string[] | undefined>;

/** Thrown while the provider does not give out its keys. */
export class ProviderUnavailableError extends Error {
  override readonly name = "ProviderUnavailableError";
}

interface Metadata {
  readonly issuer: string;
  readonly keys: JWTVerifyGetKey;
}

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

/**
 * A verifier of access tokens in JWT form: signature by a key of the provider, issuer, audience, expiry (RFC 9068,
 * section 4). Discovery document and keys are fetched at the first token and kept; a key not seen before is looked for
 * again, so that the provider may change its keys.
 */
export function createTokenVerifier({
  issuer,
  audience,
}: {
  issuer: string;
  audience: string;
}): TokenVerifier {
  let metadata: Promise<Metadata> | undefined;
  return async (token) => {
    metadata ??= discover(issuer);
    const known = await metadata.catch((cause) => {
      metadata = undefined;
      throw new ProviderUnavailableError("no discovery document", { cause });
    });
    try {
      const { payload } = await jwtVerify(token, known.keys, {
        issuer: known.issuer,
        audience,
        algorithms: ["RS256"],
        requiredClaims: ["exp"],
      });
      return permissions(payload);
    } catch (error) {
      if (TOKEN_FAULTS.some((fault) => error instanceof fault)) return undefined;
      throw new ProviderUnavailableError("no keys", { cause: error });
    }
  };
}

/** OpenID Connect Discovery 1.0, section 4. */
async function discover(issuer: string): Promise<Metadata> {
  const base = issuer.replace(/\/$/, "");
  const response = await fetch(`${base}/.well-known/openid-configuration`, {
    signal: AbortSignal.timeout(5000),
  });
  if (!response.ok) throw new Error(`the discovery document came with status ${response.status}`);
  const document = await response.json();
  if (String(document.issuer).replace(/\/$/, "") !== base)
    throw new Error("the discovery document is another issuer's");
  // One second is long enough to keep tokens with made-up keys from becoming a flood at the provider.
  const keys = createRemoteJWKSet(new URL(document.jwks_uri), { cooldownDuration: 1000 });
  return { issuer: document.issuer, keys };
}

/** Auth0 lists permissions in a claim of their own, others make them scopes. */
function permissions({ permissions: listed, scope }: JWTPayload): string[] {
  return [
    ...(Array.isArray(listed) ? listed : []),
    ...(typeof scope === "string" ? scope.split(" ") : []),
  ].map(String);
}
