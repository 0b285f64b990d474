import type { ClientKey, SigningAlgorithm } from "../client-key.ts";
import { quote } from "../log.ts";
import { getSettings } from "../settings.ts";
import type { ClientAuthMethod } from "../settings-schema.ts";
import { sharedState } from "../shared-state.ts";
import { LoginError } from "./errors.ts";
import type { OpenidClient, ProviderMetadata } from "./provider.ts";

type ClientAuth = ReturnType<OpenidClient["None"]>;

/** Where several would do: some providers mishandle the percent-encoding of Basic, so it comes last. */
const PREFERENCE = ["private_key_jwt", "client_secret_post", "client_secret_basic"] as const;

/** Imports of Web Cryptography for each algorithm. */
const IMPORTS = {
  RS256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
  PS256: { name: "RSA-PSS", hash: "SHA-256" },
  ES256: { name: "ECDSA", namedCurve: "P-256" },
  ES384: { name: "ECDSA", namedCurve: "P-384" },
  ES512: { name: "ECDSA", namedCurve: "P-521" },
  EdDSA: { name: "Ed25519" },
  Ed25519: { name: "Ed25519" },
} as const satisfies Record<SigningAlgorithm, object>;

/** Providers known to want the token endpoint in an assertion's `aud`, where RFC 7523 bis has the issuer. */
const WANT_TOKEN_ENDPOINT = /(^|\.)(microsoftonline\.com|okta\.com|oktapreview\.com)$/;

/** Whether this provider was found to take the secret in Basic as it stands, without percent-encoding. */
const basic = () => sharedState("basic authentication", () => ({ isPlain: false }));

/**
 * How the client proves who it is (OpenID Connect Core 9): as `OIDC_CLIENT_AUTH` says, else with what is set and the
 * provider lists; `client_secret_basic` where it lists nothing.
 *
 * @throws LoginError `configuration` where the provider takes nothing that is set
 */
export function clientAuthentication(client: OpenidClient, metadata: ProviderMetadata): ClientAuth {
  const { clientSecret, clientKey } = getSettings().oidc;
  switch (chooseMethod(metadata)) {
    case "none":
      return client.None();
    case "client_secret_post":
      return client.ClientSecretPost(clientSecret);
    case "client_secret_basic":
      return basic().isPlain ? plainBasic(String(clientSecret)) : client.ClientSecretBasic(clientSecret);
    case "private_key_jwt":
      if (!clientKey) throw new LoginError("configuration", "OIDC_CLIENT_PRIVATE_KEY is missing");
      return privateKeyJwt(client, metadata, clientKey);
  }
}

/**
 * Whether it is worth asking once more with the secret as it stands: RFC 6749, 2.3.1 has it percent-encoded in Basic, and
 * some providers do not decode it. Where that is no help either, {@link givePlainBasicUp} goes back.
 */
export function tryPlainBasic(metadata: ProviderMetadata): boolean {
  const { clientId, clientSecret } = getSettings().oidc;
  const isSame = /^[a-z\d]*$/i.test(`${clientId}${clientSecret}`); // openid-client encodes "-", "." and "_", too
  if (isSame || basic().isPlain || chooseMethod(metadata) !== "client_secret_basic") return false;
  basic().isPlain = true;
  return true;
}

/** Takes the percent-encoding for right again. */
export function givePlainBasicUp(): void {
  basic().isPlain = false;
}

function chooseMethod(metadata: ProviderMetadata): ClientAuthMethod {
  const { clientSecret, clientKey, clientAuth } = getSettings().oidc;
  if (clientAuth) return clientAuth;
  if (!clientSecret && !clientKey) return "none";
  const listed = metadata.token_endpoint_auth_methods_supported ?? [];
  const offered = listed.length || !clientSecret ? listed : ["client_secret_basic"];
  const method = PREFERENCE.find(
    (name) => (name === "private_key_jwt" ? clientKey : clientSecret) && offered.includes(name),
  );
  if (method) return method;
  if (clientKey && listed.length === 0) return "private_key_jwt";
  const what = clientSecret ? "client secret" : "signed assertion";
  throw new LoginError("configuration", `the provider takes no ${what}; see OIDC_CLIENT_AUTH`, {
    offered: quote(offered),
  });
}

function plainBasic(clientSecret: string): ClientAuth {
  const { clientId } = getSettings().oidc;
  const credentials = Buffer.from(`${clientId}:${clientSecret}`).toString("base64");
  return (_server, _client, _body, headers) => headers.set("authorization", `Basic ${credentials}`);
}

/** RFC 7523, 2.2 */
function privateKeyJwt(
  client: OpenidClient,
  metadata: ProviderMetadata,
  { key, algorithms, kid, thumbprint }: ClientKey,
): ClientAuth {
  const listed = metadata.token_endpoint_auth_signing_alg_values_supported ?? [];
  const algorithm = algorithms.find((name) => listed.length === 0 || listed.includes(name));
  if (!algorithm) {
    throw new LoginError(
      "configuration",
      "the provider takes no signature that OIDC_CLIENT_PRIVATE_KEY can make",
      {
        listed: quote(listed),
      },
    );
  }
  const cryptoKey = key.toCryptoKey(IMPORTS[algorithm], false, ["sign"]) as CryptoKey;
  return client.PrivateKeyJwt(kid === undefined ? cryptoKey : { key: cryptoKey, kid }, {
    [client.modifyAssertion]: (header, payload) => {
      header.alg = algorithm; // openid-client would say Ed25519 of every such key (RFC 9864)
      if (thumbprint !== undefined) header["x5t#S256"] = thumbprint; // Entra ID finds the certificate by it
      if (WANT_TOKEN_ENDPOINT.test(new URL(metadata.issuer).hostname)) payload.aud = metadata.token_endpoint;
    },
  });
}
