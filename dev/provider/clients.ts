import type { ClientMetadata } from "oidc-provider";
import { SITE } from "../../lib/site.ts";
import { DEVICE_GRANT, PROGRAM_CALLBACK } from "./device-flow.ts"; // part: broker

/** The message API's identifier. An app requests an access token for it with `audience` or `resource`. */
export const API_AUDIENCE = `https://api.${SITE.id}.local`;

/** The id of the public client, which has no secret. By default, `npm run dev` and `npm run demo` use this client. */
export const PUBLIC_CLIENT_ID = SITE.id;

/** A client that sends its secret in the request body. */
export const CONFIDENTIAL_CLIENT = {
  id: `${SITE.id}-confidential`,
  secret: "a-secret-of-the-development-provider",
};
/** A client that uses HTTP Basic. Its secret has characters that must be encoded (RFC 6749, 2.3.1). */
export const BASIC_CLIENT = { id: `${SITE.id}-basic`, secret: "a secret: 100% + more/than=this" };

/**
 * The clients of the embedded provider. All have the same callback and logout URLs.
 * @param logoutUri the URL to which the provider sends logout tokens; without it, the provider sends none
 */
export function createClients(appBaseUrls: readonly string[], logoutUri?: string): ClientMetadata[] {
  const secrets = { client_secret_post: CONFIDENTIAL_CLIENT, client_secret_basic: BASIC_CLIENT };
  const logout = logoutUri ? { backchannel_logout_uri: logoutUri } : {};
  const confidential = Object.entries(secrets).map(([method, { id, secret }]) => {
    const authentication = {
      client_secret: secret,
      token_endpoint_auth_method: method as keyof typeof secrets,
    };
    return createClient(id, appBaseUrls, { ...logout, ...authentication });
  });
  return [createClient(PUBLIC_CLIENT_ID, appBaseUrls, logout), ...confidential];
}

/** Creates a client. @param changes metadata that differs from that of a public client */
export function createClient(
  id: string,
  appBaseUrls: readonly string[],
  changes: Partial<ClientMetadata> = {},
): ClientMetadata {
  return {
    client_id: id,
    client_name: SITE.name,
    token_endpoint_auth_method: "none",
    grant_types: [
      "authorization_code",
      "refresh_token",
      DEVICE_GRANT, // part: broker
    ],
    response_types: ["code"],
    redirect_uris: appBaseUrls.flatMap((base) => [
      `${base}/auth/callback`,
      `${base}/callback`,
      `${base}${PROGRAM_CALLBACK}`, // part: broker
    ]),
    post_logout_redirect_uris: appBaseUrls.flatMap((base) => [`${base}/`, base]),
    // The client requires logout tokens with the session's `sid` (OpenID Connect Back-Channel Logout 1.0, 2.2).
    backchannel_logout_session_required: true,
    ...changes,
  };
}
