import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from "jose";

/** The content of a verified access token. */
export interface VerifiedToken {
  readonly sub: string; // empty if the claim is missing, although RFC 9068, 2.2 requires it
  readonly permissions: readonly string[];
  /** The thumbprint of the key that the token is bound to (RFC 9449, 6.1); undefined for a bearer token. */
  readonly thumbprint: string | undefined;
}

/** Thrown if the provider's keys cannot be fetched. The message contains the URL and the reason. */
export class ProviderUnavailableError extends Error {
  constructor(url: string, cause: unknown) {
    const { message = cause, cause: inner } = Object(cause);
    // If fetch fails, its error's `cause` says more than its error's message.
    super(`${url}: ${inner?.code ?? inner?.message ?? message}`, { cause });
  }
}

/** Matches the error codes of jose for an invalid token. Its other errors concern the provider or the network. */
const TOKEN_ERROR = /^ERR_(JW[ST]_|JOSE_ALG_NOT_ALLOWED$|JWKS_(NO|MULTIPLE)_MATCHING_KEY)/;

export interface VerifierOptions {
  /** The provider's issuer URL. A missing or extra trailing slash is accepted. */
  readonly issuer: string;
  /** The value that the `aud` claim of every access token must contain. */
  readonly audience: string;
  /** Prints a line when the keys cannot be fetched. While the reason stays the same, the line is printed only once. */
  readonly say?: (line: string) => void;
}

/**
 * Creates a verifier of JWT access tokens. It checks the signature with the provider's keys, and the issuer, the
 * audience and the expiry (RFC 9068, section 4). It fetches the discovery document and the keys for the first token and
 * caches them. It fetches the keys again for a token with an unknown key, so that the provider can rotate its keys.
 *
 * The verifier returns undefined for a token that the API does not accept, and throws ProviderUnavailableError when the
 * provider's keys cannot be fetched.
 */
export function createTokenVerifier({ issuer, audience, say }: VerifierOptions) {
  let discovered: ReturnType<typeof discoverKeys> | undefined;
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

/** Finds the provider's keys through its discovery document (OpenID Connect Discovery 1.0, section 4). */
async function discoverKeys(issuer: string) {
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
    // Fetches the keys at most once a second, so that tokens with made-up key ids cannot flood the provider.
    const keys = createRemoteJWKSet(jwksUri, { cooldownDuration: 1000 });
    return { issuer: document.issuer, keys, url: jwksUri.href };
  } catch (error) {
    throw new ProviderUnavailableError(url, error);
  }
}

/** The permissions in a token: `permissions` (Auth0), scopes (`scope`, or `scp` from Okta) and `roles` (Entra ID). */
function permissions({ permissions: listed, scope, scp, roles }: JWTPayload): string[] {
  return [listed, scope, scp, roles].flatMap((claim) => {
    return Array.isArray(claim) ? claim.map(String) : String(claim ?? "").split(" ");
  });
}
