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
const MAX_STEP_UPS = 4; // in ten seconds; a page may require several step-ups in a row

/** Begins a login: redirects to the provider. A provider may also send visitors here (OpenID Connect Core 4). */
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
  // Do not copy a multipart form into the URL: no provider sends one (OAuth 2.0 Form Post Response Mode, 2).
  const isTyped = /^multipart\//i.test(request.headers.get("content-type") ?? "");
  return redirectTo(`${pathname}?${new URLSearchParams([...query, ...(isTyped ? [] : form)])}`, 303);
}

/** Whether the login is a step-up. The `acr` of its ID token must then be one of the requested `acr_values`. */
const isStepUp = (query: URLSearchParams) => query.get("step_up") === "1";

/** Stops redirect loops. @throws LoginError if two logins in a row led to no usable session, or after four step-ups */
async function rejectCircle(jar: CookieJar, query: URLSearchParams): Promise<void> {
  if (finishedLogins(jar) < (isStepUp(query) ? MAX_STEP_UPS : 2)) return;
  const session = isStepUp(query) ? null : await sessions().open(jar); // step-ups can loop even with a session
  if (session && (await isUsable(session))) return;
  throw new LoginError("configuration", "several logins in a row did not result in a usable session", {
    hint: "circle",
    advice:
      "check whether the browser or a proxy drops the session cookie, and whether all instances have the same settings",
  });
}

/** Rejects a login that another provider started. `iss` identifies that provider (OpenID Connect Core 4). */
async function rejectOtherIssuers(named: string[]): Promise<void> {
  if (named.length === 0) return;
  const ours = [(await getProviderMetadata()).issuer, getSettings().oidc.issuer];
  if (named.every((iss) => ours.includes(iss))) return;
  const message = "this login was started by a provider other than OIDC_ISSUER";
  throw new LoginError("configuration", message, { iss: quote(named) });
}

/** Parameters of the authentication request that a login link may set. Others are ignored. */
const PASSED_ON = [
  ...["prompt", "max_age", "login_hint", "ui_locales", "acr_values"],
  ...["connection", "organization", "invitation"], // Auth0's own parameters
];
const MAX_PARAMETER_LENGTH = 1_000; // characters
const MAX_LINK_LENGTH = 300; // characters; a longer link would not fit into the login cookie

/** Builds the authentication request (OpenID Connect Core 3.1.2.1) and the transaction from a login link's query. */
export async function newLogin(query: URLSearchParams, intent: Intent) {
  const { authorizationParams, signupParams } = getSettings().oidc;
  const set = intent === "signup" ? [authorizationParams, signupParams] : [authorizationParams];
  // The smallest max_age applies, so a link can only make the limit of the settings stricter.
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

/** The prompt `create`, if the provider supports it (Initiating User Registration via OpenID Connect 1.0). */
async function promptCreate(): Promise<string | undefined> {
  const { prompt_values_supported: values } = await getProviderMetadata();
  return Array.isArray(values) && values.includes("create") ? "create" : undefined;
}

type Stated = Pick<Transaction, "state" | "nonce" | "maxAge">;
type Values = Readonly<Record<string, string | undefined>>;

/** @param set parameters from the settings. They override those of the link, so that no link can weaken them */
export function authenticationRequest({ state, nonce, maxAge }: Stated, link: Values, set: Values) {
  const { scope, redirectUri, responseMode, audience, resource } = getSettings().oidc;
  const prompts = new Set(`${set.prompt ?? ""} ${link.prompt ?? ""}`.split(" ").filter(Boolean));
  if (prompts.size > 1) prompts.delete("none"); // `none` cannot be combined with others (OpenID Connect Core 3.1.2.1)
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
    max_age: maxAge?.toString(), // the callback compares the ID token's `auth_time` with this
  };
  return Object.fromEntries(Object.entries(request).filter((entry): entry is [string, string] => !!entry[1]));
}
