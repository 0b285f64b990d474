import { quote } from "../../log.ts";
import { LoginError } from "../errors.ts";
import type { ProviderMetadata, ProviderRequest } from "./client.ts";

/** The private key that a session's tokens are bound to (RFC 9449), as a JWK: ES256. */
export type DpopKey = Readonly<JsonWebKey>;

const ALGORITHM = "ES256";
const KEY = { name: "ECDSA", namedCurve: "P-256" } as const;

/**
 * A new key for a new session.
 *
 * @throws LoginError `configuration` where the provider says that it takes no proofs with such a key
 */
export async function createDpopKey({
  dpop_signing_alg_values_supported: supported,
}: ProviderMetadata): Promise<DpopKey> {
  if (supported && !supported.includes(ALGORITHM)) {
    throw new LoginError("configuration", `OIDC_DPOP is on, but the provider does not take ${ALGORITHM}`, {
      supported: quote(supported),
    });
  }
  const { privateKey } = await crypto.subtle.generateKey(KEY, true, ["sign", "verify"]);
  return crypto.subtle.exportKey("jwk", privateKey);
}

/**
 * What openid-client needs to send proofs with a request: nothing without a key. It answers a server that wants a nonce
 * (RFC 9449, 8) by itself.
 */
export async function dpopOptions(
  key: DpopKey | null,
  ...[config, client]: Parameters<ProviderRequest<unknown>>
) {
  if (key === null) return {};
  const { kty, crv, x, y } = key;
  const [privateKey, publicKey] = await Promise.all([
    crypto.subtle.importKey("jwk", { ...key, key_ops: ["sign"] }, KEY, false, ["sign"]),
    crypto.subtle.importKey("jwk", { kty, crv, x, y } as JsonWebKey, KEY, true, ["verify"]),
  ]);
  return { DPoP: client.getDPoPHandle(config, { privateKey, publicKey }) };
}
