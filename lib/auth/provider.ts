import * as client from "openid-client";
import { boundBody } from "../bounded-body.ts";
import { getSettings } from "../settings.ts";
import { LoginError } from "./errors.ts";
import { CLOCK_TOLERANCE } from "./id-token.ts";
import { peek, published, remember } from "./provider-cache.ts";
import { completeMetadata, forgiveSlash, toDiscoveryError } from "./provider-discovery.ts";
import { toLoginError } from "./provider-errors.ts";
import { getProviderKeys, MAX_ANSWER, PROVIDER_TIMEOUT, rememberProviderKeys } from "./provider-keys.ts";

const METADATA_LIFETIME = 3600;

/** The provider's metadata: OpenID Connect Discovery 3, plain data. */
export type ProviderMetadata = client.ServerMetadata;

/**
 * The provider's metadata, discovered once (OpenID Connect Discovery 4) or put together from the stated endpoints.
 *
 * @throws LoginError `provider_unavailable` or `configuration`
 */
export async function getProviderMetadata(): Promise<ProviderMetadata> {
  const { issuer, endpoints } = getSettings().oidc;
  if (endpoints.authorization_endpoint && endpoints.token_endpoint && endpoints.jwks_uri) {
    return peek("discovery") ?? remember("discovery", { issuer, ...endpoints });
  }
  return published({ name: "discovery", lifetime: METADATA_LIFETIME, fetch: discover });
}

/** The metadata as far as this process knows it already, without a request. */
export function knownProviderMetadata(): ProviderMetadata | undefined {
  return peek("discovery");
}

/**
 * The URL that a login goes to (OpenID Connect Core 3.1.2.1).
 *
 * @param parameters the authentication request, without `client_id` and `response_type`
 * @throws LoginError as {@link getProviderMetadata}
 */
export async function authorizationUrl(parameters: Record<string, string>): Promise<URL> {
  return client.buildAuthorizationUrl(await configure(), parameters);
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
  return client.buildEndSessionUrl(await configure(), parameters);
}

async function discover(): Promise<ProviderMetadata> {
  const { issuer, clientId, endpoints } = getSettings().oidc;
  const options = {
    timeout: PROVIDER_TIMEOUT,
    execute: insecureOnLoopback(),
    [client.customFetch]: boundedFetch,
  };
  return client
    .discovery(new URL(issuer), clientId, undefined, client.None(), options)
    .then((config): ProviderMetadata => ({ ...config.serverMetadata() }))
    .catch(forgiveSlash<ProviderMetadata>)
    .then((discovered) => completeMetadata<ProviderMetadata>({ ...discovered, ...endpoints }))
    .catch((error) => Promise.reject(toDiscoveryError(error, issuer)));
}

/**
 * Makes a request to the provider with a configuration that knows its keys, and remembers keys that it fetched anew.
 *
 * @param step    what is done, for the log
 * @param request given a configuration for this one use, and openid-client, which no other file imports
 * @throws LoginError with the reason
 */
export async function ask<T>(
  step: string,
  request: (config: client.Configuration, openidClient: typeof client) => Promise<T>,
): Promise<T> {
  try {
    const config = await configure();
    const { jwks_uri } = config.serverMetadata();
    const keys = jwks_uri === undefined ? undefined : await getProviderKeys(jwks_uri);
    if (keys) client.setJwksCache(config, keys);
    const answer = await request(config, client).finally(() =>
      rememberProviderKeys(client.getJwksCache(config), keys),
    );
    return answer;
  } catch (error) {
    throw toLoginError(error, step);
  }
}

/** A configuration for one use: pages and middleware each have their own openid-client, whose objects do not mix. */
async function configure(): Promise<client.Configuration> {
  const { clientId } = getSettings().oidc;
  const metadata = await getProviderMetadata();
  const clientMetadata = { [client.clockTolerance]: CLOCK_TOLERANCE };
  const config = new client.Configuration(metadata, clientId, clientMetadata, clientAuthentication(metadata));
  config.timeout = PROVIDER_TIMEOUT;
  config[client.customFetch] = boundedFetch;
  client.enableNonRepudiationChecks(config);
  for (const extend of insecureOnLoopback()) extend(config);
  return config;
}

/** OpenID Connect Core 9. By default `client_secret_post` first: some providers mishandle the encoding of Basic. */
function clientAuthentication(metadata: ProviderMetadata): client.ClientAuth {
  const { clientSecret, clientAuth } = getSettings().oidc;
  if (!clientSecret || clientAuth === "none") return client.None();
  const listed = metadata.token_endpoint_auth_methods_supported ?? [];
  const offered = listed.length ? listed : ["client_secret_basic"];
  const methods = clientAuth ? [clientAuth] : offered;
  if (methods.includes("client_secret_post")) return client.ClientSecretPost(clientSecret);
  if (methods.includes("client_secret_basic")) return client.ClientSecretBasic(clientSecret);
  throw new LoginError("configuration", "the provider takes no client secret; see OIDC_CLIENT_AUTH", {
    offered,
  });
}

const boundedFetch: client.CustomFetch = async (url, options) =>
  boundBody(await fetch(url, { ...options, cache: "no-store" } as RequestInit), MAX_ANSWER);

/** Plain http is for a provider on this machine: the settings allow it there alone. */
function insecureOnLoopback() {
  const { issuer, endpoints } = getSettings().oidc;
  const isPlain = [issuer, ...Object.values(endpoints)].some((url) => new URL(url).protocol === "http:");
  return isPlain ? [client.allowInsecureRequests] : [];
}
