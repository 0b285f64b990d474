import * as client from "openid-client";
import { getSettings } from "../../settings.ts";
import { peek, published, remember } from "./cache.ts";
import {
  type ClientAuthWay,
  clientAuthentication,
  withClientAuthentication,
} from "./client-authentication.ts";
import {
  checkEndpoints,
  completeMetadata,
  forgiveSlash,
  toDiscoveryError,
  withDefaults,
} from "./discovery.ts";
import { toLoginError } from "./errors.ts";
import { fetchFromProvider } from "./fetch.ts";
import { CLOCK_TOLERANCE } from "./id-token.ts";
import { getProviderKeys } from "./keys.ts";
import { verifyAnswer } from "./signatures.ts";

const METADATA_LIFETIME = 3600;

/** The provider's metadata: OpenID Connect Discovery 3, plain data. */
export type ProviderMetadata = client.ServerMetadata;

/** openid-client, for files that are handed it. */
export type OpenidClient = typeof client;

/** Something that is asked of the provider, with a configuration for this one use. */
export type ProviderRequest<T> = (config: client.Configuration, openidClient: OpenidClient) => Promise<T>;

/**
 * The provider's metadata, discovered once (OpenID Connect Discovery 4) or put together from the stated endpoints.
 *
 * @throws LoginError `provider_unavailable` or `configuration`
 */
export async function getProviderMetadata(): Promise<ProviderMetadata> {
  const { issuer, endpoints } = getSettings().oidc;
  if (endpoints.authorization_endpoint && endpoints.token_endpoint && endpoints.jwks_uri) {
    return (
      peek("discovery") ?? remember("discovery", withDefaults<ProviderMetadata>({ issuer, ...endpoints }))
    );
  }
  return published({ name: "discovery", lifetime: METADATA_LIFETIME, fetch: discover });
}

/** The metadata as far as this process knows it already, without a request. */
export function knownProviderMetadata(): ProviderMetadata | undefined {
  return peek("discovery");
}

async function discover(): Promise<ProviderMetadata> {
  const { issuer, clientId, endpoints, timeout } = getSettings().oidc;
  const options = {
    timeout,
    execute: insecureOnLoopback(),
    [client.customFetch]: customFetch,
  };
  return client
    .discovery(new URL(issuer), clientId, undefined, client.None(), options)
    .then((config): ProviderMetadata => ({ ...config.serverMetadata() }))
    .catch(forgiveSlash<ProviderMetadata>)
    .then((discovered) => completeMetadata<ProviderMetadata>(withDefaults({ ...discovered, ...endpoints })))
    .then((metadata) => checkEndpoints(metadata, { allowHttp: isOnLoopback() }))
    .catch((error) => Promise.reject(toDiscoveryError(error, issuer)));
}

/**
 * Makes a request to the provider. Its keys are fetched before a code or a refresh token is spent.
 *
 * @param step    what is done, for the log
 * @param request given a configuration for this one use, and openid-client, which no other file imports
 * @throws LoginError with the reason
 */
export async function ask<T>(step: string, request: ProviderRequest<T>): Promise<T> {
  try {
    const metadata = await getProviderMetadata();
    return await withClientAuthentication(metadata, (way) => attempt(request, way));
  } catch (error) {
    throw toLoginError(error, step);
  }
}

async function attempt<T>(request: ProviderRequest<T>, way: ClientAuthWay): Promise<T> {
  const config = await configure(way);
  const { jwks_uri } = await getProviderMetadata();
  if (jwks_uri) await getProviderKeys(jwks_uri);
  return request(config, client);
}

/**
 * Has openid-client do something without asking the provider.
 *
 * @throws what openid-client or fetch throws; LoginError as {@link getProviderMetadata}
 */
export async function withClient<T>(use: ProviderRequest<T>): Promise<T> {
  return use(await configure(), client);
}

/** A configuration for one use: pages and middleware each have their own openid-client, whose objects do not mix. */
async function configure(way?: ClientAuthWay): Promise<client.Configuration> {
  const { clientId, issuer, timeout } = getSettings().oidc;
  const metadata = await getProviderMetadata();
  const clientMetadata = { [client.clockTolerance]: CLOCK_TOLERANCE };
  const authentication = clientAuthentication(client, metadata, way);
  const config = isMultiTenant(metadata)
    ? // By the issuer that is set: openid-client knows Entra ID by its document's having another one.
      await client.discovery(new URL(issuer), clientId, clientMetadata, authentication, {
        [client.customFetch]: async () => Response.json(metadata), // what was discovered already
      })
    : new client.Configuration(metadata, clientId, clientMetadata, authentication);
  config.timeout = timeout;
  config[client.customFetch] = async (url, options) =>
    verifyAnswer(await customFetch(url, options), String(metadata.jwks_uri));
  for (const extend of insecureOnLoopback()) extend(config);
  return config;
}

/** Entra ID for the accounts of any tenant: the document's issuer has a gap that each ID token's `tid` fills. */
function isMultiTenant({ issuer }: ProviderMetadata): boolean {
  return issuer.includes("{tenantid}");
}

/** openid-client drops the redirect URI's query, but the token request must repeat it unchanged (RFC 6749, 4.1.3). */
const customFetch: client.CustomFetch = (url, options) => {
  const { body } = options;
  if (body instanceof URLSearchParams && body.has("redirect_uri")) {
    body.set("redirect_uri", getSettings().oidc.redirectUri);
  }
  return fetchFromProvider(url, options as RequestInit);
};

/** Plain http is for a provider on this machine: the settings accept no other http URL. */
function isOnLoopback(): boolean {
  const { issuer, endpoints } = getSettings().oidc;
  return [issuer, ...Object.values(endpoints)].some((url) => new URL(url).protocol === "http:");
}

function insecureOnLoopback() {
  return isOnLoopback() ? [client.allowInsecureRequests] : [];
}
