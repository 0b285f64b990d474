import { createHash, randomBytes } from "node:crypto";
import { nowInSeconds } from "../clock.ts";
import { quote } from "../log.ts";
import { getSettings } from "../settings.ts";
import { answerLoginError, LoginError } from "./errors.ts";
import { isPrefetch, isScriptRequest, NO_STORE, readForm, redirectTo } from "./http.ts";
import { getProviderMetadata } from "./provider/client.ts";
import { toLoginError } from "./provider/errors.ts";
import { ensureProviderReachable } from "./provider/reachable.ts";
import { authorizationUrl } from "./provider/urls.ts";
import { isUsable } from "./refresh.ts";
import { parseReturnTo, parseTargetLink } from "./return-to.ts";
import type { CookieJar } from "./session-cookie.ts";
import { sessions } from "./session-storage.ts";
import { finishedLogins, type Intent, saveTransaction, type Transaction } from "./transaction.ts";

const MAX_FORM_LENGTH = 8_000; // characters

/**
 * Begins a login: redirects to the provider, and stores in a cookie what the answer will be checked against. Any failure
 * redirects to `/auth/error`. The provider may send the visitor here too (OpenID Connect Core 4).
 */
export function beginLogin(intent: Intent) {
  return async (request: Request, jar: CookieJar, requestId: string): Promise<Response> => {
    if (isPrefetch(request.headers) || isScriptRequest(request.headers)) {
      return new Response("Open this URL in the browser; it cannot be fetched from a script.\n", {
        status: 400,
        headers: NO_STORE,
      });
    }
    try {
      const query = new URL(request.url).searchParams;
      await rejectCircle(jar);
      await rejectOtherIssuers(query.getAll("iss"));
      const { location, transaction } = await newLogin(query, intent);
      await ensureProviderReachable();
      await saveTransaction(jar, transaction);
      return redirectTo(location, 302);
    } catch (error) {
      return answerLoginError(jar, toLoginError(error, `begin ${intent}`), { requestId, status: 302 });
    }
  };
}

/**
 * Answers the provider's form posts: its answer to a login (OAuth 2.0 Form Post Response Mode), and a login that it
 * begins (OpenID Connect Core 4). Such a post is cross-site, so our `SameSite=Lax` cookies are missing: the browser is
 * redirected to the same URL by GET, which includes them. A form too long for a URL is treated as empty.
 */
export async function redirectFormPost(request: Request): Promise<Response> {
  const { pathname, searchParams: query } = new URL(request.url);
  const text = await readForm(request, MAX_FORM_LENGTH);
  // A provider never posts multipart (Form Post Response Mode, 2): that is what a visitor typed, which no URL may contain.
  const isTyped = /^multipart\//i.test(request.headers.get("content-type") ?? "");
  const form = new URLSearchParams(isTyped ? "" : text);
  return redirectTo(`${pathname}?${new URLSearchParams([...query, ...form])}`, 303);
}

/**
 * Stops a circle: the guard redirects a visitor without a session to the login, the provider redirects back at once, and
 * if that session does not last either, the guard redirects again, until the browser gives up.
 *
 * @throws LoginError where two logins have just finished, and there is still no usable session
 */
async function rejectCircle(jar: CookieJar): Promise<void> {
  if (finishedLogins(jar) < 2) return;
  const session = await sessions().open(jar);
  if (session && (await isUsable(session))) return;
  throw new LoginError("configuration", "two logins in a row gave no session that lasts", {
    hint: "circle",
    advice:
      "check whether the browser or a proxy drops the session cookie, and whether all instances have the same settings",
  });
}

/** A provider that begins a login names itself by `iss` (OpenID Connect Core 4); only ours may. */
async function rejectOtherIssuers(named: string[]): Promise<void> {
  if (named.length === 0) return;
  const ours = [(await getProviderMetadata()).issuer, getSettings().oidc.issuer];
  if (named.every((iss) => ours.includes(iss))) return;
  throw new LoginError("configuration", "this login was begun by a provider other than OIDC_ISSUER", {
    iss: quote(named),
  });
}

/** The only parameters of the authentication request that a link to the login may set. */
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
const MAX_LINK_LENGTH = 300; // characters: it must fit into the login cookie beside the longest returnTo

/** A new login: the provider's URL, and what the answer will be checked against. */
interface NewLogin {
  readonly location: URL;
  readonly transaction: Transaction;
}

/**
 * Creates an authentication request (OpenID Connect Core 3.1.2.1, with PKCE as in RFC 7636), and pushes it to the
 * provider where that is required (RFC 9126).
 *
 * @param query the query of the link to the login
 * @throws LoginError as {@link authorizationUrl}
 */
export async function newLogin(query: URLSearchParams, intent: Intent): Promise<NewLogin> {
  const transaction = newTransaction(query, intent);
  const location = await authorizationUrl(await authenticationRequest(transaction, query, intent));
  return { location, transaction };
}

function newTransaction(query: URLSearchParams, intent: Intent): Transaction {
  const link = String(new URLSearchParams(passedOn(query)));
  return {
    state: randomBytes(32).toString("base64url"),
    nonce: randomBytes(32).toString("base64url"),
    codeVerifier: randomBytes(32).toString("base64url"),
    returnTo: parseReturnTo(query.get("returnTo")) ?? parseTargetLink(query.get("target_link_uri")),
    maxAge: shortestMaxAge(query, intent),
    createdAt: nowInSeconds(),
    again: link.length <= MAX_LINK_LENGTH ? { intent, link } : null,
  };
}

/** The smallest max_age of link and settings: a link may ask for a more recent login, but not accept an older one. */
function shortestMaxAge(query: URLSearchParams, intent: Intent): number | null {
  const { authorizationParams, signupParams } = getSettings().oidc;
  const asked = [
    query.get("max_age"),
    authorizationParams.max_age,
    intent === "signup" ? signupParams.max_age : undefined,
  ];
  const seconds = asked.filter((value) => value && /^\d{1,9}$/.test(value)).map(Number);
  return seconds.length ? Math.min(...seconds) : null;
}

async function authenticationRequest(
  { state, nonce, codeVerifier, maxAge }: Transaction,
  query: URLSearchParams,
  intent: Intent,
): Promise<Record<string, string>> {
  const { scope, redirectUri, responseMode, audience, resource, ...more } = getSettings().oidc;
  const link = passedOn(query);
  const set = { ...more.authorizationParams, ...(intent === "signup" ? more.signupParams : {}) };
  const prompt = unitePrompts(set.prompt, (intent === "signup" && (await promptCreate())) || link.prompt);
  const request: Record<string, string> = {
    ...link,
    ...set, // after the link's: a link must not weaken the settings
    redirect_uri: redirectUri,
    scope,
    state,
    nonce,
    code_challenge: createHash("sha256").update(codeVerifier).digest("base64url"),
    code_challenge_method: "S256",
    ...(responseMode ? { response_mode: responseMode } : {}),
    ...(audience ? { audience } : {}),
    ...(resource ? { resource } : {}),
    ...(prompt ? { prompt } : {}),
  };
  if (maxAge === null) delete request.max_age;
  else request.max_age = String(maxAge); // what the answer will be checked against
  return request;
}

/** The link's values for the parameters that it may set. */
function passedOn(query: URLSearchParams): Record<string, string> {
  const given = PASSED_ON.map((name) => [name, query.get(name) ?? ""] as const);
  return Object.fromEntries(
    given.filter(([, value]) => value.trim() !== "" && value.length <= MAX_PARAMETER_LENGTH),
  );
}

/** `none` is only allowed alone (OpenID Connect Core 3.1.2.1); any other value asks for more, so it replaces `none`. */
function unitePrompts(...prompts: (string | undefined)[]): string {
  const values = new Set(prompts.flatMap((prompt) => prompt?.split(" ").filter(Boolean) ?? []));
  if (values.size > 1) values.delete("none");
  return [...values].join(" ");
}

/** Initiating User Registration via OpenID Connect 1.0: asked for where discovery lists it, in place of the link's. */
async function promptCreate(): Promise<string | undefined> {
  const { prompt_values_supported } = await getProviderMetadata();
  const values = Array.isArray(prompt_values_supported) ? prompt_values_supported : [];
  return values.includes("create") ? "create" : undefined;
}
