import { isLoginError, type LoginError } from "../../../lib/auth/errors.ts";
import { newLogin } from "../../../lib/auth/login.ts";
import { toLoginError } from "../../../lib/auth/provider/errors.ts";
import { inConsole, type ProviderContext } from "../context.ts";
import { type Bounds, browse, originsOf, type Visit } from "../report/browse.ts";
import { error, ok, type Result, warning } from "../report/finding.ts";
import { errorIn, type Refusal, recogniseRefusal, refusalIn } from "./refusals.ts";

/** The outcome of an authentication request. */
export type Answer =
  | { readonly verdict: "accepted"; readonly seen: string; readonly proven: boolean }
  | { readonly verdict: "refused"; readonly refusal: Refusal; readonly atCallback: boolean }
  | { readonly verdict: "failed"; readonly failure: LoginError };

/** OpenID Connect Core 3.1.2.6: the request is valid, but nobody is logged in. */
const LOGIN_REQUIRED = /^(login|interaction|consent|account_selection)_required$/;

/**
 * Sends the authentication request of a login, as a browser without cookies does, and again with `prompt=none`. The
 * provider answers the second one with a redirect to the callback URL, or rejects it.
 */
export async function askToLogIn(context: ProviderContext): Promise<Answer> {
  const { authorization_endpoint } = context.metadata;
  const hasPrompt = URL.parse(String(authorization_endpoint))?.searchParams.has("prompt");
  const [plain, silent] = await Promise.all([
    send(context, {}),
    ...(hasPrompt ? [] : [send(context, { prompt: "none" })]),
  ]);
  if (plain.verdict !== "accepted" || plain.proven || !silent) return plain;
  if (silent.verdict === "accepted" && silent.proven) return silent;
  // Ignores errors that may be about prompt=none itself.
  const isRelevant = silent.verdict === "refused" && /^(URL|client)$/.test(silent.refusal.about);
  return isRelevant ? silent : plain;
}

async function send(context: ProviderContext, query: Record<string, string>): Promise<Answer> {
  const bounds: Bounds = {
    home: originsOf(context.metadata),
    target: context.settings.oidc.redirectUri,
    hide: context.hide,
  };
  try {
    const { location } = await newLogin(new URLSearchParams(query), "login");
    if (query.prompt && location.searchParams.has("prompt"))
      location.searchParams.set("prompt", query.prompt); // without the prompt of the settings
    return judge(await browse(location, bounds), context);
  } catch (thrown) {
    return judgeFailure(toLoginError(thrown, "authentication request"));
  }
}

function judge(visit: Visit, { settings, tell }: ProviderContext): Answer {
  const { clientId, redirectUri } = settings.oidc;
  const { end } = visit;
  if (end.kind === "back") {
    const said = end.parameters.get("error");
    const proven = said === null || LOGIN_REQUIRED.test(said);
    const seen = `The provider knows ${clientId}, and returns people to ${redirectUri}.`;
    if (proven) return { verdict: "accepted", seen, proven };
    const text = errorIn(end.parameters).join(" ");
    const refusal = recogniseRefusal(text) ?? { about: "unknown", said: text };
    return { verdict: "refused", refusal, atCallback: true };
  }
  const refusal = refusalIn(visit);
  if (refusal) return { verdict: "refused", refusal, atCallback: false };
  const where = end.kind === "page" ? "its login page" : `a redirect to ${tell(end.url.origin)}`;
  const seen = `The provider answers with ${where} for ${clientId} and ${redirectUri}.`;
  return { verdict: "accepted", seen, proven: false };
}

/**
 * Compares the callback URLs of the authentication request, pushed or not, and of the token request. If they differ, the
 * provider rejects every code (RFC 6749, 4.1.3).
 *
 * @returns an empty list if they are the same
 */
export function compareCallbackUrls({
  metadata,
  wire,
  tell,
}: Pick<ProviderContext, "metadata" | "wire" | "tell">): Result[] {
  const { authorization_endpoint, pushed_authorization_request_endpoint, token_endpoint } = metadata;
  const sent = [authorization_endpoint, pushed_authorization_request_endpoint, token_endpoint].flatMap(
    (endpoint) => {
      const { url, requestBody } = wire.last(endpoint) ?? {};
      return (
        url?.searchParams.get("redirect_uri") ?? new URLSearchParams(requestBody).get("redirect_uri") ?? []
      );
    },
  );
  const [first, other] = new Set(sent);
  if (other === undefined) return [];
  return [
    error(
      `The callback URL is ${tell(String(first))} in the authentication request, but ${tell(other)} in the token request.`,
      "Register a callback URL without a query, and set OIDC_REDIRECT_URI to it.",
    ),
  ];
}

/** A provider may also reject a pushed request (RFC 9126, 2.3), with the error of either endpoint. */
function judgeFailure(failure: LoginError): Answer {
  const { providerError, providerErrorDescription } = failure.detail;
  if (!isLoginError(failure) || providerError === undefined) return { verdict: "failed", failure };
  const said = [providerError, providerErrorDescription].filter(Boolean).join(": ");
  const refusal = recogniseRefusal(said) ?? { about: "unknown", said };
  return { verdict: "refused", refusal, atCallback: false };
}

/** "Client id and callback URL": what the answer shows about them. */
export function checkAuthenticationRequest(answer: Answer, context: ProviderContext): Result {
  const { preset, tell, settings } = context;
  const { clientId, redirectUri } = settings.oidc;
  const registered = inConsole(preset, preset?.console.callbackUrl, "the client's callback (redirect) URLs");
  if (answer.verdict === "accepted") return ok(answer.seen);
  if (answer.verdict === "failed") {
    return error(
      `The authorization endpoint does not answer: ${tell(answer.failure.message)}.`,
      "Open the URL of the authorization endpoint in a browser. Check any proxy or firewall in between.",
    );
  }
  const { about, said } = answer.refusal;
  const words = tell(said) ? `: “${tell(said)}”` : "";
  switch (about) {
    case "URL":
      return error(
        `The provider rejects the callback URL ${redirectUri}${words}`,
        `${registered}: add exactly ${redirectUri}`,
        "If another URL is registered, change APP_BASE_URL or OIDC_REDIRECT_URI to match it.",
      );
    case "client":
      return error(
        `The provider does not know the client ${clientId}, or does not allow it to log people in${words}`,
        `Copy OIDC_CLIENT_ID again. ${inConsole(preset, preset?.console.clientId, "see the client's id")}.`,
        "Check that the client is registered in the tenant, realm or environment of OIDC_ISSUER, and may use the authorization code flow.",
      );
    case "scope":
    case "audience":
      return answer.atCallback
        ? ok(`The provider accepts ${clientId} and ${redirectUri}, and rejects something else.`)
        : warning(`The provider rejects the ${about} before it checks the callback URL.`);
    case "unknown":
      return error(
        `The provider rejects the request${words || " without a reason"}`,
        `${registered}: check that ${redirectUri} is there.`,
        `Compare OIDC_CLIENT_ID, OIDC_SCOPE and the other settings with the client. ${inConsole(preset, preset?.console.clientId, "see the client's settings")}.`,
      );
  }
}
