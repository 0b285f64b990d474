import { exportJWK, generateKeyPair, importJWK, type JWK } from "jose";
import * as client from "openid-client";
import { quote } from "../../log.ts";
import { getSettings } from "../../settings.ts";
import { isTried } from "../inspector/recording.ts"; // part: inspector
import { LoginError } from "./errors.ts";
import { getProviderMetadata, type ProviderMetadata } from "./metadata.ts";

/** A private ES256 key as a JWK. The tokens of a session are bound to it (RFC 9449). */
export type DpopKey = Readonly<JWK>;
const ALGORITHM = "ES256";

/** Creates a key for a login if its tokens must be bound to one. Otherwise returns null. @throws LoginError */
export async function newDpopKey(): Promise<DpopKey | null> {
  let { dpop } = getSettings().oidc;
  dpop ||= isTried("dpop"); // part: inspector
  return dpop ? createDpopKey(await getProviderMetadata()) : null;
}

/** Creates a key for a session. @throws LoginError `configuration` if the provider does not support ES256 */
export async function createDpopKey(metadata: Partial<ProviderMetadata>): Promise<DpopKey> {
  const supported = metadata.dpop_signing_alg_values_supported;
  if (supported && !supported.includes(ALGORITHM)) {
    const message = `OIDC_DPOP is on, but the provider does not support ${ALGORITHM}`;
    throw new LoginError("configuration", message, { supported: quote(supported) });
  }
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  return exportJWK(privateKey);
}

/** The option that makes openid-client send a DPoP proof with a request (RFC 9449, 8). Empty if there is no key. */
export async function dpopOptions(key: DpopKey | null | undefined): Promise<client.DPoPOptions> {
  if (!key) return {};
  const { d, ext, key_ops, ...publicJwk } = key;
  const privateKey = (await importJWK({ ...publicJwk, d } as JWK, ALGORITHM)) as CryptoKey;
  const publicKey = (await importJWK(publicJwk as JWK, ALGORITHM)) as CryptoKey;
  return { DPoP: client.getDPoPHandle(plainConfiguration(), { privateKey, publicKey }) };
}

/**
 * Checks that a response's tokens are bound to the key. @returns `{ dpopKey }` for the session, if a key is given
 * @throws LoginError `configuration` if the provider ignored the proof and issued bearer tokens (RFC 9449, 5)
 */
export function boundTo(dpopKey: DpopKey | null | undefined, response: { readonly token_type: string }) {
  if (!dpopKey || response.token_type.toLowerCase() === "dpop") return dpopKey && { dpopKey };
  throw new LoginError("configuration", "OIDC_DPOP is on, but the provider issues bearer tokens");
}

/** Calls an API with an access token and a DPoP proof (RFC 9449, 7). @throws like fetch */
export async function fetchWithProof(
  url: string,
  { accessToken, dpopKey }: { readonly accessToken: string; readonly dpopKey?: DpopKey | null },
  { method, headers, body }: { method: string; headers: Headers; body: client.FetchBody },
  options: Omit<RequestInit, "body">,
): Promise<Response> {
  const config = plainConfiguration();
  client.allowInsecureRequests(config); // the settings have already checked whether the API may use http
  config[client.customFetch] = (address, init) => fetch(address, { ...init, ...options } as RequestInit);
  const proof = await dpopOptions(dpopKey);
  return client
    .fetchProtectedResource(config, accessToken, new URL(url), method, body, headers, proof)
    .catch((error: unknown) => {
      const { response, cause } = Object(error) as { response?: unknown; cause?: unknown };
      if (response instanceof Response) return response;
      throw cause ?? error;
    });
}

function plainConfiguration(): client.Configuration {
  const { issuer, clientId } = getSettings().oidc;
  return new client.Configuration({ issuer }, clientId);
}
