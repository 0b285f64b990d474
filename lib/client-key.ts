import { createPrivateKey, type KeyObject } from "node:crypto";

/** Signature algorithms (RFC 7518, 3.1; RFC 8037; RFC 9864). */
export type SigningAlgorithm = "RS256" | "PS256" | "ES256" | "ES384" | "ES512" | "EdDSA" | "Ed25519";

/** The client's private key, ready to sign (OpenID Connect Core 9, `private_key_jwt`). */
export interface ClientKey {
  readonly key: KeyObject;
  readonly algorithms: readonly SigningAlgorithm[]; // the algorithms that the key can sign with, the most common first
  readonly kid: string | undefined; // tells the provider which public key to use; a PEM has none
  /** The SHA-256 thumbprint of the key's certificate (RFC 7517, 4.9), in base64url. */
  readonly thumbprint: string | undefined;
}

/** Algorithms by key type or curve. Ed25519 has two names; most clients are registered with the older name, EdDSA. */
const ALGORITHMS: Readonly<Record<string, readonly SigningAlgorithm[]>> = {
  rsa: ["RS256", "PS256"],
  "rsa-pss": ["PS256"],
  ed25519: ["EdDSA", "Ed25519"],
  prime256v1: ["ES256"],
  secp384r1: ["ES384"],
  secp521r1: ["ES512"],
};
const MIN_RSA_BITS = 2048;

/** Reads a PKCS#8 PEM or a JWK (RFC 7517). The `alg` of a JWK selects the algorithm. `problem` never quotes the key. */
export function parseClientKey(value: string): ClientKey | { readonly problem: string } {
  let key: KeyObject;
  let jwk: Readonly<Record<string, unknown>> = {};
  try {
    if (value.startsWith("{")) {
      jwk = JSON.parse(value);
      key = createPrivateKey({ key: { ...jwk }, format: "jwk" });
    } else key = createPrivateKey(value.replaceAll("\\n", "\n"));
  } catch {
    return { problem: "is not a valid private key. Use a PKCS#8 PEM (-----BEGIN PRIVATE KEY-----) or a JWK" };
  }
  const { asymmetricKeyType = "", asymmetricKeyDetails = {} } = key;
  const { modulusLength, namedCurve = "" } = asymmetricKeyDetails;
  const possible = ALGORITHMS[asymmetricKeyType === "ec" ? namedCurve : asymmetricKeyType];
  if (!possible)
    return { problem: "is a key of an unsupported type. Use RSA, P-256, P-384, P-521 or Ed25519" };
  if (modulusLength !== undefined && modulusLength < MIN_RSA_BITS) {
    return { problem: `is an RSA key of ${modulusLength} bits, but needs ${MIN_RSA_BITS} or more` };
  }
  const algorithms = possible.filter((name) => jwk.alg === undefined || name === jwk.alg);
  if (algorithms.length === 0) return { problem: `has an "alg" that does not match the key` };
  return { key, algorithms, kid: textOf(jwk.kid), thumbprint: textOf(jwk["x5t#S256"]) };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
