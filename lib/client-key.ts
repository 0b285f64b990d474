import { createPrivateKey, type KeyObject } from "node:crypto";

/** The signature algorithms that the app supports for a client assertion (RFC 7518, 3.1; RFC 8037; RFC 9864). */
export type SigningAlgorithm = "RS256" | "PS256" | "ES256" | "ES384" | "ES512" | "EdDSA" | "Ed25519";

/** The client's private key, ready to sign (OpenID Connect Core 9, `private_key_jwt`). */
export interface ClientKey {
  readonly key: KeyObject;
  /** The algorithms that it can sign with, the most usual one first. */
  readonly algorithms: readonly SigningAlgorithm[];
  /** Identifies the public key to the provider; a PEM has none. */
  readonly kid: string | undefined;
  /** Identifies its certificate: the SHA-256 thumbprint (RFC 7517, 4.9), in base64url. */
  readonly thumbprint: string | undefined;
}

const MIN_RSA_BITS = 2048;

const CURVES: Readonly<Record<string, SigningAlgorithm>> = {
  prime256v1: "ES256",
  secp384r1: "ES384",
  secp521r1: "ES512",
};

/**
 * Reads `OIDC_CLIENT_PRIVATE_KEY`: a JWK (RFC 7517), whose `alg` selects the algorithm, or a PKCS#8 PEM, which may be in
 * one line with `\n` as line breaks.
 *
 * @returns the key, or what is wrong with it, without repeating any part of it
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
    return {
      problem: "is not a valid private key. It must be a PKCS#8 PEM (-----BEGIN PRIVATE KEY-----) or a JWK",
    };
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
  // Two names for one algorithm; most clients are registered with the older one.
  if (asymmetricKeyType === "ed25519") return { algorithms: ["EdDSA", "Ed25519"] };
  const curve = CURVES[namedCurve];
  if (asymmetricKeyType === "ec" && curve) return { algorithms: [curve] };
  return { problem: "is a key of an unsupported type. Use RSA, P-256, P-384, P-521 or Ed25519" };
}
