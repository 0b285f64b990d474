import { importJWK } from "jose"; // part: fapi
import * as client from "openid-client";
import { log, quote } from "../../log.ts";
import { type ClientAuthMethod, getSettings } from "../../settings.ts";
import { sharedState } from "../../shared-state.ts";
import { recordCall } from "../inspector/recording.ts"; // part: inspector
import { isClientRefused, LoginError, membersOf, toLoginError } from "./errors.ts";
import { fetchFromProvider } from "./fetch.ts";
import { getProviderKeys, getProviderMetadata, type ProviderMetadata } from "./metadata.ts";
import { CLOCK_TOLERANCE, verifyAnswer } from "./tokens.ts";

/** How the client authenticates. `plain_basic`: Basic without percent-encoding, which some providers do not decode. */
type ClientAuthWay = ClientAuthMethod | "plain_basic";
/** Methods that send the secret, in the order to try. Basic is last, because some providers mishandle its encoding. */
const SECRET_METHODS = ["client_secret_post", "client_secret_basic"] as const;
/** The client authentication method that worked after the provider had refused another one. */
const accepted = () => sharedState<{ way?: ClientAuthWay }>("client authentication", () => ({}));

/** Configurations by method. Each Next.js bundle makes its own: openid-client rejects those of another bundle. */
type Configurations = Partial<Record<ClientAuthWay, Promise<client.Configuration>>>;
const configurations = new WeakMap<ProviderMetadata, Configurations>();

/**
 * Calls the provider with a function of openid-client. If the provider rejects the client (`invalid_client`), tries the
 * next client authentication method.
 * @throws LoginError. If the provider rejects every method, this is the error of the first one
 */
export async function callProvider<Arguments extends unknown[], T>(
  step: string,
  request: (config: client.Configuration, ...parameters: Arguments) => Promise<T>,
  ...parameters: Arguments
): Promise<T> {
  try {
    const metadata = await getProviderMetadata();
    await getProviderKeys(metadata.jwks_uri); // fails before a code or refresh token is used up
    const ways = waysToAuthenticate(metadata);
    let refusal: unknown;
    for (const way of ways) {
      const config = await configurationFor(metadata, way);
      try {
        const result = await request(config, ...parameters);
        if (refusal) rememberWay(way, ways[0]);
        return result;
      } catch (error) {
        // `invalid_grant` means that the client was accepted, because providers check the client before the grant.
        if (refusal && membersOf(error).error === "invalid_grant") rememberWay(way, ways[0]);
        // After any other error, including a failed check, the code or refresh token must not be sent again.
        if (!isClientRefused(error)) throw error;
        refusal ??= error;
      }
    }
    throw refusal;
  } catch (error) {
    throw toLoginError(error, step);
  }
}

/** The configuration for a function of openid-client. `way` does not matter if the function sends no request. */
export function configurationFor(
  metadata: ProviderMetadata,
  way: ClientAuthWay = waysToAuthenticate(metadata)[0] ?? "none",
): Promise<client.Configuration> {
  const known = configurations.get(metadata) ?? {};
  configurations.set(metadata, known);
  known[way] ??= configure(metadata, way);
  return known[way];
}

async function configure(metadata: ProviderMetadata, way: ClientAuthWay): Promise<client.Configuration> {
  const { clientId, issuer, timeout, allowHttp } = getSettings().oidc;
  const clientMetadata = { [client.clockTolerance]: CLOCK_TOLERANCE };
  let authentication = clientAuthentication(way);
  if (way === "private_key_jwt") authentication = await privateKeyJwt(metadata); // part: fapi
  // Entra ID's issuer for accounts of any tenant contains {tenantid}, a placeholder for the `tid` of each ID token.
  // openid-client supports it only after its own discovery, so we let it discover the metadata that we already have.
  const config = metadata.issuer.includes("{tenantid}")
    ? await client.discovery(new URL(issuer), clientId, clientMetadata, authentication, {
        [client.customFetch]: async () => Response.json(metadata),
      })
    : new client.Configuration(metadata, clientId, clientMetadata, authentication);
  config.timeout = timeout;
  config[client.customFetch] = async (url, { body, ...options }) => {
    // Restores the query of `redirect_uri`, which openid-client drops. Both requests must send it (RFC 6749, 4.1.3).
    const { redirectUri } = getSettings().oidc;
    if (body instanceof URLSearchParams && body.get("redirect_uri") === redirectUri.split("?", 1)[0]) {
      body.set("redirect_uri", redirectUri);
    }
    recordCall(url, body, options.headers); // part: inspector
    const response = await fetchFromProvider(url, { ...options, body } as RequestInit);
    return verifyAnswer(response, metadata.jwks_uri);
  };
  if (allowHttp) client.allowInsecureRequests(config);
  return config;
}

/** The methods that the settings and the provider allow, in the order to try. @throws LoginError `configuration` */
function waysToAuthenticate(metadata: ProviderMetadata): readonly ClientAuthWay[] {
  const { clientId, clientSecret, clientAuth } = getSettings().oidc;
  const isEncoded = /[^a-z\d]/i.test(`${clientId}${clientSecret}`); // openid-client encodes "-", "." and "_", too
  const ways = (clientAuth ? [clientAuth] : methodsFor(metadata)).flatMap((method): ClientAuthWay[] =>
    method === "client_secret_basic" && isEncoded ? [method, "plain_basic"] : [method],
  );
  const { way: first } = accepted();
  return first && ways.includes(first) ? [first, ...ways.filter((way) => way !== first)] : ways;
}

/** The methods that the provider lists and for which a secret or key is set. Basic if the provider lists no methods. */
function methodsFor(metadata: ProviderMetadata): readonly ClientAuthMethod[] {
  const { clientSecret } = getSettings().oidc;
  const listed = metadata.token_endpoint_auth_methods_supported ?? [];
  const offered = listed.length > 0 ? listed : ["client_secret_basic"];
  const methods = clientSecret ? SECRET_METHODS.filter((name) => offered.includes(name)) : [];
  let proof = clientSecret ? "client secret" : "";
  // part: fapi
  if (getSettings().oidc.clientKey) {
    const isUnlisted = listed.length === 0 && methods.length === 0;
    if (isUnlisted || listed.includes("private_key_jwt")) return ["private_key_jwt"]; // never fall back to the secret
    proof ||= "signed assertion";
  }
  // end part: fapi
  if (!proof) return ["none"];
  if (methods.length > 0) return methods;
  const message = `the provider lists no client authentication method for a ${proof}; set OIDC_CLIENT_AUTH`;
  throw new LoginError("configuration", message, { offered: quote(listed) });
}

function rememberWay(way: ClientAuthWay, refused: ClientAuthWay | undefined): void {
  accepted().way = way;
  const method = way === "plain_basic" ? "client_secret_basic" : way;
  const how = way === "plain_basic" ? `${method} without percent-encoding` : method;
  const advice = method === getSettings().oidc.clientAuth ? "" : `; set OIDC_CLIENT_AUTH=${method}`;
  const message = `the provider refuses ${refused} for this client and accepts ${how}${advice}`;
  log.warn({ step: "client authentication" }, message);
}

/** The client authentication for openid-client, with a secret or without one. */
function clientAuthentication(way: ClientAuthWay): client.ClientAuth {
  const { clientId, clientSecret } = getSettings().oidc;
  if (way === "client_secret_post") return client.ClientSecretPost(clientSecret);
  if (way === "client_secret_basic") return client.ClientSecretBasic(clientSecret);
  if (way !== "plain_basic") return client.None(); // the other methods do not send the secret
  return (_server, _client, _body, headers) => {
    const credentials = Buffer.from(`${clientId}:${clientSecret}`).toString("base64");
    headers.set("authorization", `Basic ${credentials}`);
  };
}

// part: fapi
/** Matches hosts that require the token endpoint as the assertion's `aud`. Others accept the issuer (RFC 7523 bis). */
const REQUIRE_TOKEN_ENDPOINT = /(^|\.)(microsoftonline\.com|okta\.com|oktapreview\.com)$/;

/** Client authentication by a signed assertion (RFC 7523, 2.2). @throws LoginError `configuration` */
async function privateKeyJwt(metadata: ProviderMetadata): Promise<client.ClientAuth> {
  const { clientKey } = getSettings().oidc;
  if (!clientKey) throw new LoginError("configuration", "OIDC_CLIENT_PRIVATE_KEY is missing");
  const { key, algorithms, kid, thumbprint } = clientKey;
  const listed = metadata.token_endpoint_auth_signing_alg_values_supported ?? [];
  const algorithm = algorithms.find((name) => listed.length === 0 || listed.includes(name));
  if (!algorithm) {
    const message = "the provider supports none of the signature algorithms of OIDC_CLIENT_PRIVATE_KEY";
    throw new LoginError("configuration", message, { listed: quote(listed) });
  }
  const signingKey = (await importJWK(key.export({ format: "jwk" }), algorithm)) as CryptoKey;
  return client.PrivateKeyJwt(kid === undefined ? signingKey : { key: signingKey, kid }, {
    [client.modifyAssertion]: (header, payload) => {
      header.alg = algorithm; // openid-client would write Ed25519, even if the provider lists only EdDSA
      if (thumbprint !== undefined) header["x5t#S256"] = thumbprint; // Entra ID uses this to find the certificate
      const { hostname } = new URL(metadata.issuer);
      if (REQUIRE_TOKEN_ENDPOINT.test(hostname)) payload.aud = metadata.token_endpoint;
    },
  });
}
// end part: fapi
