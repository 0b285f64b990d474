import { createPrivateKey, type KeyObject } from "node:crypto";

/** Signature algorithms for a client assertion (RFC 7518, 3.1; RFC 8037, RFC 9864), as far as the app makes them. */
export type SigningAlgorithm = "RS256" | "PS256" | "ES256" | "ES384" | "ES512" | "EdDSA" | "Ed25519";

/** The client's private key, ready to sign (OpenID Connect Core 9, `private_key_jwt`). */
export interface ClientKey {
  readonly key: KeyObject;
  /** What it can sign with, the usual first. */
  readonly algorithms: readonly SigningAlgorithm[];
  /** The provider finds the public key by it; a PEM has none. */
  readonly kid: string | undefined;
  /** … or by the SHA-256 thumbprint of its certificate (RFC 7517, 4.9), in Base64url. */
  readonly thumbprint: string | undefined;
}

const MIN_RSA_BITS = 2048;

const CURVES: Readonly<Record<string, SigningAlgorithm>> = {
  prime256v1: "ES256",
  secp384r1: "ES384",
  secp521r1: "ES512",
};

/**
 * Reads `OIDC_CLIENT_PRIVATE_KEY`: a PKCS#8 PEM, its line ends also as `\n` in one line, or a JWK (RFC 7517). A JWK's
 * `alg` is what it signs with.
 *
 * @returns the key, or what is wrong with the value, in words that hold nothing of it
 */
export function parseClientKey(value: string): ClientKey | { readonly problem: string } {
  const isJwk = value.startsWith("{");
  let key: KeyObject;
  let jwk: Readonly<Record<string, unknown>> = {};
  try {
    jwk = isJwk ? JSON.parse(value) : {};
    key = isJwk
      ? createPrivateKey({ key: { ...jwk }, format: "jwk" })
      : createPrivateKey(value.replaceAll("\\n", "\n"));
  } catch {
    return { problem: "is no private key. It must be a PKCS#8 PEM (-----BEGIN PRIVATE KEY-----) or a JWK" };
  }
  const possible = algorithmsOf(key);
  if ("problem" in possible) return possible;
  const algorithms =
    jwk.alg === undefined ? possible.algorithms : possible.algorithms.filter((name) => name === jwk.alg);
  if (algorithms.length === 0) return { problem: `has an "alg" that does not fit its key` };
  return { key, algorithms, kid: textOf(jwk.kid), thumbprint: textOf(jwk["x5t#S256"]) };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function algorithmsOf({
  asymmetricKeyType,
  asymmetricKeyDetails = {},
}: KeyObject): { readonly algorithms: readonly SigningAlgorithm[] } | { readonly problem: string } {
  const { modulusLength = 0, namedCurve = "" } = asymmetricKeyDetails;
  if (asymmetricKeyType === "rsa" || asymmetricKeyType === "rsa-pss") {
    if (modulusLength < MIN_RSA_BITS)
      return { problem: `is an RSA key of ${modulusLength} bits, but needs ${MIN_RSA_BITS} or more` };
    return { algorithms: asymmetricKeyType === "rsa" ? ["RS256", "PS256"] : ["PS256"] };
  }
  // Two names for one signature; the elder is the one that most clients are registered with.
  if (asymmetricKeyType === "ed25519") return { algorithms: ["EdDSA", "Ed25519"] };
  const curve = CURVES[namedCurve];
  if (asymmetricKeyType === "ec" && curve) return { algorithms: [curve] };
  return { problem: "is a key of a kind that signs nothing here. Use RSA, P-256, P-384, P-521 or Ed25519" };
}
