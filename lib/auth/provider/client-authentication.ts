import type { ClientKey, SigningAlgorithm } from "../../client-key.ts";
import { log, quote } from "../../log.ts";
import { getSettings } from "../../settings.ts";
import type { ClientAuthMethod } from "../../settings-schema.ts";
import { sharedState } from "../../shared-state.ts";
import { LoginError } from "../errors.ts";
import type { OpenidClient, ProviderMetadata } from "./client.ts";
import { isClientRefused, oauthErrorOf } from "./errors.ts";

type ClientAuth = ReturnType<OpenidClient["None"]>;

/**
 * How a request says who the client is: a method of OpenID Connect Core 9, or `plain_basic` for providers that do not
 * decode the secret of `client_secret_basic`, which RFC 6749, 2.3.1 has percent-encoded.
 */
export type ClientAuthWay = ClientAuthMethod | "plain_basic";

/** The methods in the order in which they are tried: some providers mishandle the percent-encoding of Basic, so it comes last. */
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

/** The way that the provider accepts for this client, as far as it was found out by trying. */
const known = () => sharedState<{ way?: ClientAuthWay }>("client authentication", () => ({}));

/**
 * Makes a request, and makes it again in the next way while the provider refuses the client (`invalid_client`): many
 * providers list several methods and bind each client to one of them. The way that is accepted comes first from then on.
 *
 * @param request given the way to authenticate the client
 * @throws what the request throws; the first refusal where the client is refused in every way
 */
export async function withClientAuthentication<T>(
  metadata: ProviderMetadata,
  request: (way: ClientAuthWay) => Promise<T>,
): Promise<T> {
  const [first = "none", ...others] = waysToAuthenticate(metadata);
  try {
    return await request(first);
  } catch (refusal) {
    if (!isClientRefused(refusal)) throw refusal;
    for (const way of others) {
      try {
        const result = await request(way);
        rememberWay(way, first);
        return result;
      } catch (error) {
        if (isClientRefused(error)) continue;
        // A provider looks at the code or the refresh token only of a client that it accepts.
        if (oauthErrorOf(error) === "invalid_grant") rememberWay(way, first);
        throw error; // also a failed check: the code or the refresh token must not be sent again
      }
    }
    throw refusal;
  }
}

/**
 * How the client says who it is, in the form that openid-client takes.
 *
 * @param way without one, the first that would be tried
 * @throws LoginError `configuration` where the provider accepts nothing that is set
 */
export function clientAuthentication(
  client: OpenidClient,
  metadata: ProviderMetadata,
  way: ClientAuthWay = waysToAuthenticate(metadata)[0] ?? "none",
): ClientAuth {
  const { clientSecret, clientKey } = getSettings().oidc;
  switch (way) {
    case "none":
      return client.None();
    case "client_secret_post":
      return client.ClientSecretPost(clientSecret);
    case "client_secret_basic":
      return client.ClientSecretBasic(clientSecret);
    case "plain_basic":
      return plainBasic(String(clientSecret));
    case "private_key_jwt":
      if (!clientKey) throw new LoginError("configuration", "OIDC_CLIENT_PRIVATE_KEY is missing");
      return privateKeyJwt(client, metadata, clientKey);
  }
}

function rememberWay(way: ClientAuthWay, refused: ClientAuthWay): void {
  known().way = way;
  const method = way === "plain_basic" ? "client_secret_basic" : way;
  const how = way === "plain_basic" ? `${method} without percent-encoding` : method;
  const advice = method === getSettings().oidc.clientAuth ? "" : `; set OIDC_CLIENT_AUTH=${method}`;
  log.warn(
    { step: "client authentication" },
    `the provider refuses ${refused} for this client and accepts ${how}${advice}`,
  );
}

/** Every way that the settings and the provider allow, in the order in which they are tried. */
function waysToAuthenticate(metadata: ProviderMetadata): ClientAuthWay[] {
  const { clientId, clientSecret, clientAuth } = getSettings().oidc;
  const isEncoded = /[^a-z\d]/i.test(`${clientId}${clientSecret}`); // openid-client encodes "-", "." and "_", too
  const ways = (clientAuth ? [clientAuth] : methodsFor(metadata)).flatMap((method): ClientAuthWay[] =>
    method === "client_secret_basic" && isEncoded ? [method, "plain_basic"] : [method],
  );
  const { way: first } = known();
  return first && ways.includes(first) ? [first, ...ways.filter((way) => way !== first)] : ways;
}

/** The methods that the provider lists, and for which there is a secret or a key; Basic where it lists none. */
function methodsFor(metadata: ProviderMetadata): ClientAuthMethod[] {
  const { clientSecret, clientKey } = getSettings().oidc;
  if (!clientSecret && !clientKey) return ["none"];
  const listed = metadata.token_endpoint_auth_methods_supported ?? [];
  const offered = listed.length || !clientSecret ? listed : ["client_secret_basic"];
  const methods = PREFERENCE.filter(
    (name) => (name === "private_key_jwt" ? clientKey : clientSecret) && offered.includes(name),
  );
  if (methods[0] === "private_key_jwt") return ["private_key_jwt"]; // never weakened to sending the secret
  if (methods.length > 0) return methods;
  if (clientKey && listed.length === 0) return ["private_key_jwt"];
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
