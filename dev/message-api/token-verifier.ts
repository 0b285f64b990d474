import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from "jose";

/** The content of an access token. */
export interface VerifiedToken {
  readonly sub: string; // required by RFC 9068, 2.2; empty for a token without one
  readonly permissions: readonly string[];
  /** The thumbprint of the key that it is bound to (RFC 9449, 6.1); undefined for a bearer token. */
  readonly thumbprint: string | undefined;
}

/** Thrown while the provider's keys cannot be fetched. The message contains the URL and the reason. */
export class ProviderUnavailableError extends Error {
  constructor(url: string, cause: unknown) {
    const { message = cause, cause: inner } = Object(cause);
    // The cause of a failed fetch is more specific than its message.
    super(`${url}: ${inner?.code ?? inner?.message ?? message}`, { cause });
  }
}

interface ProviderKeys {
  readonly issuer: string;
  readonly keys: JWTVerifyGetKey;
  /** Where the keys come from. */
  readonly url: string;
}

/** jose's errors of the token. Every other error is a problem of the provider or of the network. */
const TOKEN_ERROR = /^ERR_(JW[ST]_|JOSE_ALG_NOT_ALLOWED$|JWKS_(NO|MULTIPLE)_MATCHING_KEY)/;

export interface VerifierOptions {
  /** The provider's issuer URL. A missing or extra trailing slash is accepted. */
  readonly issuer: string;
  /** Must be in the `aud` claim of an access token. */
  readonly audience: string;
  /** Prints a line when the keys cannot be fetched; once for each reason, not for every request. */
  readonly say?: (line: string) => void;
}

/**
 * Creates a verifier of JWT access tokens: signature by a key of the provider, issuer, audience, expiry (RFC 9068,
 * section 4). The discovery document and the keys are fetched at the first token and cached. A token with an unknown key
 * makes it fetch the keys again, so that the provider can rotate them.
 *
 * It returns undefined for a token that the API does not accept, and throws ProviderUnavailableError when the provider's
 * keys cannot be fetched.
 */
export function createTokenVerifier({ issuer, audience, say }: VerifierOptions) {
  let discovered: Promise<ProviderKeys> | undefined;
  let lastMessage: string | undefined;
  const unavailable = (error: ProviderUnavailableError): never => {
    if (lastMessage !== error.message)
      say?.(`The message API answers 503, because it cannot fetch the provider's keys. ${error.message}`);
    lastMessage = error.message;
    throw error;
  };
  return async (token: string): Promise<VerifiedToken | undefined> => {
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
      lastMessage = undefined;
      return {
        sub: payload.sub ?? "",
        permissions: permissions(payload),
        thumbprint: Object(payload.cnf).jkt,
      };
    } catch (error) {
      if (error instanceof errors.JOSEError && TOKEN_ERROR.test(error.code)) return undefined;
      return unavailable(new ProviderUnavailableError(known.url, error));
    }
  };
}

/** Finds the provider's keys by its discovery document (OpenID Connect Discovery 1.0, section 4). */
async function discoverKeys(issuer: string): Promise<ProviderKeys> {
  const base = issuer.replace(/\/$/, "");
  const url = `${base}/.well-known/openid-configuration`;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(5000) });
    if (!response.ok) throw new Error(`it answers ${response.status}`);
    const document = await response.json();
    if (String(document.issuer).replace(/\/$/, "") !== base) {
      throw new Error(`it is the document of another issuer, ${JSON.stringify(document.issuer)}`);
    }
    const jwksUri = new URL(document.jwks_uri);
    // One second is enough to keep tokens with made-up key ids from flooding the provider with requests.
    const keys = createRemoteJWKSet(jwksUri, { cooldownDuration: 1000 });
    return { issuer: document.issuer, keys, url: jwksUri.href };
  } catch (error) {
    throw new ProviderUnavailableError(url, error);
  }
}

/** Auth0 lists permissions in their own claim. Others use scopes (Okta: `scp`) or roles (Entra ID). */
function permissions({ permissions: listed, scope, scp, roles }: JWTPayload): string[] {
  return [listed, scope, scp, roles].flatMap((claim) => {
    return Array.isArray(claim) ? claim.map(String) : String(claim ?? "").split(" ");
  });
}
