import type { JWK } from "jose"; // part: fapi
import type {
  ClientMetadata,
  SigningAlgorithm, // part: fapi
} from "oidc-provider";
import { SITE } from "../../lib/site.ts";
import { DEVICE_GRANT, PROGRAM_CALLBACK } from "./device-flow.ts"; // part: broker

/** The message API's identifier. An app requests an access token for it with `audience` or `resource`. */
export const API_AUDIENCE = `https://api.${SITE.id}.local`;

/** The id of the public client that the app uses in `npm run dev` and `npm run demo`. It has no secret. */
export const PUBLIC_CLIENT_ID = SITE.id;

/** Sends its secret in the body. `BASIC_CLIENT` uses HTTP Basic; its secret tests the encoding (RFC 6749, 2.3.1). */
export const CONFIDENTIAL_CLIENT = {
  id: `${SITE.id}-confidential`,
  secret: "a-secret-of-the-development-provider",
};
export const BASIC_CLIENT = { id: `${SITE.id}-basic`, secret: "a secret: 100% + more/than=this" };

/** Whether this is the id of one of the embedded provider's clients. */
export function isEmbeddedClient(id: string): boolean {
  return [PUBLIC_CLIENT_ID, CONFIDENTIAL_CLIENT.id, BASIC_CLIENT.id].includes(id);
}

/**
 * The clients of the embedded provider. All have the same callback and logout URLs.
 * @param logoutUri the URL to which the provider sends logout tokens; without it, the provider sends none
 */
export function createClients(appBaseUrls: readonly string[], logoutUri?: string): ClientMetadata[] {
  const secrets = { client_secret_post: CONFIDENTIAL_CLIENT, client_secret_basic: BASIC_CLIENT };
  const confidential = Object.entries(secrets).map(([method, { id, secret }]) => ({
    ...appAt(appBaseUrls, logoutUri),
    client_id: id,
    client_secret: secret,
    token_endpoint_auth_method: method as keyof typeof secrets,
  }));
  return [createPublicClient(PUBLIC_CLIENT_ID, appBaseUrls, logoutUri), ...confidential];
}

/** Creates a public client, like the first client of {@link createClients}. */
export function createPublicClient(
  id: string,
  appBaseUrls: readonly string[],
  logoutUri?: string,
): ClientMetadata {
  return { ...appAt(appBaseUrls, logoutUri), client_id: id, token_endpoint_auth_method: "none" };
}

// part: fapi
/**
 * Creates a client that authenticates with a private key (OpenID Connect Core 9, `private_key_jwt`), for tests.
 * @param key the client's public key; if it has an `alg`, the provider accepts only this algorithm
 */
export function createKeyClient(id: string, key: JWK, appBaseUrls: readonly string[]): ClientMetadata {
  return {
    ...appAt(appBaseUrls),
    client_id: id,
    token_endpoint_auth_method: "private_key_jwt",
    ...(key.alg && { token_endpoint_auth_signing_alg: key.alg as SigningAlgorithm }),
    jwks: { keys: [key] },
  };
}
// end part: fapi

function appAt(appBaseUrls: readonly string[], logoutUri?: string) {
  return {
    client_name: SITE.name,
    grant_types: [
      "authorization_code",
      "refresh_token",
      DEVICE_GRANT, // part: broker
    ],
    response_types: ["code"] as const,
    redirect_uris: appBaseUrls.flatMap((base) => [
      `${base}/auth/callback`,
      `${base}/callback`,
      `${base}${PROGRAM_CALLBACK}`, // part: broker
    ]),
    post_logout_redirect_uris: appBaseUrls.flatMap((base) => [`${base}/`, base]),
    // The client requires logout tokens with the session's `sid` (OpenID Connect Back-Channel Logout 1.0, 2.2).
    ...(logoutUri && { backchannel_logout_uri: logoutUri, backchannel_logout_session_required: true }),
  };
}
