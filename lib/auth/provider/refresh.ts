import { nowInSeconds } from "../../clock.ts"; // part: inspector
import { log } from "../../log.ts";
import { ID_TOKEN_CHECK, type LoginError, toLoginError } from "./errors.ts";
import { refreshTokens } from "./requests.ts";
import type { AccessToken, Claims, TokenSet } from "./tokens.ts";

/**
 * How a refresh ended. `refused`: the refresh token was rejected, or the new ID token has another subject.
 * `invalid`: the new ID token failed a check. `unavailable`: any other failure. `ended`: the session was revoked.
 */
export type RefreshOutcome =
  | { readonly kind: "refreshed"; readonly tokens: TokenSet }
  | { readonly kind: "refused" | "invalid" | "unavailable" | "ended" };

/** Matches OAuth errors that do not mean that the refresh token is invalid (RFC 6749, 5.2). */
const TEMPORARY = /^(invalid_client|unauthorized_client|temporarily_unavailable|server_error|slow_down)$/;

/** Refreshes the tokens of a session, and logs the outcome with `requestId`. Never throws. */
export async function requestRefresh(
  session: AccessToken & { readonly refreshToken: string | null; readonly idTokenClaims: Claims },
  requestId: string,
): Promise<RefreshOutcome> {
  const startedAt = performance.now(); // part: inspector
  try {
    let tokens: TokenSet = await refreshTokens(
      String(session.refreshToken),
      session.idTokenClaims,
      session.dpopKey, // part: fapi
    );
    tokens = { ...tokens, refreshed: [nowInSeconds(), Math.round(performance.now() - startedAt)] }; // part: inspector
    log.info({ requestId, step: "refresh" }, "access token refreshed");
    return { kind: "refreshed", tokens };
  } catch (thrown) {
    const error = toLoginError(thrown, "token refresh");
    const { reason, message, detail } = error;
    const kind = outcomeOf(error);
    log.warn({ requestId, step: "token refresh", outcome: kind, reason, ...detail }, message);
    return { kind };
  }
}

/** The session ends when its access token expires, except after `unavailable`: then the app tries again. */
function outcomeOf({ reason, detail }: LoginError): "refused" | "invalid" | "unavailable" {
  if (reason === "provider_unavailable") return "unavailable";
  if (detail.claim === "sub") return "refused";
  if (detail.check === ID_TOKEN_CHECK) return "invalid";
  const { providerError } = detail;
  return providerError === undefined || TEMPORARY.test(String(providerError)) ? "unavailable" : "refused";
}
