import { randomBytes } from "node:crypto";
import { nowInSeconds } from "../../clock.ts";
import { getSettings } from "../../settings.ts";
import { SITE } from "../../site.ts";
import { isPrefetch, isScriptRequest, redirectTo } from "../http.ts";
import { authenticationRequest } from "../login.ts";
import { isSameOrigin } from "../logout.ts";
import {
  authorizationUrl,
  ensureProviderReachable,
  getProviderMetadata,
  type LoginSecrets,
  newLoginSecrets,
} from "../provider/index.ts";
import type { CookieJar } from "../session-cookie.ts";
import { saveTransaction } from "../transaction.ts";
import { page, Refusal } from "./answers.ts";
import { brokerCallback, checkRedirectUri } from "./redirect-uri.ts";

/** A program's login in progress. It is kept in a cookie, not in the store. */
export interface ProgramLogin extends LoginSecrets {
  /** The URL at which the program waits for the code. */
  readonly redirectUri: string;
  /** The program's own `state`, which is sent back to the program. A random value if the program sent none. */
  readonly programState: string;
  /** The program's PKCE challenge (RFC 7636, 4.2). Null if the program proves with `state` that it began the login. */
  readonly challenge: string | null;
  /** The `max_age` of the settings, in seconds; null if they contain none. */
  readonly maxAge: number | null;
  /** The requested scopes. If the token response has no `scope`, these scopes were granted (RFC 6749, 5.1). */
  readonly scope: string;
  /** Unix seconds. */
  readonly createdAt: number;
}

/** The name prefix of the cookies for program logins, and their maximum number in a browser (`saveTransaction`). */
export const PROGRAM_LOGIN = { prefix: "program.", most: 3 };

/** Matches a PKCE challenge: 32 bytes in base64url. */
const CHALLENGE = /^[\w-]{43}$/;

/** Matches printable ASCII (RFC 6749, appendix A.5). */
const PROGRAM_STATE = /^[\x20-\x7e]{1,500}$/;

/** Matches the characters that RFC 6749, 3.3, allows in `scope`. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e ]{1,1000}$/;

const PROMPTS = ["login", "consent", "select_account"];

/**
 * Begins the login of a program: redirects the browser to the provider with PKCE, nonce and state, and keeps these in a
 * cookie. If the request comes from another site, the person must confirm it first. Otherwise that site could log in
 * a program without any interaction if the person has a session at the provider.
 *
 * @throws Refusal if the request is invalid; LoginError if the provider is unavailable
 */
export async function beginProgramLogin(request: Request, jar: CookieJar): Promise<Response> {
  if (isPrefetch(request.headers) || isScriptRequest(request.headers)) {
    throw new Refusal(
      400,
      "invalid_request",
      "Open this URL in the browser; it cannot be fetched from a script.",
    );
  }
  const { search, searchParams } = new URL(request.url);
  const query = singleParameters(searchParams);
  const redirectUri = checkRedirectUri(query.get("redirect_uri") ?? null, "redirect_uri");
  if (!isSameOrigin(request.headers)) return askFirst(redirectUri, search);
  const { authorizationParams } = getSettings().oidc;
  const login: ProgramLogin = {
    ...newLoginSecrets(),
    maxAge: maxAge(),
    redirectUri,
    ...proofOf(query),
    scope: await scopeOf(query.get("scope"), /^true$/i.test(query.get("offline_access") ?? "")),
    createdAt: nowInSeconds(),
  };
  const parameters = {
    ...authenticationRequest(login, { prompt: promptOf(query.get("prompt")) }, authorizationParams),
    redirect_uri: brokerCallback(),
    scope: login.scope,
  };
  const location = await authorizationUrl(parameters, login.codeVerifier);
  await ensureProviderReachable();
  await saveTransaction(jar, login, PROGRAM_LOGIN);
  return redirectTo(location, 302);
}

/** A page whose link begins the same login. In a frame of another site, the link only shows this page again. */
function askFirst(redirectUri: string, search: string): Response {
  return page(200, {
    eyebrow: "Log in a program",
    title: "Have you started a program?",
    paragraphs: [
      `A program wants to use ${SITE.name} as you. It is waiting at ${new URL(redirectUri).origin}.`,
      "Continue only if you have just started it yourself. Otherwise close this page.",
    ],
    link: { href: search, label: "Continue" },
  });
}

/** The maximum age of the person's login at the provider, in seconds, from the settings; null for no limit. */
export function maxAge(): number | null {
  const { max_age } = getSettings().oidc.authorizationParams;
  return max_age === undefined ? null : Number(max_age);
}

/** The parameters as a map. @throws Refusal if a parameter occurs twice (RFC 6749, 3.1 and 3.2) */
export function singleParameters(query: Iterable<[string, string]>): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const [name, value] of query) {
    if (parameters.has(name)) throw new Refusal(400, "invalid_request", "A parameter occurs twice.");
    parameters.set(name, value);
  }
  return parameters;
}

/** The values with which the program proves at the token endpoint that it began the login. */
function proofOf(query: Map<string, string>): Pick<ProgramLogin, "programState" | "challenge"> {
  const state = query.get("state") || randomBytes(32).toString("base64url");
  const challenge = query.get("code_challenge") || null;
  if (!PROGRAM_STATE.test(state))
    throw new Refusal(400, "invalid_request", "state must be at most 500 printable ASCII characters.");
  if (challenge !== null && (!CHALLENGE.test(challenge) || query.get("code_challenge_method") !== "S256")) {
    throw new Refusal(400, "invalid_request", "code_challenge must be a PKCE challenge of method S256.");
  }
  return { programState: state, challenge };
}

/** The `prompt` for the provider. `none` is removed, because the person is at the browser and can log in. */
function promptOf(asked = ""): string {
  const values = asked.split(" ").filter((value) => value && value !== "none");
  if (values.every((value) => PROMPTS.includes(value))) return values.join(" ");
  throw new Refusal(400, "invalid_request", `prompt must be ${PROMPTS.join(", ")} or none.`);
}

/** The scopes to request. Adds `offline_access` if the program wants it, unless `scopes_supported` lacks it. */
async function scopeOf(asked: string | undefined, isOffline: boolean): Promise<string> {
  if (asked && !SCOPE.test(asked)) throw new Refusal(400, "invalid_scope", "scope is too long or malformed.");
  const scopes = new Set((asked?.trim() || getSettings().oidc.scope).split(" ").filter(Boolean));
  const { scopes_supported: supported } = await getProviderMetadata();
  if (isOffline && (supported?.includes("offline_access") ?? true)) scopes.add("offline_access");
  return [...scopes.add("openid")].join(" ");
}
