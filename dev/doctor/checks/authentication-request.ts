import { newLogin } from "../../../lib/auth/login.ts";
import { toLoginError } from "../../../lib/auth/provider/index.ts";
import { endpointError, error, ok, type ProviderContext, type Result, warning } from "../check.ts";
import { inConsole } from "../presets/presets.ts";
import { browse, type Refusal, recogniseRefusal } from "./browse.ts";

/** The outcome of an authentication request. */
export interface Answer {
  /** "failed" without a response; if the provider rejects the request, the part that it rejects. */
  readonly verdict: "accepted" | "failed" | Refusal["about"];
  /** The provider's text, or a sentence about the outcome. */
  readonly said: string;
  /** Whether the provider has redirected to the callback URL. This proves that the URL is registered. */
  readonly isBack: boolean;
}

/** Matches the errors for a valid request that the provider cannot fulfil without showing a page (Core 3.1.2.6). */
const LOGIN_REQUIRED = /^(login|interaction|consent|account_selection)_required$/;

/**
 * Sends the authentication request of a login as a browser without cookies does: unchanged, and (unless the endpoint's
 * URL has a `prompt`) with `prompt=none`. Then a valid request leads back to the callback URL, without a login page.
 */
export async function askToLogIn(context: ProviderContext): Promise<Answer> {
  const { authorization_endpoint } = context.metadata;
  const hasPrompt = URL.parse(String(authorization_endpoint))?.searchParams.has("prompt");
  const sendingSilent = hasPrompt ? null : send(context, { prompt: "none" });
  const [plain, silent] = await Promise.all([send(context, {}), sendingSilent]);
  if (plain.verdict !== "accepted" || plain.isBack || !silent) return plain;
  // The response to prompt=none counts only if it proves that the URL is registered, or that the URL or the client is
  // wrong. prompt=none itself can cause all other errors.
  const isRelevant = silent.verdict === "accepted" ? silent.isBack : /^(URL|client)$/.test(silent.verdict);
  return isRelevant ? silent : plain;
}

async function send(context: ProviderContext, query: Record<string, string>): Promise<Answer> {
  const { clientId, redirectUri } = context.settings.oidc;
  try {
    const { location } = await newLogin(new URLSearchParams(query), "login");
    const { searchParams } = location;
    if (query.prompt && searchParams.has("prompt")) searchParams.set("prompt", query.prompt); // replaces the configured prompt
    const { exit, isBack, refusal } = await browse(location, redirectUri, context);
    const isValid = isBack && LOGIN_REQUIRED.test(exit?.searchParams.get("error") ?? "");
    if (refusal && !isValid) return { verdict: refusal.about, said: refusal.said, isBack };
    const where = exit ? `a redirect to ${context.tell(exit.origin)}` : "its login page";
    const said = isBack
      ? `The provider knows ${clientId}, and returns people to ${redirectUri}.`
      : `For ${clientId} and ${redirectUri}, the provider answers with ${where}.`;
    return { verdict: "accepted", said, isBack };
  } catch (thrown) {
    const { message, detail } = toLoginError(thrown, "authentication request");
    const { providerError, providerErrorDescription } = detail;
    if (providerError === undefined) return { verdict: "failed", said: message, isBack: false };
    // The provider has rejected a pushed request, with an error of RFC 6749, 4.1.2.1 or 5.2 (see RFC 9126, 2.3).
    const refusal = recogniseRefusal([providerError, providerErrorDescription].filter(Boolean).join(": "));
    return { verdict: refusal.about, said: refusal.said, isBack: false };
  }
}

/** The check "Client id and callback URL": whether the provider accepts both in an authentication request. */
export function checkAuthenticationRequest(answer: Answer, context: ProviderContext): Result {
  const { preset, tell, settings } = context;
  const { clientId, redirectUri } = settings.oidc;
  const { verdict, said, isBack } = answer;
  const words = tell(said) ? `: “${tell(said)}”` : "";
  switch (verdict) {
    case "accepted":
      return ok(said);
    case "failed":
      return endpointError(
        "authorization_endpoint",
        `The authorization endpoint does not answer: ${tell(said)}.`,
      );
    case "URL":
      return error(
        `The provider rejects the callback URL ${redirectUri}${words}`,
        `${inConsole(preset, "callbackUrl")}: add exactly ${redirectUri}`,
        "If another URL is registered, change APP_BASE_URL or OIDC_REDIRECT_URI to match it.",
      );
    case "client":
      return error(
        `The provider does not know the client ${clientId}, or does not allow it to log people in${words}`,
        `Copy OIDC_CLIENT_ID again. ${inConsole(preset, "clientId")}.`,
        "Check that the client is registered in the tenant, realm or environment of OIDC_ISSUER, and may use the authorization code flow.",
      );
    case "scope":
    case "audience":
      return isBack
        ? ok(`The provider accepts ${clientId} and ${redirectUri}, but rejects another part of the request.`)
        : warning(`The provider rejects the ${verdict} before it checks the callback URL.`);
    case "unknown":
      return error(
        `The provider rejects the request${words || " without giving a reason"}`,
        `${inConsole(preset, "callbackUrl")}: check that ${redirectUri} is there.`,
        `Compare OIDC_CLIENT_ID, OIDC_SCOPE and the other settings with the registered client. ${inConsole(preset, "clientId")}.`,
      );
  }
}
