import * as client from "openid-client";
import { boundBody } from "../bounded-body.ts";
import { getSettings } from "../settings.ts";
import { LoginError } from "./errors.ts";
import { CLOCK_TOLERANCE } from "./id-token.ts";
import type { Claims } from "./jwt.ts";
import { peek, published, remember } from "./provider-cache.ts";
import { completeMetadata, forgiveSlash, toDiscoveryError } from "./provider-discovery.ts";
import { httpStatusOf, toLoginError } from "./provider-errors.ts";
import { getProviderKeys, MAX_ANSWER, PROVIDER_TIMEOUT, rememberProviderKeys } from "./provider-keys.ts";
import { type TokenSet, toTokenSet } from "./token-set.ts";

const METADATA_LIFETIME = 3600;

/** The provider's metadata: OpenID Connect Discovery 3, plain data. */
export type ProviderMetadata = client.ServerMetadata;

/** What a code is exchanged against: the transaction that the login began with. */
export interface CodeChecks {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
  /** Seconds; present where the login asked for `max_age`. */
  readonly maxAge?: number | undefined;
}

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
 * Exchanges the authorization response for tokens and checks everything: `state`, `iss` (RFC 9207), the provider's
 * answer, and the ID token in full (OpenID Connect Core 3.1.3.7), its signature against the provider's keys included.
 *
 * @param callbackUrl the redirect URI with the query that the provider sent the visitor back with
 * @throws LoginError with the reason
 */
export async function exchangeCode(
  callbackUrl: URL,
  checks: CodeChecks,
): Promise<TokenSet & { idToken: string }> {
  const tokens = await ask("code exchange", (config) =>
    client.authorizationCodeGrant(
      config,
      callbackUrl,
      {
        expectedState: checks.state,
        expectedNonce: checks.nonce,
        pkceCodeVerifier: checks.codeVerifier,
        idTokenExpected: true,
        ...(checks.maxAge === undefined ? {} : { maxAge: checks.maxAge }),
      },
      resourceParameter(),
    ),
  );
  const { idToken, ...rest } = toTokenSet(tokens);
  if (idToken === null) throw new LoginError("invalid_response", "the token response holds no ID token");
  return { ...rest, idToken };
}

/**
 * Uses a refresh token (RFC 6749, 6; OpenID Connect Core 12). A new ID token must be about the same subject.
 *
 * @param previous claims of the session's ID token
 * @throws LoginError; `detail.providerError` tells a refusal from a passing failure
 */
export async function refreshTokens(refreshToken: string, previous: Claims): Promise<TokenSet> {
  const tokens = await ask("token refresh", (config) =>
    client.refreshTokenGrant(config, refreshToken, resourceParameter()),
  );
  const claims = tokens.claims();
  if (claims && (claims.sub !== previous.sub || claims.iss !== previous.iss)) {
    throw new LoginError("invalid_response", "the refreshed ID token is about somebody else", {
      claim: "sub",
    });
  }
  return toTokenSet(tokens);
}

/**
 * Asks the userinfo endpoint (OpenID Connect Core 5.3).
 *
 * @param subject `sub` of the ID token; the answer must be about the same
 * @returns the claims; null where the provider has no such endpoint or refuses this access token (401, 403)
 * @throws LoginError
 */
export async function fetchUserinfo(accessToken: string, subject: string): Promise<Claims | null> {
  if (!(await getProviderMetadata()).userinfo_endpoint) return null;
  return ask("userinfo request", (config) =>
    client.fetchUserInfo(config, accessToken, subject).catch((error: unknown) => {
      const status = httpStatusOf(error);
      if (status === 401 || status === 403) return null;
      throw error;
    }),
  );
}

/**
 * Revokes a refresh token where the provider can (RFC 7009).
 *
 * @throws LoginError
 */
export async function revokeRefreshToken(refreshToken: string): Promise<void> {
  if (!(await getProviderMetadata()).revocation_endpoint) return;
  await ask("token revocation", (config) =>
    client.tokenRevocation(config, refreshToken, { token_type_hint: "refresh_token" }),
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

/** Makes a request with a configuration that knows the provider's keys, and remembers keys that it fetched anew. */
async function ask<T>(step: string, request: (config: client.Configuration) => Promise<T>): Promise<T> {
  try {
    const config = await configure();
    const { jwks_uri } = config.serverMetadata();
    const keys = jwks_uri === undefined ? undefined : await getProviderKeys(jwks_uri);
    if (keys) client.setJwksCache(config, keys);
    const answer = await request(config).finally(() =>
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

/** RFC 8707, 2.2: the token request names the resource as the authorization request did. */
function resourceParameter(): Record<string, string> {
  const { resource } = getSettings().oidc;
  return resource ? { resource } : {};
}
