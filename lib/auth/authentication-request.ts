import { createHash, randomBytes } from "node:crypto";
import { nowInSeconds } from "../clock.ts";
import { getSettings } from "../settings.ts";
import { getProviderMetadata } from "./provider/client.ts";
import { authorizationUrl } from "./provider/urls.ts";
import { parseReturnTo, parseTargetLink } from "./return-to.ts";
import type { Intent, Transaction } from "./transaction.ts";

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
const MAX_LINK_LENGTH = 300; // characters: it has to fit into the login cookie with the longest returnTo

/** A login that begins: where it leads, and what its answer will be checked against. */
interface NewLogin {
  readonly location: URL;
  readonly transaction: Transaction;
}

/**
 * Puts an authentication request together (OpenID Connect Core 3.1.2.1, PKCE with S256 after RFC 7636), and has it
 * pushed to the provider where that is how it goes.
 *
 * @param query of the link to the login
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

/** The smallest max_age of link and settings: a link may ask for a more recent login, but not for an older one. */
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
    ...set, // after the link, which must not weaken what the settings ask for
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
