import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from "jose";

/** The content of a verified access token. */
export interface VerifiedToken {
  readonly sub: string; // empty if the claim is missing, although RFC 9068, 2.2 requires it
  readonly permissions: readonly string[];
  /** The thumbprint of the key that the token is bound to (RFC 9449, 6.1); undefined for a bearer token. */
  readonly thumbprint: string | undefined;
}

/** Matches jose's error codes for an invalid token. The other errors of jose concern the provider or the network. */
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
 * The verifier returns `invalid` for a token that the API does not accept, and `unavailable` when the provider's keys
 * cannot be fetched.
 */
export function createTokenVerifier({ issuer, audience, say }: VerifierOptions) {
  let discovered: ReturnType<typeof discoverKeys> | undefined;
  let lastProblem: string | undefined;
  return async (token: string): Promise<VerifiedToken | "invalid" | "unavailable"> => {
    let url = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
    try {
      discovered ??= discoverKeys(url);
      const known = await discovered;
      url = known.url;
      const { payload } = await jwtVerify(token, known.keys, {
        issuer: known.issuer,
        audience,
        algorithms: ["RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519"],
        requiredClaims: ["exp"],
      });
      lastProblem = undefined;
      const { sub = "", cnf } = payload;
      return { sub, permissions: permissions(payload), thumbprint: Object(cnf).jkt };
    } catch (error) {
      if (error instanceof errors.JOSEError && TOKEN_ERROR.test(error.code)) return "invalid";
      discovered = undefined;
      // If `fetch` fails, the `cause` of its error says more than the error's message.
      const { message = error, cause } = Object(error);
      const problem = `${url}: ${cause?.code ?? cause?.message ?? message}`;
      if (problem !== lastProblem)
        say?.(`The message API answers 503, because it cannot fetch the provider's keys. ${problem}`);
      lastProblem = problem;
      return "unavailable";
    }
  };
}

/** Finds the provider's keys through its discovery document (OpenID Connect Discovery 1.0, section 4). */
async function discoverKeys(url: string) {
  const response = await fetch(url, { signal: AbortSignal.timeout(5000) });
  if (!response.ok) throw new Error(`it answers ${response.status}`);
  const { issuer, jwks_uri } = await response.json();
  if (!url.startsWith(`${String(issuer).replace(/\/$/, "")}/.well-known/`))
    throw new Error(`it is the document of another issuer, ${JSON.stringify(issuer)}`);
  const jwksUri = new URL(jwks_uri);
  // Fetches the keys at most once a second, so that tokens with made-up key ids cannot flood the provider.
  return { issuer, keys: createRemoteJWKSet(jwksUri, { cooldownDuration: 1000 }), url: jwksUri.href };
}

/** The permissions in a token: `permissions` (Auth0), scopes (`scope`, or `scp` from Okta) and `roles` (Entra ID). */
function permissions({ permissions: listed, scope, scp, roles }: JWTPayload): string[] {
  return [listed, scope, scp, roles].flatMap((claim) => {
    return Array.isArray(claim) ? claim.map(String) : String(claim ?? "").split(" ");
  });
}
