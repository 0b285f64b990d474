import { getSettings } from "../../settings.ts";
import { LoginError } from "../errors.ts";
import { ask, getProviderMetadata, withClient } from "./client.ts";

/**
 * The URL that a login goes to (OpenID Connect Core 3.1.2.1). Where the provider requires it, or `OIDC_PAR` says so, the
 * request itself is pushed there beforehand (RFC 9126).
 *
 * @param parameters the authentication request, without `client_id` and `response_type`
 * @throws LoginError as {@link getProviderMetadata}; `provider_error` where the provider refuses the pushed request
 */
export async function authorizationUrl(parameters: Record<string, string>): Promise<URL> {
  const { require_pushed_authorization_requests, pushed_authorization_request_endpoint } =
    await getProviderMetadata();
  if (!getSettings().oidc.par && require_pushed_authorization_requests !== true) {
    return withClient(async (config, client) => client.buildAuthorizationUrl(config, parameters));
  }
  if (!pushed_authorization_request_endpoint) {
    throw new LoginError("configuration", "OIDC_PAR is on, but the provider announces no endpoint for it");
  }
  return ask("pushed authorization request", (config, client) =>
    client.buildAuthorizationUrlWithPAR(config, parameters),
  );
}

/**
 * Where a log-out goes on at the provider (OpenID Connect RP-Initiated Logout 1.0, 2).
 *
 * @param parameters the log-out request, without `client_id`
 * @returns null where the provider has no such endpoint
 * @throws LoginError as {@link getProviderMetadata}
 */
export async function endSessionUrl(parameters: Record<string, string>): Promise<URL | null> {
  if (!(await getProviderMetadata()).end_session_endpoint) return null;
  return withClient(async (config, client) => client.buildEndSessionUrl(config, parameters));
}
