import { importJWK } from "jose";
import * as client from "openid-client";
import { log, quote } from "../../log.ts";
import { type ClientAuthMethod, getSettings } from "../../settings.ts";
import { sharedState } from "../../shared-state.ts";
import { LoginError } from "./errors.ts";
import type { ProviderMetadata } from "./metadata.ts";

/** A method of OpenID Connect Core 9, or Basic without the percent-encoding that some providers do not decode. */
export type ClientAuthWay = ClientAuthMethod | "plain_basic";
/** Methods that send the secret, in the order in which they are tried: some providers mishandle Basic's encoding. */
const SECRET_METHODS = ["client_secret_post", "client_secret_basic"] as const;
/** These providers require the token endpoint as an assertion's `aud`, not the issuer as in RFC 7523 bis. */
const REQUIRE_TOKEN_ENDPOINT = /(^|\.)(microsoftonline\.com|okta\.com|oktapreview\.com)$/;
/** The way that the provider accepted after it had refused another one. */
const accepted = () => sharedState<{ way?: ClientAuthWay }>("client authentication", () => ({}));

/** The ways that settings and provider allow, the first to try first. @throws LoginError `configuration` */
export function waysToAuthenticate(metadata: ProviderMetadata): readonly ClientAuthWay[] {
  const { clientId, clientSecret, clientAuth } = getSettings().oidc;
  const isEncoded = /[^a-z\d]/i.test(`${clientId}${clientSecret}`); // openid-client encodes "-", "." and "_", too
  const ways = (clientAuth ? [clientAuth] : methodsFor(metadata)).flatMap((method): ClientAuthWay[] =>
    method === "client_secret_basic" && isEncoded ? [method, "plain_basic"] : [method],
  );
  const { way: first } = accepted();
  return first && ways.includes(first) ? [first, ...ways.filter((way) => way !== first)] : ways;
}

/** The methods that the provider lists and for which a secret or a key is set; Basic if it lists none. */
function methodsFor(metadata: ProviderMetadata): readonly ClientAuthMethod[] {
  const { clientSecret, clientKey } = getSettings().oidc;
  if (!clientSecret && !clientKey) return ["none"];
  const listed = metadata.token_endpoint_auth_methods_supported ?? [];
  if (clientKey && listed.includes("private_key_jwt")) return ["private_key_jwt"]; // never weakened to sending the secret
  const offered = listed.length > 0 ? listed : ["client_secret_basic"];
  const methods = clientSecret ? SECRET_METHODS.filter((name) => offered.includes(name)) : [];
  if (methods.length > 0) return methods;
  if (clientKey && listed.length === 0) return ["private_key_jwt"];
  const message = `the provider accepts no ${clientSecret ? "client secret" : "signed assertion"}; see OIDC_CLIENT_AUTH`;
  throw new LoginError("configuration", message, { offered: quote(listed) });
}

export function rememberWay(way: ClientAuthWay, refused: ClientAuthWay | undefined): void {
  accepted().way = way;
  const method = way === "plain_basic" ? "client_secret_basic" : way;
  const how = way === "plain_basic" ? `${method} without percent-encoding` : method;
  const advice = method === getSettings().oidc.clientAuth ? "" : `; set OIDC_CLIENT_AUTH=${method}`;
  const message = `the provider refuses ${refused} for this client and accepts ${how}${advice}`;
  log.warn({ step: "client authentication" }, message);
}

/** Client authentication in the form that openid-client takes. @throws LoginError `configuration` */
export async function clientAuthentication(
  metadata: ProviderMetadata,
  way: ClientAuthWay,
): Promise<client.ClientAuth> {
  const { clientId, clientSecret } = getSettings().oidc;
  if (way === "none") return client.None();
  if (way === "client_secret_post") return client.ClientSecretPost(clientSecret);
  if (way === "client_secret_basic") return client.ClientSecretBasic(clientSecret);
  if (way === "private_key_jwt") return privateKeyJwt(metadata);
  return (_server, _client, _body, headers) => {
    const credentials = Buffer.from(`${clientId}:${clientSecret}`).toString("base64");
    headers.set("authorization", `Basic ${credentials}`);
  };
}

/** RFC 7523, 2.2 */
async function privateKeyJwt(metadata: ProviderMetadata): Promise<client.ClientAuth> {
  const { clientKey } = getSettings().oidc;
  if (!clientKey) throw new LoginError("configuration", "OIDC_CLIENT_PRIVATE_KEY is missing");
  const { key, algorithms, kid, thumbprint } = clientKey;
  const listed = metadata.token_endpoint_auth_signing_alg_values_supported ?? [];
  const algorithm = algorithms.find((name) => listed.length === 0 || listed.includes(name));
  if (!algorithm) {
    const message = "the provider accepts no signature that OIDC_CLIENT_PRIVATE_KEY can make";
    throw new LoginError("configuration", message, { listed: quote(listed) });
  }
  const signingKey = (await importJWK(key.export({ format: "jwk" }), algorithm)) as CryptoKey;
  return client.PrivateKeyJwt(kid === undefined ? signingKey : { key: signingKey, kid }, {
    [client.modifyAssertion]: (header, payload) => {
      header.alg = algorithm; // openid-client would write Ed25519 for every such key (RFC 9864)
      if (thumbprint !== undefined) header["x5t#S256"] = thumbprint; // Entra ID finds the certificate by it
      const { hostname } = new URL(metadata.issuer);
      if (REQUIRE_TOKEN_ENDPOINT.test(hostname)) payload.aud = metadata.token_endpoint;
    },
  });
}
