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

/** An object without its members that are null: in what the provider sends, null means that there is none. */
export function withoutNulls<T extends object>(members: T): T {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null)) as T;
}

/** Parses a JSON object that the provider sent, as {@link withoutNulls} has it; null for any other text. */
export function parseObject(text: string): Claims | null {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? withoutNulls(value as Claims) : null;
  } catch {
    return null;
  }
}

/**
 * Reads a JWT without verifying it (RFC 7519): to show it, or after its signature was checked elsewhere.
 *
 * @param token a compact JWS, or any other string
 * @returns header and claims; null for anything else, such as an opaque access token
 */
export function decodeJwt(token: string): { header: Claims; claims: Claims } | null {
  const [headerPart = "", claimsPart = "", signature, ...rest] = token.split(".");
  if (signature === undefined || rest.length > 0) return null;
  const header = parseObject(Buffer.from(headerPart, "base64url").toString("utf8"));
  const claims = parseObject(Buffer.from(claimsPart, "base64url").toString("utf8"));
  return header && claims && { header, claims };
}
