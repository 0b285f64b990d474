import { createHash, randomBytes } from "node:crypto";
import { nowInSeconds } from "../clock.ts";
import { log } from "../log.ts";
import { getSettings } from "../settings.ts";
import { answerLoginError } from "./error-reference.ts";
import { LoginError } from "./errors.ts";
import { decodeJwt } from "./jwt.ts";
import { authorizationUrl, exchangeCode, fetchUserinfo, getProviderMetadata } from "./provider.ts";
import { toLoginError } from "./provider-errors.ts";
import { isPrefetch, isScriptRequest, redirectTo, requestIdOf } from "./request.ts";
import { parseReturnTo } from "./return-to.ts";
import { type CookieJar, saveSession } from "./session.ts";
import { createSession } from "./session-data.ts";
import { clearTransactions, saveTransaction, type Transaction, takeTransaction } from "./transaction.ts";

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
const DEFAULT_RETURN_TO = "/profile";

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
    await saveTransaction(jar, transaction);
    return redirectTo(location, 302);
  } catch (error) {
    const requestId = requestIdOf(request);
    return answerLoginError(jar, toLoginError(error, `begin ${intent}`), { requestId, status: 302 });
  }
}

/**
 * Finishes a login: checks the provider's answer against the login that this browser began, exchanges the code, asks
 * userinfo, and seals the session. Any failure leads to `/auth/error` and leaves a session that is there as it was.
 */
export async function finishLogin(request: Request, jar: CookieJar): Promise<Response> {
  const requestId = requestIdOf(request);
  try {
    const query = new URL(request.url).searchParams;
    refuseDuplicates(query);
    const transaction = await transactionFor(jar, query.get("state"));
    const callbackUrl = new URL(getSettings().oidc.redirectUri);
    for (const [name, value] of query) callbackUrl.searchParams.append(name, value);
    const tokens = await exchangeCode(callbackUrl, {
      ...transaction,
      maxAge: transaction.maxAge ?? undefined,
    });
    const userinfo = await fetchUserinfo(tokens.accessToken, String(decodeJwt(tokens.idToken)?.claims.sub));
    await saveSession(jar, createSession(tokens, userinfo));
    clearTransactions(jar);
    log.info({ requestId, step: "login" }, "logged in");
    return redirectTo(transaction.returnTo ?? DEFAULT_RETURN_TO, 303);
  } catch (error) {
    return answerLoginError(jar, toLoginError(error, "callback"), { requestId, status: 303 });
  }
}

/**
 * Answers a provider that posts its response (OAuth 2.0 Form Post Response Mode). Such a post comes from another site
 * and so without our cookies: the browser is sent on to the same URL by GET, with which they come.
 */
export async function redirectFormPost(request: Request): Promise<Response> {
  const form = new URLSearchParams((await request.text()).slice(0, 16_000));
  return redirectTo(`${new URL(request.url).pathname}?${form}`, 303);
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
  const { scope, redirectUri, audience, resource } = getSettings().oidc;
  const request: Record<string, string> = {
    redirect_uri: redirectUri,
    scope,
    state,
    nonce,
    code_challenge: createHash("sha256").update(codeVerifier).digest("base64url"),
    code_challenge_method: "S256",
    ...(audience ? { audience } : {}),
    ...(resource ? { resource } : {}),
    ...(intent === "signup" ? { screen_hint: "signup", ...(await promptCreate()) } : {}),
  };
  for (const name of PASSED_ON) {
    const value = query.get(name);
    if (value && value.length <= MAX_PARAMETER_LENGTH) request[name] = value;
  }
  if (maxAge === null) delete request.max_age;
  return request;
}

/** Initiating User Registration via OpenID Connect 1.0: asked for where discovery lists it. */
async function promptCreate(): Promise<Record<string, string>> {
  const { prompt_values_supported } = await getProviderMetadata();
  const values = Array.isArray(prompt_values_supported) ? prompt_values_supported : [];
  return values.includes("create") ? { prompt: "create" } : {};
}

async function transactionFor(jar: CookieJar, state: string | null): Promise<Transaction> {
  const transaction = await takeTransaction(jar, state);
  if (transaction === "none") {
    throw new LoginError("login_expired", "the browser holds no login for this answer");
  }
  if (transaction === "mismatch") {
    throw new LoginError("state_mismatch", "the answer's state belongs to no login of this browser");
  }
  return transaction;
}

/** RFC 6749, 3.1: no parameter more than once. */
function refuseDuplicates(query: URLSearchParams): void {
  const names = [...query.keys()];
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new LoginError("invalid_response", "a parameter of the answer comes twice");
}
