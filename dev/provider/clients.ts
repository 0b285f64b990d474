import type { JWK } from "jose";
import type { ClientMetadata, SigningAlgorithm } from "oidc-provider";

/** The message API's identifier: an app asks for an access token to it with `audience` or `resource`. */
export const API_AUDIENCE = "https://api.hello-oidc.local";

/** The public client that `npm run dev` and `npm run demo` use: no secret, PKCE only. */
export const PUBLIC_CLIENT_ID = "hello-oidc";

/** A client with a secret, sent in the body of the token request (`client_secret_post`). */
export const CONFIDENTIAL_CLIENT = {
  id: "hello-oidc-confidential",
  secret: "a-secret-of-the-development-provider",
};

/** A client with a secret, sent by HTTP Basic. The secret has characters that RFC 6749, section 2.3.1 has encoded. */
export const BASIC_CLIENT = { id: "hello-oidc-basic", secret: "a secret: 100% + more/than=this" };

/** Whether the embedded provider knows a client of this id. */
export function isEmbeddedClient(id: string): boolean {
  return [PUBLIC_CLIENT_ID, CONFIDENTIAL_CLIENT.id, BASIC_CLIENT.id].includes(id);
}

/**
 * The clients of the embedded provider, all of them with the same addresses.
 *
 * @param appBaseUrls          the origins that the app may run at
 * @param backChannelLogoutUri where logout tokens go to, if anywhere
 */
export function createClients(
  appBaseUrls: readonly string[],
  backChannelLogoutUri?: string | undefined,
): ClientMetadata[] {
  const shared = appAt(appBaseUrls, backChannelLogoutUri);
  return [
    createPublicClient(PUBLIC_CLIENT_ID, appBaseUrls, backChannelLogoutUri),
    {
      ...shared,
      client_id: CONFIDENTIAL_CLIENT.id,
      client_secret: CONFIDENTIAL_CLIENT.secret,
      token_endpoint_auth_method: "client_secret_post",
    },
    {
      ...shared,
      client_id: BASIC_CLIENT.id,
      client_secret: BASIC_CLIENT.secret,
      token_endpoint_auth_method: "client_secret_basic",
    },
  ];
}

/** One more client without a secret, as {@link createClients} makes the first. */
export function createPublicClient(
  id: string,
  appBaseUrls: readonly string[],
  backChannelLogoutUri?: string | undefined,
): ClientMetadata {
  return { ...appAt(appBaseUrls, backChannelLogoutUri), client_id: id, token_endpoint_auth_method: "none" };
}

/**
 * One more client, which shows who it is with a key of its own (OpenID Connect Core 9, `private_key_jwt`).
 *
 * @param key its public key, with the `alg` that it signs by: the provider takes no other
 */
export function createKeyClient(id: string, key: JWK, appBaseUrls: readonly string[]): ClientMetadata {
  return {
    ...appAt(appBaseUrls, undefined),
    client_id: id,
    token_endpoint_auth_method: "private_key_jwt",
    ...(key.alg && { token_endpoint_auth_signing_alg: key.alg as SigningAlgorithm }),
    jwks: { keys: [key] },
  };
}

function appAt(appBaseUrls: readonly string[], backChannelLogoutUri: string | undefined) {
  return {
    client_name: "Hello OIDC",
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"] as const,
    redirect_uris: appBaseUrls.flatMap((base) => [`${base}/auth/callback`, `${base}/callback`]),
    post_logout_redirect_uris: appBaseUrls.flatMap((base) => [`${base}/`, base]),
    ...backChannelLogout(backChannelLogoutUri),
  };
}

/** OpenID Connect Back-Channel Logout 1.0, 2.2: where a client wants logout tokens, which then say which session ended. */
export function backChannelLogout(uri: string | undefined): Partial<ClientMetadata> {
  return uri === undefined ? {} : { backchannel_logout_uri: uri, backchannel_logout_session_required: true };
}
