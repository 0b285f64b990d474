import { randomBytes, randomUUID } from "node:crypto";
import { isLoginError, type LoginError } from "../../../lib/auth/errors.ts";
import { createDpopKey, exchangeCode, providerTimeLimit } from "../../../lib/auth/provider/index.ts";
import type { ProviderContext } from "../context.ts";
import { error, ok, type Result, warning } from "../report/finding.ts";
import { toReadableText } from "../report/readable.ts";
import { methodAdvice, refusedAdvice } from "./client-advice.ts";
import { describeStatus, type Exchange } from "./wire.ts";

const NONE = "no secret";

/** RFC 6749, 5.2, and what some say in its place: Keycloak and Cognito the second, Auth0 the third. */
const CLIENT_REFUSED = /^(invalid_client|unauthorized_client|access_denied)$/;

/**
 * "Client authentication": exchanges a code that is made up. A provider that accepts the client refuses the code
 * (`invalid_grant`), any other the client. To see that it looked at the secret at all, the request is sent once more
 * with another secret.
 */
export async function checkClientAuthentication(context: ProviderContext): Promise<Result> {
  const { metadata, tell, hide, wire } = context;
  const failure = await exchangeMadeUpCode(context);
  const exchanges = wire.all(metadata.token_endpoint);
  const exchange = exchanges.at(-1);
  if (!failure || exchange?.status === 200) {
    return error("The token endpoint issues tokens for a code that was made up. Do not use this provider.");
  }
  const { providerError, status } = failure.detail;
  if (failure.reason === "configuration") return error(`${tell(failure.message)}.`, ...methodAdvice(context));
  if (failure.reason === "provider_unavailable" || !exchange) {
    return error(
      `The token endpoint cannot be asked: ${tell(failure.message)}.`,
      "See OIDC_TOKEN_ENDPOINT, and what stands between here and the provider.",
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
      `The token endpoint refuses the client with ${tried.join(" and with ")}: ${said}`,
      ...refusedAdvice(context, tried),
    );
  }
  if (/dpop/.test(String(providerError))) {
    return error(
      `The provider wants tokens bound to a key: ${said}`,
      "Set OIDC_DPOP=true, or switch DPoP off for this client.",
    );
  }
  if (providerError === undefined) {
    return error(
      `What answers at the token endpoint is none (${describeStatus(exchange, tell)}).`,
      "See OIDC_TOKEN_ENDPOINT, or the discovery document's token_endpoint.",
    );
  }
  return warning(
    `The token endpoint refuses a made-up code in a way that says nothing of the client: ${said}`,
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

/** What the request had in it to say who it is from. */
function methodOf({ requestHeaders, requestBody }: Exchange): string {
  const form = new URLSearchParams(requestBody);
  if (form.has("client_secret")) return "client_secret_post";
  if (form.has("client_assertion")) return "private_key_jwt";
  return requestHeaders.has("authorization") ? "client_secret_basic" : NONE;
}

/** Whether the provider refuses the same request with a wrong secret; null where there is none in it. */
async function judgeControl(exchange: Exchange): Promise<"refused" | "accepted" | null> {
  const { url } = exchange;
  const headers = new Headers(exchange.requestHeaders);
  const form = new URLSearchParams(exchange.requestBody);
  const clientId = form.get("client_id") ?? "";
  const wrong = randomBytes(24).toString("hex");
  const method = methodOf(exchange);
  if (method === NONE) return null;
  if (method === "client_secret_post") form.set("client_secret", wrong);
  if (method === "private_key_jwt")
    form.set("client_assertion", withoutSignature(form.get("client_assertion")) + wrong);
  if (method === "client_secret_basic") {
    const user = Buffer.from(headers.get("authorization")?.split(" ")[1] ?? "", "base64")
      .toString()
      .split(":")[0];
    headers.set("authorization", `Basic ${Buffer.from(`${user || clientId}:${wrong}`).toString("base64")}`);
  }
  const signal = providerTimeLimit();
  return fetch(url, { method: "POST", headers, body: form, signal, redirect: "manual" }).then(
    async (response) => {
      const { error: said } = Object(await response.json());
      if (response.status === 401 || CLIENT_REFUSED.test(said)) return "refused";
      return said === "invalid_grant" ? "accepted" : null;
    },
    () => null,
  );
}

function withoutSignature(jwt: string | null): string {
  return String(jwt).replace(/[^.]*$/, "");
}

/** @param refused methods that the provider lists, and refuses for this client */
function accepted(
  control: "refused" | "accepted" | null,
  method: string,
  refused: readonly string[],
): Result {
  if (control === "accepted") {
    return warning(
      `The token endpoint refuses a made-up code before it looks at the client: whether it takes it, with ${method}, is seen at the first log-in only.`,
    );
  }
  if (method === NONE) return ok("The token endpoint takes the client, which has no secret.");
  const proof = control === "refused" ? ", and refuses it with a wrong secret" : "";
  if (refused.length > 0) {
    return warning(
      `The token endpoint refuses the client with ${refused.join(" and with ")}, and takes it with ${method}.`,
      `Set OIDC_CLIENT_AUTH=${method}. Until then the app finds it out by a request that is refused, after each start.`,
    );
  }
  return ok(`The token endpoint takes the client with ${method}${proof}.`);
}
