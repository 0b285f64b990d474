import { importJWK } from "jose"; // part: fapi
import * as client from "openid-client";
import { log, quote } from "../../log.ts";
import { type ClientAuthMethod, getSettings } from "../../settings.ts";
import { sharedState } from "../../shared-state.ts";
import { recordCall } from "../inspector/recording.ts"; // part: inspector
import { isClientRefused, LoginError, membersOf, toLoginError } from "./errors.ts";
import { fetchFromProvider } from "./fetch.ts";
import type { ProviderMetadata } from "./metadata.ts";
import { getMetadataAndKeys } from "./metadata.ts";
import { CLOCK_TOLERANCE, verifyAnswer } from "./tokens.ts";

/** A method of OpenID Connect Core 9. `plain_basic` omits the percent-encoding, which some providers do not decode. */
type ClientAuthWay = ClientAuthMethod | "plain_basic";
/** Methods that send the secret, in the order in which they are tried: some providers mishandle Basic's encoding. */
const SECRET_METHODS = ["client_secret_post", "client_secret_basic"] as const;
/** The client authentication method that worked after the provider had refused another one. */
const accepted = () => sharedState<{ way?: ClientAuthWay }>("client authentication", () => ({}));

/** Configurations by metadata and client authentication. Not shared: openid-client rejects those of another bundle. */
type Configurations = Partial<Record<ClientAuthWay, Promise<client.Configuration>>>;
const configurations = new WeakMap<ProviderMetadata, Configurations>();

/**
 * Calls the provider with one of openid-client's functions. If the provider refuses the client (`invalid_client`),
 * calls it again with the next way to authenticate.
 * @throws LoginError; if every way is refused, the error of the first refusal
 */
export async function callProvider<Parameters extends unknown[], T>(
  step: string,
  request: (config: client.Configuration, ...parameters: Parameters) => Promise<T>,
  ...parameters: Parameters
): Promise<T> {
  try {
    const metadata = await getMetadataAndKeys();
    const ways = waysToAuthenticate(metadata);
    let refusal: unknown;
    for (const way of ways) {
      const config = await configurationFor(metadata, way);
      try {
        const result = await request(config, ...parameters);
        if (refusal) rememberWay(way, ways[0]);
        return result;
      } catch (error) {
        // `invalid_grant` means that the client was accepted: a provider checks the code or refresh token after that.
        if (refusal && membersOf(error).error === "invalid_grant") rememberWay(way, ways[0]);
        // After any other failure, even a failed check, the code or refresh token must not be sent again.
        if (!isClientRefused(error)) throw error;
        refusal ??= error;
      }
    }
    throw refusal;
  } catch (error) {
    throw toLoginError(error, step);
  }
}

/** A configuration for openid-client's functions. Functions that send no request ignore `way`. */
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
  // Entra ID for accounts of any tenant: each ID token's `tid` replaces {tenantid} in the issuer. openid-client supports
  // this only after its own discovery finds such an issuer, so we let it discover the metadata that we already have.
  const config = metadata.issuer.includes("{tenantid}")
    ? await client.discovery(new URL(issuer), clientId, clientMetadata, authentication, {
        [client.customFetch]: async () => Response.json(metadata),
      })
    : new client.Configuration(metadata, clientId, clientMetadata, authentication);
  config.timeout = timeout;
  config[client.customFetch] = async (url, { body, ...options }) => {
    // openid-client drops the query of `redirect_uri`, which must match the authorization request (RFC 6749, 4.1.3).
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

/** Ways to authenticate that settings and provider allow, in the order to try. @throws LoginError `configuration` */
function waysToAuthenticate(metadata: ProviderMetadata): readonly ClientAuthWay[] {
  const { clientId, clientSecret, clientAuth } = getSettings().oidc;
  const isEncoded = /[^a-z\d]/i.test(`${clientId}${clientSecret}`); // openid-client encodes "-", "." and "_", too
  const ways = (clientAuth ? [clientAuth] : methodsFor(metadata)).flatMap((method): ClientAuthWay[] =>
    method === "client_secret_basic" && isEncoded ? [method, "plain_basic"] : [method],
  );
  const { way: first } = accepted();
  return first && ways.includes(first) ? [first, ...ways.filter((way) => way !== first)] : ways;
}

/** The methods that the provider lists and for which a secret or a key is set; Basic if the provider lists none. */
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

/** Client authentication without or with a secret, as openid-client expects it. */
function clientAuthentication(way: ClientAuthWay): client.ClientAuth {
  const { clientId, clientSecret } = getSettings().oidc;
  if (way === "client_secret_post") return client.ClientSecretPost(clientSecret);
  if (way === "client_secret_basic") return client.ClientSecretBasic(clientSecret);
  if (way !== "plain_basic") return client.None(); // no other way sends the secret
  return (_server, _client, _body, headers) => {
    const credentials = Buffer.from(`${clientId}:${clientSecret}`).toString("base64");
    headers.set("authorization", `Basic ${credentials}`);
  };
}

// part: fapi
/** These providers require the token endpoint as an assertion's `aud`, not the issuer as in RFC 7523 bis. */
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
      header.alg = algorithm; // openid-client writes Ed25519 for such a key, even if the provider lists EdDSA
      if (thumbprint !== undefined) header["x5t#S256"] = thumbprint; // by which Entra ID finds the certificate
      const { hostname } = new URL(metadata.issuer);
      if (REQUIRE_TOKEN_ENDPOINT.test(hostname)) payload.aud = metadata.token_endpoint;
    },
  });
}
// end part: fapi
