import { randomBytes, randomUUID } from "node:crypto";
import { isLoginError, type LoginError } from "../../../lib/auth/errors.ts";
import { createDpopKey } from "../../../lib/auth/provider/dpop.ts";
import { providerTimeLimit } from "../../../lib/auth/provider/fetch.ts";
import { exchangeCode } from "../../../lib/auth/provider/requests.ts";
import { advice, inConsole, type ProviderContext } from "../context.ts";
import { error, ok, type Result, warning } from "../report/finding.ts";
import { toReadableText } from "../report/readable.ts";
import { describeStatus, type Exchange } from "./wire.ts";

const NONE = "no secret";

/** The error of RFC 6749, 5.2, and what Keycloak and Cognito (the second) and Auth0 (the third) send instead. */
const CLIENT_REFUSED = /^(invalid_client|unauthorized_client|access_denied)$/;

/**
 * "Client authentication": exchanges a made-up code. A provider that accepts the client rejects the code
 * (`invalid_grant`); otherwise it rejects the client. To find out whether the provider checks the secret at all, the
 * request is sent again with another secret.
 */
export async function checkClientAuthentication(context: ProviderContext): Promise<Result> {
  const { metadata, tell, hide, wire } = context;
  const failure = await exchangeMadeUpCode(context);
  const exchanges = wire.all(metadata.token_endpoint);
  const exchange = exchanges.at(-1);
  if (!failure || exchange?.status === 200) {
    return error("The token endpoint issues tokens for a made-up code. Do not use this provider.");
  }
  const { providerError, status } = failure.detail;
  if (failure.reason === "configuration") return error(`${tell(failure.message)}.`, ...methodAdvice(context));
  if (failure.reason === "provider_unavailable" || !exchange) {
    return error(
      `The token endpoint does not answer: ${tell(failure.message)}.`,
      "Check OIDC_TOKEN_ENDPOINT and any proxy or firewall in between.",
    );
  }
  const said = `“${tell(toReadableText(hide(exchange.body))) || describeStatus(exchange, tell)}”`;
  const method = methodOf(exchange);
  const tried = [...new Set(exchanges.map(methodOf))];
  if (providerError === "invalid_grant") {
    const refused = tried.filter((one) => one !== method);
    return accepted(await judgeControl(exchange), method, refused);
  }
  if (status === 401 || CLIENT_REFUSED.test(String(providerError))) {
    return error(
      `The token endpoint rejects the client with ${tried.join(" and with ")}: ${said}`,
      ...refusedAdvice(context, tried),
    );
  }
  if (/dpop/.test(String(providerError))) {
    return error(
      `The provider requires tokens that are bound to a key: ${said}`,
      "Set OIDC_DPOP=true, or turn DPoP off for this client.",
    );
  }
  if (providerError === undefined) {
    return error(
      `The URL of the token endpoint answers as something else (${describeStatus(exchange, tell)}).`,
      "Check OIDC_TOKEN_ENDPOINT, or the discovery document's token_endpoint.",
    );
  }
  return warning(
    `The token endpoint rejects a made-up code with an error that is not about the client: ${said}`,
  );
}

async function exchangeMadeUpCode({ settings, metadata }: ProviderContext): Promise<LoginError | null> {
  const state = randomUUID();
  const callbackUrl = new URL(settings.oidc.redirectUri);
  callbackUrl.searchParams.set("code", randomUUID());
  callbackUrl.searchParams.set("state", state);
  if (metadata.authorization_response_iss_parameter_supported)
    callbackUrl.searchParams.set("iss", metadata.issuer);
  const secret = () => randomBytes(32).toString("base64url");
  try {
    const dpopKey = settings.oidc.dpop ? await createDpopKey(metadata) : null;
    await exchangeCode(callbackUrl, { state, nonce: secret(), codeVerifier: secret() }, dpopKey);
    return null;
  } catch (thrown) {
    if (isLoginError(thrown)) return thrown;
    throw thrown;
  }
}

/** How the client was authenticated in a request. */
function methodOf({ requestHeaders, requestBody }: Exchange): string {
  const form = new URLSearchParams(requestBody);
  if (form.has("client_secret")) return "client_secret_post";
  if (form.has("client_assertion")) return "private_key_jwt";
  return requestHeaders.has("authorization") ? "client_secret_basic" : NONE;
}

/** Whether the provider rejects the same request with a wrong secret; null if it contains no secret. */
async function judgeControl(exchange: Exchange): Promise<"refused" | "accepted" | null> {
  const method = methodOf(exchange);
  if (method === NONE) return null;
  const headers = new Headers(exchange.requestHeaders);
  const body = new URLSearchParams(exchange.requestBody);
  const wrong = randomBytes(24).toString("hex");
  if (method === "client_secret_post") body.set("client_secret", wrong);
  if (method === "private_key_jwt") {
    const withoutSignature = String(body.get("client_assertion")).replace(/[^.]*$/, "");
    body.set("client_assertion", withoutSignature + wrong);
  }
  if (method === "client_secret_basic") {
    const [, credentials = ""] = headers.get("authorization")?.split(" ") ?? [];
    const [user] = Buffer.from(credentials, "base64").toString().split(":");
    headers.set("authorization", `Basic ${Buffer.from(`${user}:${wrong}`).toString("base64")}`);
  }
  const signal = providerTimeLimit();
  try {
    const response = await fetch(exchange.url, { method: "POST", headers, body, signal, redirect: "manual" });
    const { error: said } = Object(await response.json());
    if (response.status === 401 || CLIENT_REFUSED.test(said)) return "refused";
    return said === "invalid_grant" ? "accepted" : null;
  } catch {
    return null;
  }
}

/** @param refused methods that the provider lists, but rejects for this client */
function accepted(
  control: "refused" | "accepted" | null,
  method: string,
  refused: readonly string[],
): Result {
  if (control === "accepted") {
    return warning(
      `The token endpoint rejects a made-up code before it checks the client. Only a login shows whether it accepts the client with ${method}.`,
    );
  }
  if (method === NONE) return ok("The token endpoint accepts the client, which has no secret.");
  const proof = control === "refused" ? ", and rejects it with a wrong secret" : "";
  if (refused.length > 0) {
    return warning(
      `The token endpoint rejects the client with ${refused.join(" and with ")}, and accepts it with ${method}.`,
      `Set OIDC_CLIENT_AUTH=${method}. Otherwise the app sends a request that is rejected after each start.`,
    );
  }
  return ok(`The token endpoint accepts the client with ${method}${proof}.`);
}

/**
 * What to do if the token endpoint rejects the client.
 *
 * @param tried the methods that were tried
 */
function refusedAdvice(context: ProviderContext, tried: readonly string[]): string[] {
  const { preset, settings } = context;
  if (tried[0] === "private_key_jwt") return keyAdvice(context);
  const place = `${inConsole(preset, preset?.console.clientSecret, "see the client's credentials")}.`;
  if (!settings.oidc.clientSecret) {
    return [`Set OIDC_CLIENT_SECRET: ${place}`, `Or make the client public: ${methodPlace(context)}.`];
  }
  return [
    `Copy OIDC_CLIENT_SECRET again. ${place}${inEnvFile(context)}`,
    ...otherMethods(context, tried),
    "If the client is public at the provider, remove OIDC_CLIENT_SECRET.",
    ...(preset ? [`Authentication method: ${methodPlace(context)}.`] : []),
  ];
}

function keyAdvice({ preset, settings }: ProviderContext): string[] {
  const register = preset
    ? advice(preset, preset.clientKey.how)
    : ["In the provider's console, register the public key and choose private_key_jwt for the client."];
  if (preset?.clientKey.by === "none") return register;
  return [
    ...register,
    "The public key must belong to OIDC_CLIENT_PRIVATE_KEY.",
    ...(settings.oidc.clientKey?.kid
      ? []
      : ["A PEM contains no key id. If the provider requires a kid, set a JWK that has one."]),
  ];
}

/** Where the client's authentication method is configured. */
function methodPlace({ preset }: ProviderContext): string {
  return inConsole(preset, preset?.console.clientAuthentication, "see the client's authentication");
}

function inEnvFile({ situation }: ProviderContext): string {
  return situation.files.length > 0
    ? " In a .env file, write \\$ for $, and put a value with # in quotes."
    : "";
}

/** Other methods for the same secret that the provider may accept and that were not tried (OpenID Connect Core 9). */
function otherMethods({ metadata }: ProviderContext, tried: readonly string[]): string[] {
  return ["client_secret_post", "client_secret_basic"]
    .filter((method) => !tried.includes(method))
    .filter((method) => metadata.token_endpoint_auth_methods_supported?.includes(method) ?? true)
    .map((method) => `If the secret is right, try OIDC_CLIENT_AUTH=${method}.`);
}

/** What to do if the provider supports no method for which something is set. */
function methodAdvice(context: ProviderContext): string[] {
  const { settings, metadata, tell } = context;
  const offered = metadata.token_endpoint_auth_methods_supported ?? [];
  const listed = `The provider lists ${tell(offered.join(", ")) || "nothing"}`;
  return offered.includes("private_key_jwt") && !settings.oidc.clientKey
    ? [`${listed}: set OIDC_CLIENT_PRIVATE_KEY, or allow a secret there. ${methodPlace(context)}.`]
    : [
        `${listed}: set OIDC_CLIENT_AUTH and what it needs, or change the method there. ${methodPlace(context)}.`,
      ];
}
