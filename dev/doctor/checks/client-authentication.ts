import { randomBytes, randomUUID } from "node:crypto";
import {
  exchangeCode,
  getProviderKeys,
  newLoginSecrets,
  providerTimeLimit,
  toLoginError,
} from "../../../lib/auth/provider/index.ts";
import { endpointError, error, ok, type ProviderContext, type Result, skipped, warning } from "../check.ts";
import { inConsole } from "../presets/presets.ts";
import { toReadableText } from "./browse.ts";
import type { Exchange, Wire } from "./wire.ts";

const NONE = "no secret";

/** The error codes for a rejected client. Keycloak and Cognito send the second one, and Auth0 sends the third. */
const CLIENT_REFUSED = /^(invalid_client|unauthorized_client|access_denied)$/;

/**
 * The check "Client authentication": tries to exchange a made-up code. A provider that accepts the client rejects only
 * the code (`invalid_grant`). A second request with a wrong secret shows whether the provider checked the client first.
 */
export async function checkClientAuthentication(context: ProviderContext): Promise<Result> {
  const { metadata, settings, preset, tell, wire } = context;
  const keys = await getProviderKeys(metadata.jwks_uri).catch(() => null);
  if (!keys) return skipped("The provider's keys cannot be fetched."); // the app needs them to exchange a code
  const secrets = newLoginSecrets();
  const callbackUrl = new URL(settings.oidc.redirectUri);
  const response = { code: randomUUID(), state: secrets.state, iss: metadata.issuer };
  for (const [name, value] of Object.entries(response)) callbackUrl.searchParams.set(name, value);
  const thrown: unknown = await exchangeCode(callbackUrl, secrets).catch((error: unknown) => error);
  const failure = thrown instanceof Error ? toLoginError(thrown, "code exchange") : null;
  const exchanges = wire.all(metadata.token_endpoint);
  const exchange = exchanges.at(-1);
  if (!failure || exchange?.status === 200)
    return error("The token endpoint issues tokens for a made-up code. Do not use this provider.");
  const { providerError, status } = failure.detail;
  if (failure.reason === "configuration") {
    const offered = metadata.token_endpoint_auth_methods_supported ?? [];
    let change = "Set OIDC_CLIENT_AUTH and the settings of its method, or change the method of the client";
    // part: fapi
    if (offered.includes("private_key_jwt") && !settings.oidc.clientKey)
      change = "Set OIDC_CLIENT_PRIVATE_KEY, or register a secret for the client";
    // end part: fapi
    const place = inConsole(preset, "clientAuthentication");
    const listed = tell(offered.join(", ")) || "no methods";
    return error(`${tell(failure.message)}.`, `The provider announces ${listed}. ${change}. ${place}.`);
  }
  if (failure.reason === "provider_unavailable" || !exchange)
    return endpointError("token_endpoint", `The token endpoint does not answer: ${tell(failure.message)}.`);
  const said = `“${tell(toReadableText(exchange.body)) || exchange.outcome}”`;
  const tried = [...new Set(exchanges.map(methodOf))];
  if (providerError === "invalid_grant") return judgeAccepted(exchange, tried, wire);
  if (status === 401 || CLIENT_REFUSED.test(String(providerError))) {
    const seen = `The token endpoint rejects the client with ${tried.join(" and with ")}: ${said}`;
    return error(seen, ...refusedAdvice(context, tried));
  }
  // part: fapi
  if (/dpop/.test(String(providerError))) {
    const seen = `The provider requires tokens that are bound to a key (DPoP): ${said}`;
    return error(seen, "Set OIDC_DPOP=true, or turn DPoP off for this client.");
  }
  // end part: fapi
  if (providerError === undefined) {
    const seen = "The URL of the token endpoint does not answer like a token endpoint";
    return endpointError("token_endpoint", `${seen} (${exchange.outcome}).`);
  }
  const seen = "The token endpoint answered a made-up code with an unexpected error";
  return warning(`${seen}, so it is unclear whether the provider accepts the client: ${said}`);
}

/** Returns the method by which a recorded request authenticates the client. */
function methodOf({ request }: Exchange): string {
  const form = new URLSearchParams(request.body);
  if (form.has("client_secret")) return "client_secret_post";
  if (form.has("client_assertion")) return "private_key_jwt";
  return request.headers.has("authorization") ? "client_secret_basic" : NONE;
}

/** @param tried the methods that the app tried, in this order; the provider has rejected all but the last one */
async function judgeAccepted(exchange: Exchange, tried: readonly string[], wire: Wire): Promise<Result> {
  const method = methodOf(exchange);
  if (method === NONE) return ok("The token endpoint accepts the client, which has no secret.");
  const control = await sendWrongSecret(exchange, method, wire);
  if (control === "accepted") {
    const seen = "The token endpoint rejects a made-up code before it checks the client.";
    return warning(`${seen} Only a login shows whether it accepts the client with ${method}.`);
  }
  const refused = tried.filter((one) => one !== method).join(" and with ");
  if (refused) {
    const seen = `The token endpoint rejects the client with ${refused}, and accepts it with ${method}.`;
    const why = "Without this setting, the provider rejects the app's first token request after each start.";
    return warning(seen, `Set OIDC_CLIENT_AUTH=${method}. ${why}`);
  }
  const proof = control === "refused" ? ", and rejects it with a wrong secret" : "";
  return ok(`The token endpoint accepts the client with ${method}${proof}.`);
}

/** Repeats the request with a wrong secret or signature. @returns the provider's decision; null if that is unclear */
async function sendWrongSecret(
  exchange: Exchange,
  method: string,
  wire: Wire,
): Promise<"refused" | "accepted" | null> {
  const headers = new Headers(exchange.request.headers);
  const body = new URLSearchParams(exchange.request.body);
  const wrong = randomBytes(24).toString("hex");
  if (method === "client_secret_basic") {
    const credentials = String(headers.get("authorization")).replace(/^Basic /i, "");
    const [user] = Buffer.from(credentials, "base64").toString().split(":");
    headers.set("authorization", `Basic ${btoa(`${user}:${wrong}`)}`);
  } else {
    // Replaces the text after the last dot. In an assertion, which is a JWT, this text is the signature.
    const field = method === "private_key_jwt" ? "client_assertion" : "client_secret";
    body.set(field, String(body.get(field)).replace(/[^.]*$/, wrong));
  }
  const request = { method: "POST", headers, body, signal: providerTimeLimit() };
  const answer = await wire.send(exchange.url, request).catch(() => null);
  const said = answer?.members.error;
  if (answer?.status === 401 || CLIENT_REFUSED.test(String(said))) return "refused";
  return said === "invalid_grant" ? "accepted" : null;
}

/** Returns the steps to take if the token endpoint rejects the client. @param tried the methods that the app tried */
function refusedAdvice(context: ProviderContext, tried: readonly string[]) {
  const { preset, settings, metadata, situation } = context;
  if (tried[0] === "private_key_jwt") return keyAdvice(context); // part: fapi
  const place = `${inConsole(preset, "clientSecret")}.`;
  const methodPlace = `${inConsole(preset, "clientAuthentication")}.`;
  if (!settings.oidc.clientSecret)
    return [`Set OIDC_CLIENT_SECRET: ${place}`, `Or make the client public: ${methodPlace}`];
  // A provider that announces no methods may accept either of these two.
  const announced = metadata.token_endpoint_auth_methods_supported;
  const others = ["client_secret_post", "client_secret_basic"].filter(
    (method) => !tried.includes(method) && announced?.includes(method) !== false,
  );
  const inFile = " In a .env file, write \\$ for $. If the value contains #, put it in quotes.";
  return [
    `Copy OIDC_CLIENT_SECRET again. ${place}${situation.files.length > 0 ? inFile : ""}`,
    ...others.map((method) => `If the secret is right, try OIDC_CLIENT_AUTH=${method}.`),
    "If the client is registered as public, remove OIDC_CLIENT_SECRET.",
    preset && `Authentication method: ${methodPlace}`,
  ];
}

// part: fapi
function keyAdvice({ preset, settings }: ProviderContext) {
  const { by, how } = preset?.clientKey ?? {};
  const register =
    "In the provider's console, register the public key and choose private_key_jwt for the client.";
  const belongs = "The public key must belong to OIDC_CLIENT_PRIVATE_KEY.";
  const noKeyId = "A PEM contains no key id. If the provider requires one, use a JWK with a kid instead.";
  const place = how ? `${preset?.name}: ${how}` : register;
  return by === "none" ? [place] : [place, belongs, !settings.oidc.clientKey?.kid && noKeyId];
}
// end part: fapi
