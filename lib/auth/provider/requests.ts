import { log } from "../../log.ts";
import { getSettings } from "../../settings.ts";
import { LoginError } from "../errors.ts";
import { ask, getProviderMetadata } from "./client.ts";
import { type DpopKey, dpopOptions } from "./dpop.ts";
import { httpStatusOf, isAboutNobody, toLoginError } from "./errors.ts";
import type { Claims } from "./jwt.ts";
import { type TokenSet, toTokenSet } from "./token-set.ts";

/** What a code is exchanged against: the transaction that the login began with. */
export interface CodeChecks {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
  /** Seconds; present where the login asked for `max_age`. */
  readonly maxAge?: number | undefined;
}

/**
 * Exchanges the authorization response for tokens and checks everything: `state`, `iss` (RFC 9207), the provider's
 * answer, and the ID token in full (OpenID Connect Core 3.1.3.7), its signature against the provider's keys included.
 *
 * @param callbackUrl the redirect URI with the query that the provider sent the visitor back with
 * @param dpopKey     what the tokens are to be bound to (RFC 9449); null for bearer tokens
 * @throws LoginError with the reason
 */
export async function exchangeCode(
  callbackUrl: URL,
  checks: CodeChecks,
  dpopKey: DpopKey | null = null,
): Promise<TokenSet & { idToken: string; idTokenClaims: Claims }> {
  const tokens = await ask("code exchange", async (config, client) =>
    client.authorizationCodeGrant(
      config,
      callbackUrl,
      {
        expectedState: checks.state,
        expectedNonce: checks.nonce,
        pkceCodeVerifier: checks.codeVerifier,
        idTokenExpected: true,
        ...(checks.maxAge === undefined ? {} : { maxAge: checks.maxAge }),
      },
      resourceParameter(),
      await dpopOptions(dpopKey, config, client),
    ),
  );
  wantBoundToken(tokens, dpopKey);
  const { idToken, idTokenClaims, ...rest } = toTokenSet(tokens, checks.maxAge);
  if (!idToken || !idTokenClaims) {
    throw new LoginError("invalid_response", "the token response holds no ID token");
  }
  return { ...rest, idToken, idTokenClaims };
}

/**
 * Uses a refresh token (RFC 6749, 6; OpenID Connect Core 12). A new ID token must be about the same subject.
 *
 * @param previous claims of the session's ID token
 * @throws LoginError; `detail.providerError` tells a refusal from a passing failure
 */
export async function refreshTokens(
  refreshToken: string,
  previous: Claims,
  dpopKey: DpopKey | null = null,
): Promise<TokenSet> {
  const tokens = await ask("token refresh", async (config, client) =>
    client.refreshTokenGrant(
      config,
      refreshToken,
      resourceParameter(),
      await dpopOptions(dpopKey, config, client),
    ),
  );
  wantBoundToken(tokens, dpopKey);
  const claims = tokens.claims();
  if (claims && (claims.sub !== previous.sub || claims.iss !== previous.iss)) {
    throw new LoginError("invalid_response", "the refreshed ID token is about somebody else", {
      claim: "sub",
    });
  }
  return toTokenSet(tokens);
}

/** Answers of a userinfo endpoint that does not exist, or says nothing. */
const NO_USERINFO = [204, 404, 405, 410];

/**
 * Asks the userinfo endpoint (OpenID Connect Core 5.3).
 *
 * @param subject `sub` of the ID token; the answer must be about the same
 * @returns the claims; null where the ID token's claims have to do: the provider has no such endpoint, refuses this
 *   access token (401, 403), or answers nothing or without a `sub`
 * @throws LoginError
 */
export async function fetchUserinfo(
  accessToken: string,
  subject: string,
  dpopKey: DpopKey | null = null,
): Promise<Claims | null> {
  if (!(await getProviderMetadata()).userinfo_endpoint) return null;
  return ask("userinfo request", async (config, client) => {
    const options = await dpopOptions(dpopKey, config, client);
    return client.fetchUserInfo(config, accessToken, subject, options).catch((error: unknown) => {
      const status = httpStatusOf(error);
      if (status === 401 || status === 403) return null;
      const isNothing = status !== undefined && NO_USERINFO.includes(status);
      if (!isNothing && !isAboutNobody(error)) throw error;
      const what = isNothing ? `answers ${status}` : "answers without a sub";
      log.warn({ step: "userinfo request" }, `the userinfo endpoint ${what}; using the ID token's claims`);
      return null;
    });
  });
}

/**
 * Revokes a refresh token where the provider can (RFC 7009).
 *
 * @throws LoginError
 */
export async function revokeRefreshToken(refreshToken: string): Promise<void> {
  if (!(await getProviderMetadata()).revocation_endpoint) return;
  await ask("token revocation", (config, client) =>
    client.tokenRevocation(config, refreshToken, { token_type_hint: "refresh_token" }),
  );
}

/**
 * Revokes the refresh token of a session that has ended, or that it came too late for. A failure is only logged: the
 * session is over either way.
 */
export async function tryToRevoke(refreshToken: string | null, requestId?: string): Promise<void> {
  if (!refreshToken) return;
  try {
    await revokeRefreshToken(refreshToken);
  } catch (error) {
    const { message, detail } = toLoginError(error, "token revocation");
    log.warn({ requestId, ...detail }, message);
  }
}

/** RFC 9449, 5: a provider may answer with bearer tokens all the same; whoever asked for bound ones wants no others. */
function wantBoundToken({ token_type }: { token_type: string }, dpopKey: DpopKey | null): void {
  if (dpopKey === null || token_type.toLowerCase() === "dpop") return;
  throw new LoginError("configuration", "OIDC_DPOP is on, but the provider issues bearer tokens");
}

/** RFC 8707, 2.2: the token request names the resource as the authorization request did. */
function resourceParameter(): Record<string, string> {
  const { resource } = getSettings().oidc;
  return resource ? { resource } : {};
}
