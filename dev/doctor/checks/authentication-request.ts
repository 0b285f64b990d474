import { isLoginError, type LoginError } from "../../../lib/auth/errors.ts";
import { newLogin } from "../../../lib/auth/login.ts";
import { toLoginError } from "../../../lib/auth/provider/errors.ts";
import { inConsole, type ProviderContext } from "../context.ts";
import { type Bounds, browse, originsOf, type Visit } from "../report/browse.ts";
import { error, ok, type Result, warning } from "../report/finding.ts";
import { errorIn, type Refusal, recogniseRefusal, refusalIn } from "./refusals.ts";

/** What came of an authentication request. */
export type Answer =
  | { readonly verdict: "accepted"; readonly seen: string; readonly proven: boolean }
  | { readonly verdict: "refused"; readonly refusal: Refusal; readonly atCallback: boolean }
  | { readonly verdict: "failed"; readonly failure: LoginError };

/** OpenID Connect Core 3.1.2.6: the request is fine, only that nobody is logged in. */
const WANTS_A_PERSON = /^(login|interaction|consent|account_selection)_required$/;

/**
 * Sends the authentication request that a login begins with, as a browser without cookies, and once more with
 * `prompt=none`: providers answer that one by going back to the callback URL, or they refuse to.
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
  // Whatever else a provider has against prompt=none, this is not about that.
  const isTelling = silent.verdict === "refused" && /^(URL|client)$/.test(silent.refusal.about);
  return isTelling ? silent : plain;
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
      location.searchParams.set("prompt", query.prompt); // alone
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
    const proven = said === null || WANTS_A_PERSON.test(said);
    const seen = `The provider knows ${clientId}, and sends people back to ${redirectUri}.`;
    if (proven) return { verdict: "accepted", seen, proven };
    const text = errorIn(end.parameters).join(" ");
    const refusal = recogniseRefusal(text) ?? { about: "unknown", said: text };
    return { verdict: "refused", refusal, atCallback: true };
  }
  const refusal = refusalIn(visit);
  if (refusal) return { verdict: "refused", refusal, atCallback: false };
  const where = end.kind === "page" ? "its login page" : `the way to ${tell(end.url.origin)}`;
  const seen = `The provider shows ${where} for ${clientId} and ${redirectUri}.`;
  return { verdict: "accepted", seen, proven: false };
}

/**
 * Compares the callback URLs of the authentication request, pushed or not, and of the token request: the second must
 * repeat the first exactly (RFC 6749, 4.1.3), or the provider refuses every code.
 *
 * @returns nothing where they are the same
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
      `The authentication request names the callback URL ${tell(String(first))}, the token request ${tell(other)}.`,
      "Register a callback URL without a query, and set OIDC_REDIRECT_URI to it.",
    ),
  ];
}

/** The provider may refuse a pushed request, too (RFC 9126, 2.3), in the words of either endpoint. */
function judgeFailure(failure: LoginError): Answer {
  const { providerError, providerErrorDescription } = failure.detail;
  if (!isLoginError(failure) || providerError === undefined) return { verdict: "failed", failure };
  const said = [providerError, providerErrorDescription].filter(Boolean).join(": ");
  const refusal = recogniseRefusal(said) ?? { about: "unknown", said };
  return { verdict: "refused", refusal, atCallback: false };
}

/** "Client id and callback URL": what is seen of them in the answer. */
export function checkAuthenticationRequest(answer: Answer, context: ProviderContext): Result {
  const { preset, tell, settings } = context;
  const { clientId, redirectUri } = settings.oidc;
  const registered = inConsole(preset, preset?.console.callbackUrl, "the client's callback (redirect) URLs");
  if (answer.verdict === "accepted") return ok(answer.seen);
  if (answer.verdict === "failed") {
    return error(
      `The authorization endpoint could not be asked: ${tell(answer.failure.message)}.`,
      "Try the address of the authorization endpoint in a browser; see that no firewall or proxy stands between.",
    );
  }
  const { about, said } = answer.refusal;
  const words = tell(said) ? `: “${tell(said)}”` : "";
  switch (about) {
    case "URL":
      return error(
        `The provider refuses the callback URL ${redirectUri}${words}`,
        `${registered}: add ${redirectUri}, the same to the letter.`,
        "If another one is registered, have APP_BASE_URL or OIDC_REDIRECT_URI fit it.",
      );
    case "client":
      return error(
        `The provider does not know the client ${clientId}, or does not let it log people in${words}`,
        `Copy OIDC_CLIENT_ID once more. ${inConsole(preset, preset?.console.clientId, "see the client's id")}.`,
        "See that OIDC_ISSUER is the tenant, realm or environment that the client is registered in, and that the client may use the authorization code flow.",
      );
    case "scope":
    case "audience":
      return answer.atCallback
        ? ok(`The provider knows ${clientId} and ${redirectUri}, and objects to something else.`)
        : warning(
            `The provider refuses the request for its ${about}, before it says anything about the callback URL.`,
          );
    case "unknown":
      return error(
        `The provider refuses the request${words || " without a word"}`,
        `${registered}: see that ${redirectUri} is there.`,
        `Compare OIDC_CLIENT_ID, OIDC_SCOPE and what else is set with the client. ${inConsole(preset, preset?.console.clientId, "see the client's settings")}.`,
      );
  }
}
