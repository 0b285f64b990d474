import { createHash, randomBytes } from "node:crypto";
import { nowInSeconds } from "../clock.ts";
import { getSettings } from "../settings.ts";
import { answerLoginError } from "./error-reference.ts";
import { getProviderMetadata } from "./provider.ts";
import { toLoginError } from "./provider-errors.ts";
import { ensureProviderReachable } from "./provider-reachable.ts";
import { authorizationUrl } from "./provider-urls.ts";
import { isPrefetch, isScriptRequest, redirectTo, requestIdOf } from "./request.ts";
import { parseReturnTo } from "./return-to.ts";
import type { CookieJar } from "./session.ts";
import { saveTransaction } from "./transaction.ts";
import type { Transaction } from "./transaction-data.ts";

/** Parameters of the authentication request that a link to the login may set; no other is passed on. */
const PASSED_ON = [
  "prompt",
  "max_age",
  "login_hint",
  "ui_locales",
  "acr_values",
  "connection",
  "organization",
  "invitation",
] as const;

const MAX_PARAMETER_LENGTH = 1_000;

/** What begins: a login, or the same with the provider's sign-up page first. */
type Intent = "login" | "signup";

/**
 * Begins a login: the answer leads to the provider (OpenID Connect Core 3.1.2.1, PKCE with S256 after RFC 7636), and a
 * cookie keeps what its answer will be checked against. Any failure leads to `/auth/error`.
 */
export async function beginLogin(request: Request, jar: CookieJar, intent: Intent): Promise<Response> {
  if (isPrefetch(request.headers) || isScriptRequest(request.headers)) {
    return new Response("A login begins with a visit of this address, not with a fetch of it.\n", {
      status: 400,
    });
  }
  try {
    const query = new URL(request.url).searchParams;
    const transaction = newTransaction(query);
    const location = await authorizationUrl(await authenticationRequest(transaction, query, intent));
    await ensureProviderReachable();
    await saveTransaction(jar, transaction);
    return redirectTo(location, 302);
  } catch (error) {
    const requestId = requestIdOf(request);
    return answerLoginError(jar, toLoginError(error, `begin ${intent}`), { requestId, status: 302 });
  }
}

function newTransaction(query: URLSearchParams): Transaction {
  const maxAge = query.get("max_age");
  return {
    state: randomBytes(32).toString("base64url"),
    nonce: randomBytes(32).toString("base64url"),
    codeVerifier: randomBytes(32).toString("base64url"),
    returnTo: parseReturnTo(query.get("returnTo")),
    maxAge: maxAge !== null && /^\d{1,9}$/.test(maxAge) ? Number(maxAge) : null,
    createdAt: nowInSeconds(),
  };
}

async function authenticationRequest(
  { state, nonce, codeVerifier, maxAge }: Transaction,
  query: URLSearchParams,
  intent: Intent,
): Promise<Record<string, string>> {
  const { scope, redirectUri, responseMode, audience, resource } = getSettings().oidc;
  const request: Record<string, string> = {
    redirect_uri: redirectUri,
    scope,
    state,
    nonce,
    code_challenge: createHash("sha256").update(codeVerifier).digest("base64url"),
    code_challenge_method: "S256",
    ...(responseMode ? { response_mode: responseMode } : {}),
    ...(audience ? { audience } : {}),
    ...(resource ? { resource } : {}),
  };
  for (const name of PASSED_ON) {
    const value = query.get(name);
    if (value && value.length <= MAX_PARAMETER_LENGTH) request[name] = value;
  }
  if (maxAge === null) delete request.max_age;
  // After what is passed on: a sign-up stays one, whatever `prompt` its link has.
  return intent === "signup" ? { ...request, screen_hint: "signup", ...(await promptCreate()) } : request;
}

/** Initiating User Registration via OpenID Connect 1.0: asked for where discovery lists it. */
async function promptCreate(): Promise<Record<string, string>> {
  const { prompt_values_supported } = await getProviderMetadata();
  const values = Array.isArray(prompt_values_supported) ? prompt_values_supported : [];
  return values.includes("create") ? { prompt: "create" } : {};
}
