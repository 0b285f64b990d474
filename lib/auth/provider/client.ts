import * as client from "openid-client";
import { getSettings } from "../../settings.ts";
import type { ClientAuthWay } from "./client-authentication.ts";
import { clientAuthentication, rememberWay, waysToAuthenticate } from "./client-authentication.ts";
import { isClientRefused, membersOf, toLoginError } from "./errors.ts";
import { fetchFromProvider } from "./fetch.ts";
import type { ProviderMetadata } from "./metadata.ts";
import { getProviderKeys, getProviderMetadata, isProviderOnLoopback } from "./metadata.ts";
import { CLOCK_TOLERANCE, verifyAnswer } from "./tokens.ts";

/** By the metadata and the way to authenticate; openid-client rejects one that its copy in the other bundle made. */
type Configurations = Partial<Record<ClientAuthWay, Promise<client.Configuration>>>;
const configurations = new WeakMap<ProviderMetadata, Configurations>();

/**
 * Calls the provider with one of openid-client's functions. If the provider refuses the client (`invalid_client`), calls
 * it again with the next way to authenticate. The provider's keys are fetched first: if the JWKS endpoint is down, no
 * code or refresh token is wasted.
 * @throws LoginError; if the client is refused in every way, for the first refusal
 */
export async function callProvider<Parameters extends unknown[], T>(
  step: string,
  request: (config: client.Configuration, ...parameters: Parameters) => Promise<T>,
  ...parameters: Parameters
): Promise<T> {
  try {
    const metadata = await getProviderMetadata();
    const ways = waysToAuthenticate(metadata);
    let refusal: unknown;
    for (const way of ways) {
      const config = await configurationFor(metadata, way);
      if (metadata.jwks_uri) await getProviderKeys(metadata.jwks_uri);
      try {
        const result = await request(config, ...parameters);
        if (refusal) rememberWay(way, ways[0]);
        return result;
      } catch (error) {
        // A provider looks at the code or the refresh token only after it has accepted the client.
        if (refusal && membersOf(error).error === "invalid_grant") rememberWay(way, ways[0]);
        // After any other failure, also a failed check, the code or refresh token must not be sent again.
        if (!isClientRefused(error)) throw error;
        refusal ??= error;
      }
    }
    throw refusal;
  } catch (error) {
    throw toLoginError(error, step);
  }
}

/** A configuration for openid-client's functions that send no request. @throws LoginError */
export async function configuration(): Promise<client.Configuration> {
  const metadata = await getProviderMetadata();
  return configurationFor(metadata, waysToAuthenticate(metadata)[0] ?? "none");
}

function configurationFor(metadata: ProviderMetadata, way: ClientAuthWay): Promise<client.Configuration> {
  const known = configurations.get(metadata) ?? {};
  configurations.set(metadata, known);
  known[way] ??= configure(metadata, way);
  return known[way];
}

async function configure(metadata: ProviderMetadata, way: ClientAuthWay): Promise<client.Configuration> {
  const { clientId, issuer, timeout } = getSettings().oidc;
  const clientMetadata = { [client.clockTolerance]: CLOCK_TOLERANCE };
  const authentication = await clientAuthentication(metadata, way);
  // Entra ID for accounts of any tenant: each ID token's `tid` replaces {tenantid} in the issuer. openid-client supports
  // that only after a discovery in which the document's issuer differs, so it discovers the metadata that we have.
  const config = metadata.issuer.includes("{tenantid}")
    ? await client.discovery(new URL(issuer), clientId, clientMetadata, authentication, {
        [client.customFetch]: async () => Response.json(metadata),
      })
    : new client.Configuration(metadata, clientId, clientMetadata, authentication);
  config.timeout = timeout;
  config[client.customFetch] = async (url, { body, ...options }) => {
    if (body instanceof URLSearchParams && body.has("redirect_uri")) {
      // openid-client drops its query, but it must be the same as in the authorization request (RFC 6749, 4.1.3).
      body.set("redirect_uri", getSettings().oidc.redirectUri);
    }
    const response = await fetchFromProvider(url, { ...options, body } as RequestInit);
    return verifyAnswer(response, String(metadata.jwks_uri));
  };
  if (isProviderOnLoopback()) client.allowInsecureRequests(config);
  return config;
}
