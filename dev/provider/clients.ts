import type { JWK } from "jose";
import type { ClientMetadata, SigningAlgorithm } from "oidc-provider";
import { SITE } from "../../lib/site.ts";
import { DEVICE_GRANT, PROGRAM_CALLBACK } from "./device-flow.ts"; // part: broker

/** The message API's identifier. An app requests an access token for it with `audience` or `resource`. */
export const API_AUDIENCE = `https://api.${SITE.id}.local`;

/** The public client of `npm run dev` and `npm run demo`: PKCE without a secret. */
export const PUBLIC_CLIENT_ID = SITE.id;

/** A client with a secret, sent in the body of the token request (`client_secret_post`). */
export const CONFIDENTIAL_CLIENT = {
  id: `${SITE.id}-confidential`,
  secret: "a-secret-of-the-development-provider",
};

/** A client that sends its secret by HTTP Basic. RFC 6749, section 2.3.1 requires encoding for some of its characters. */
export const BASIC_CLIENT = { id: `${SITE.id}-basic`, secret: "a secret: 100% + more/than=this" };

/** Whether this is the id of one of the embedded provider's clients. */
export function isEmbeddedClient(id: string): boolean {
  return [PUBLIC_CLIENT_ID, CONFIDENTIAL_CLIENT.id, BASIC_CLIENT.id].includes(id);
}

/**
 * The clients of the embedded provider. All have the same callback and logout URLs.
 *
 * @param appBaseUrls          the origins of the app
 * @param backChannelLogoutUri where to send logout tokens; absent: none are sent
 */
export function createClients(
  appBaseUrls: readonly string[],
  backChannelLogoutUri?: string,
): ClientMetadata[] {
  const shared = appAt(appBaseUrls, backChannelLogoutUri);
  const { id: client_id, secret: client_secret } = CONFIDENTIAL_CLIENT;
  const { id: basicId, secret: basicSecret } = BASIC_CLIENT;
  return [
    createPublicClient(PUBLIC_CLIENT_ID, appBaseUrls, backChannelLogoutUri),
    { ...shared, client_id, client_secret, token_endpoint_auth_method: "client_secret_post" },
    {
      ...shared,
      client_id: basicId,
      client_secret: basicSecret,
      token_endpoint_auth_method: "client_secret_basic",
    },
  ];
}

/** Another public client, like the first of {@link createClients}. */
export function createPublicClient(
  id: string,
  appBaseUrls: readonly string[],
  backChannelLogoutUri?: string,
): ClientMetadata {
  return { ...appAt(appBaseUrls, backChannelLogoutUri), client_id: id, token_endpoint_auth_method: "none" };
}

/**
 * Another client, which authenticates with a private key (OpenID Connect Core 9, `private_key_jwt`).
 * @param key its public key, with the only `alg` that the provider accepts from it
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

function appAt(appBaseUrls: readonly string[], backChannelLogoutUri?: string) {
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
    // OpenID Connect Back-Channel Logout 1.0, 2.2. Logout tokens contain the session's `sid`.
    ...(backChannelLogoutUri && {
      backchannel_logout_uri: backChannelLogoutUri,
      backchannel_logout_session_required: true,
    }),
  };
}
