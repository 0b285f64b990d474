import { nowInSeconds } from "../clock.ts";
import { quote } from "../log.ts";
import { getSettings } from "../settings.ts";
import { answerLoginError } from "./errors.ts";
import { isPrefetch, isScriptRequest, NO_STORE, readForm, redirectTo } from "./http.ts";
import { startRecording } from "./inspector/recording.ts"; // part: inspector
import { begunLogin, keepFailedTrace } from "./inspector/trace.ts"; // part: inspector
import { tryOption } from "./inspector/trials.ts"; // part: inspector
import { previewState } from "./previews/previews.ts"; // part: previews
import {
  authorizationUrl,
  ensureProviderReachable,
  getProviderMetadata,
  LoginError,
  newLoginSecrets,
  toLoginError,
} from "./provider/index.ts";
import { isUsable } from "./refresh.ts";
import { parseReturnTo, parseTargetLink } from "./return-to.ts";
import type { CookieJar } from "./session-cookie.ts";
import { sessions } from "./session-storage.ts";
import { finishedLogins, type Intent, saveTransaction, type Transaction } from "./transaction.ts";

const MAX_FORM_LENGTH = 8_000; // characters
const MAX_STEP_UPS = 4; // within ten seconds: a page may require several in a row

/** Begins a login by a redirect to the provider. The provider may also link to this route (OpenID Connect Core 4). */
export function beginLogin(intent: Intent) {
  return async (request: Request, jar: CookieJar, requestId: string): Promise<Response> => {
    if (isPrefetch(request.headers) || isScriptRequest(request.headers)) {
      const message = "Open this URL in the browser; it cannot be fetched from a script.\n";
      return new Response(message, { status: 400, headers: NO_STORE });
    }
    startRecording(request); // part: inspector
    try {
      const query = new URL(request.url).searchParams;
      await rejectCircle(jar, query);
      await rejectOtherIssuers(query.getAll("iss"));
      const { location, transaction } = await newLogin(query, intent);
      Object.assign(transaction, begunLogin(location, transaction)); // part: inspector
      await ensureProviderReachable();
      await saveTransaction(jar, transaction);
      return redirectTo(location, 302);
    } catch (error) {
      await keepFailedTrace(jar, toLoginError(error, `begin ${intent}`)); // part: inspector
      return answerLoginError(jar, toLoginError(error, `begin ${intent}`), { requestId, status: 302 });
    }
  };
}

/** Redirects a form post to the same URL by GET, because browsers omit `SameSite=Lax` cookies from cross-site posts. */
export async function redirectFormPost(request: Request): Promise<Response> {
  const { pathname, searchParams: query } = new URL(request.url);
  const form = await readForm(request, MAX_FORM_LENGTH);
  // A provider never posts multipart (Form Post Response Mode, 2), so a multipart form must not be copied into the URL.
  const isTyped = /^multipart\//i.test(request.headers.get("content-type") ?? "");
  return redirectTo(`${pathname}?${new URLSearchParams([...query, ...(isTyped ? [] : form)])}`, 303);
}

/** Whether a page requires a step-up: the new ID token's `acr` must then be one of the link's `acr_values`. */
const isStepUp = (query: URLSearchParams) => query.get("step_up") === "1";

/** Stops a loop of logins. @throws LoginError after two in a row without a usable session, or after four step-ups */
async function rejectCircle(jar: CookieJar, query: URLSearchParams): Promise<void> {
  if (finishedLogins(jar) < (isStepUp(query) ? MAX_STEP_UPS : 2)) return;
  const session = isStepUp(query) ? null : await sessions().open(jar); // step-ups can loop although there is a session
  if (session && (await isUsable(session))) return;
  throw new LoginError("configuration", "two logins in a row did not result in a usable session", {
    hint: "circle",
    advice:
      "check whether the browser or a proxy drops the session cookie, and whether all instances have the same settings",
  });
}

/** Rejects a login begun by another provider, which identifies itself in `iss` (OpenID Connect Core 4). */
async function rejectOtherIssuers(named: string[]): Promise<void> {
  if (named.length === 0) return;
  const ours = [(await getProviderMetadata()).issuer, getSettings().oidc.issuer];
  if (named.every((iss) => ours.includes(iss))) return;
  const message = "this login was started by a provider other than OIDC_ISSUER";
  throw new LoginError("configuration", message, { iss: quote(named) });
}

/** The only parameters of the authentication request that a link to the login may set. */
const PASSED_ON = [
  ...["prompt", "max_age", "login_hint", "ui_locales", "acr_values"],
  ...["connection", "organization", "invitation"], // of Auth0
];
const MAX_PARAMETER_LENGTH = 1_000; // characters
const MAX_LINK_LENGTH = 300; // characters, so that it fits into the login cookie with the longest returnTo

/** Builds the authentication request (OpenID Connect Core 3.1.2.1) for a login link's query, and its transaction. */
export async function newLogin(query: URLSearchParams, intent: Intent) {
  const { authorizationParams, signupParams } = getSettings().oidc;
  const set = intent === "signup" ? [authorizationParams, signupParams] : [authorizationParams];
  // A link may ask for a more recent login, but not accept an older one: the smallest max_age applies.
  const ages = [query.get("max_age"), ...set.map(({ max_age }) => max_age)];
  const seconds = ages.filter((age) => age && /^\d{1,9}$/.test(age)).map(Number);
  const link = linkParameters(query);
  const acr = isStepUp(query) ? (link.acr_values ?? "") : "";
  if (acr.length > MAX_LINK_LENGTH) throw new LoginError("configuration", "the acr_values are too long");
  const again = String(new URLSearchParams({ ...link, ...(acr && { step_up: "1" }) }));
  const transaction: Transaction = {
    ...newLoginSecrets(),
    returnTo: parseReturnTo(query.get("returnTo")) ?? parseTargetLink(query.get("target_link_uri")),
    maxAge: seconds.length ? Math.min(...seconds) : null,
    ...(acr && { acr }),
    createdAt: nowInSeconds(),
    again: again.length + acr.length <= MAX_LINK_LENGTH ? { intent, link: again } : null,
  };
  const prompt = (intent === "signup" && (await promptCreate())) || link.prompt;
  const request = authenticationRequest(transaction, { ...link, prompt }, Object.assign({}, ...set));
  Object.assign(request, await previewState(transaction)); // part: previews
  Object.assign(request, await tryOption(query)); // part: inspector
  return { location: await authorizationUrl(request, transaction.codeVerifier), transaction };
}

function linkParameters(query: URLSearchParams): Record<string, string> {
  const given = PASSED_ON.map((name) => [name, query.get(name) ?? ""] as const);
  return Object.fromEntries(
    given.filter(([, value]) => value.trim() && value.length <= MAX_PARAMETER_LENGTH),
  );
}

/** `create` replaces the link's prompt if discovery lists it (Initiating User Registration via OpenID Connect 1.0). */
async function promptCreate(): Promise<string | undefined> {
  const { prompt_values_supported: values } = await getProviderMetadata();
  return Array.isArray(values) && values.includes("create") ? "create" : undefined;
}

type Begun = Pick<Transaction, "state" | "nonce" | "maxAge">;
type Values = Readonly<Record<string, string | undefined>>;

/** @param set parameters from the settings, which take precedence, so that no link can weaken them */
export function authenticationRequest({ state, nonce, maxAge }: Begun, link: Values, set: Values) {
  const { scope, redirectUri, responseMode, audience, resource } = getSettings().oidc;
  const prompts = new Set(`${set.prompt ?? ""} ${link.prompt ?? ""}`.split(" ").filter(Boolean));
  if (prompts.size > 1) prompts.delete("none"); // `none` must be alone (OpenID Connect Core 3.1.2.1)
  const request = {
    ...link,
    ...set,
    redirect_uri: redirectUri,
    scope,
    state,
    nonce,
    response_mode: responseMode,
    audience: audience ?? set.audience,
    resource: resource ?? set.resource,
    prompt: [...prompts].join(" "),
    max_age: maxAge?.toString(), // the ID token's `auth_time` will be checked against it
  };
  return Object.fromEntries(Object.entries(request).filter((entry): entry is [string, string] => !!entry[1]));
}
