/** Claims of a token or of userinfo, as parsed from JSON: of any type, whatever the specification says. */
export type Claims = Readonly<Record<string, unknown>>;

/** Signatures that only the provider can make (RFC 7518, 3.1; RFC 8037; RFC 9864): those that openid-client checks. */
export const PROVIDER_ALGORITHMS: readonly string[] = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
];

/**
 * Reads a JWT without verifying it (RFC 7519): to show it, or after its signature was checked elsewhere.
 *
 * @param token a compact JWS, or any other string
 * @returns header and claims; null for what is no JWT, as an opaque access token
 */
export function decodeJwt(token: string): { header: Claims; claims: Claims } | null {
  const [header, claims, signature, ...rest] = token.split(".");
  if (!header || !claims || signature === undefined || rest.length) return null;
  try {
    return { header: parsePart(header), claims: parsePart(claims) };
  } catch {
    return null;
  }
}

function parsePart(part: string): Claims {
  const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new TypeError("no JSON object");
  return value as Claims;
}
