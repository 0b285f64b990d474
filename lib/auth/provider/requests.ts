import * as client from "openid-client";
import { log } from "../../log.ts";
import { getSettings } from "../../settings.ts";
import { isTried } from "../inspector/recording.ts"; // part: fapi, inspector
import { callProvider, configurationFor } from "./client.ts";
import * as dpop from "./dpop.ts"; // part: fapi
import { httpStatusOf, isWithoutSubject, LoginError, toLoginError } from "./errors.ts";
import { getProviderMetadata } from "./metadata.ts";
import { type AccessToken, type Asked, type Claims, type TokenResponse, toTokenSet } from "./tokens.ts";

/** State, nonce and PKCE verifier of a login (RFC 6749, 10.12; OpenID Connect Core 3.1.2.1; RFC 7636, 4.1). */
export type LoginSecrets = Readonly<ReturnType<typeof newLoginSecrets>>;

export function newLoginSecrets() {
  return {
    state: client.randomState(),
    nonce: client.randomNonce(),
    codeVerifier: client.randomPKCECodeVerifier(),
  };
}

/** The authentication request's URL (Core 3.1.2.1). Pushes the parameters if required (RFC 9126). @throws LoginError */
export async function authorizationUrl(
  parameters: Record<string, string>,
  codeVerifier: string,
): Promise<URL> {
  const code_challenge = await client.calculatePKCECodeChallenge(codeVerifier);
  const request = { ...parameters, code_challenge, code_challenge_method: "S256" };
  const metadata = await getProviderMetadata();
  // part: fapi
  let { par } = getSettings().oidc;
  par ||= isTried("par"); // part: inspector
  if (par || metadata.require_pushed_authorization_requests === true) {
    if (metadata.pushed_authorization_request_endpoint)
      return callProvider("pushed authorization request", client.buildAuthorizationUrlWithPAR, request);
    throw new LoginError(
      "configuration",
      "OIDC_PAR or the provider requires pushed requests, but the provider has no endpoint for them",
    );
  }
  // end part: fapi
  return client.buildAuthorizationUrl(await configurationFor(metadata), request);
}

/** The URL of the provider's logout (RP-Initiated Logout 1.0, 2). Null if the provider has none. @throws LoginError */
export async function endSessionUrl(parameters: Record<string, string>): Promise<URL | null> {
  const metadata = await getProviderMetadata();
  if (!metadata.end_session_endpoint) return null;
  return client.buildEndSessionUrl(await configurationFor(metadata), parameters);
}

/**
 * Exchanges the code of an authorization response for tokens. openid-client first checks `state` and `iss` (RFC 9207).
 * `verifyAnswer` checks the ID token's signature, openid-client and `toLoginTokens` the rest (Core 3.1.3.7).
 * @param callbackUrl the redirect URI with the query of the authorization response
 * @throws LoginError
 */
export async function exchangeCode(
  callbackUrl: URL,
  { state, nonce, codeVerifier, ...asked }: LoginSecrets & Asked,
): Promise<LoginTokens> {
  const checks = {
    expectedState: state,
    expectedNonce: nonce,
    pkceCodeVerifier: codeVerifier,
    idTokenExpected: true,
    ...(typeof asked.maxAge === "number" && { maxAge: asked.maxAge }),
  };
  const dpopKey = await dpop.newDpopKey(); // part: fapi
  const response = await callProvider(
    "code exchange",
    client.authorizationCodeGrant,
    callbackUrl,
    checks,
    resourceParameter(),
    await dpop.dpopOptions(dpopKey), // part: fapi
  );
  const tokens = toLoginTokens(response, asked);
  Object.assign(tokens, dpop.boundTo(dpopKey, response)); // part: fapi
  return tokens;
}

export type LoginTokens = AccessToken & ReturnType<typeof toLoginTokens>;

/** Checks the tokens of a new login. @throws LoginError if a check fails or the ID token is missing */
export function toLoginTokens(response: TokenResponse, asked: Asked = {}) {
  const { idToken, idTokenClaims, ...tokens } = toTokenSet(response, asked);
  if (idToken !== null && idTokenClaims) return { ...tokens, idToken, idTokenClaims };
  throw new LoginError("invalid_response", "the token response contains no ID token");
}

/** Refreshes tokens (RFC 6749, 6; OpenID Connect Core 12). @throws LoginError, for example if the subject changes */
export async function refreshTokens(
  refreshToken: string,
  previous: Claims,
  dpopKey?: dpop.DpopKey | null, // part: fapi
) {
  const response = await callProvider(
    "token refresh",
    client.refreshTokenGrant,
    refreshToken,
    resourceParameter(),
    await dpop.dpopOptions(dpopKey), // part: fapi
  );
  dpop.boundTo(dpopKey, response); // part: fapi
  const claims = response.claims();
  if (claims && (claims.sub !== previous.sub || claims.iss !== previous.iss)) {
    const message = "the refreshed ID token has a different subject";
    throw new LoginError("invalid_response", message, { claim: "sub" });
  }
  return toTokenSet(response);
}

/** Requests the userinfo of `subject` (Core 5.3). Null if the provider offers or sends none. @throws LoginError */
export async function fetchUserinfo(token: AccessToken, subject: string) {
  if (!(await getProviderMetadata()).userinfo_endpoint) return null;
  return callProvider(
    "userinfo request",
    userinfoIfAny,
    token.accessToken,
    subject,
    await dpop.dpopOptions(token.dpopKey), // part: fapi
  );
}

function userinfoIfAny(...request: Parameters<typeof client.fetchUserInfo>): Promise<Claims | null> {
  return client.fetchUserInfo(...request).catch((error: unknown) => {
    const status = httpStatusOf(error) ?? 0;
    if (status === 401 || status === 403) return null;
    const isNothing = [204, 404, 405, 410].includes(status); // the endpoint does not exist, or returns nothing
    if (!isNothing && !isWithoutSubject(error)) throw error;
    const what = isNothing ? `answered ${status}` : "answered without a sub";
    log.warn({ step: "userinfo request" }, `the userinfo endpoint ${what}; using the ID token's claims`);
    return null;
  });
}

/** Revokes a refresh token if the provider has a revocation endpoint (RFC 7009). @throws LoginError */
export async function revokeRefreshToken(refreshToken: string): Promise<void> {
  if (!(await getProviderMetadata()).revocation_endpoint) return;
  const parameters = { token_type_hint: "refresh_token" };
  await callProvider("token revocation", client.tokenRevocation, refreshToken, parameters);
}

/** Revokes the refresh token of an ended session. Only logs a failure, because the session has ended anyway. */
export async function tryToRevoke(refreshToken: string | null, requestId?: string): Promise<void> {
  if (!refreshToken) return;
  await revokeRefreshToken(refreshToken).catch((error: unknown) => {
    const { message, detail } = toLoginError(error, "token revocation");
    log.warn({ requestId, ...detail }, message);
  });
}

/** The `resource` parameter of a token request, the same as in the authorization request (RFC 8707, 2.2). */
export function resourceParameter(): Record<string, string> {
  const { resource } = getSettings().oidc;
  return resource ? { resource } : {};
}
