import { createRemoteJWKSet, type JWTVerifyGetKey } from "jose";

/** What it takes to check a token of a provider. */
export interface ProviderKeys {
  readonly issuer: string;
  readonly keys: JWTVerifyGetKey;
  /** Where the keys come from. */
  readonly address: string;
}

/** Thrown while the provider does not give out its keys; the message says where they were looked for, and why in vain. */
export class ProviderUnavailableError extends Error {
  override readonly name = "ProviderUnavailableError";

  constructor(address: string, cause: unknown) {
    super(`${address}: ${reasonOf(cause)}`, { cause });
  }
}

/**
 * Finds the provider's keys by its discovery document (OpenID Connect Discovery 1.0, section 4).
 *
 * @param issuer a slash too many or too few at its end is forgiven
 * @throws ProviderUnavailableError
 */
export async function discoverKeys(issuer: string): Promise<ProviderKeys> {
  const base = issuer.replace(/\/$/, "");
  const address = `${base}/.well-known/openid-configuration`;
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(5000) });
    if (!response.ok) throw new Error(`it answers ${response.status}`);
    const document = await response.json();
    if (String(document.issuer).replace(/\/$/, "") !== base) {
      throw new Error(`it is the document of another issuer, ${JSON.stringify(document.issuer)}`);
    }
    const jwksUri = new URL(document.jwks_uri);
    // One second is long enough to keep tokens with made-up keys from becoming a flood at the provider.
    const keys = createRemoteJWKSet(jwksUri, { cooldownDuration: 1000 });
    return { issuer: document.issuer, keys, address: jwksUri.href };
  } catch (error) {
    throw new ProviderUnavailableError(address, error);
  }
}

/** Of a failed fetch the cause tells more than its own message does. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  return "code" in cause ? String(cause.code) : cause.message;
}
