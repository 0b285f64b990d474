import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from "jose";

const ALGORITHMS = ["RS256", "ES256", "Ed25519"];

const PUBLIC_MEMBERS = ["kty", "kid", "use", "n", "e", "crv", "x", "y"];

/**
 * Creates signing keys: an RSA key, which signs ID and access tokens with RS256 (with PS256 for a client that requests
 * it), an EC key for ES256 and an Ed25519 key.
 *
 * @returns the private keys as JWKs (RFC 7517)
 */
export async function createSigningKeys(): Promise<JWK[]> {
  return Promise.all(
    ALGORITHMS.map(async (algorithm) => {
      const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
      const jwk = await exportJWK(privateKey);
      return { ...jwk, kid: await calculateJwkThumbprint(jwk), use: "sig" };
    }),
  );
}

/** The public key of a private key. */
export function toPublicKey(jwk: JWK): JWK {
  return Object.fromEntries(Object.entries(jwk).filter(([name]) => PUBLIC_MEMBERS.includes(name))) as JWK;
}
