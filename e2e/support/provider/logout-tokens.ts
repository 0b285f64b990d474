import { importJWK, SignJWT } from "jose";
import type { APIRequestContext, APIResponse } from "playwright/test";
import { LOGOUT_EVENT } from "../../../dev/testing/scripted-provider.ts";
import type { AppServer } from "../app/server.ts";
import type { Stack } from "../stack.ts";

/**
 * A logout token (OpenID Connect Back-Channel Logout 1.0, 2.4) as the provider of the stack would sign it.
 *
 * @param claims are added to the usual claims or replace them; the usual claims have no `aud`
 */
export async function logoutToken(stack: Stack, claims: Record<string, unknown>): Promise<string> {
  const [jwk = {}] = stack.provider.signingKeys;
  const now = Math.floor(Date.now() / 1000);
  const usual = { iss: stack.provider.issuer, iat: now, exp: now + 120, jti: crypto.randomUUID() };
  return new SignJWT({ ...usual, events: { [LOGOUT_EVENT]: {} }, ...claims })
    .setProtectedHeader({ alg: "RS256", typ: "logout+jwt", kid: String(jwk.kid) })
    .sign(await importJWK(jwk, "RS256"));
}

/** Sends a logout token to the app, as the provider does. */
export function sendLogoutToken(
  request: APIRequestContext,
  app: AppServer,
  logout_token: string,
): Promise<APIResponse> {
  return request.post(`${app.url}/auth/backchannel-logout`, { form: { logout_token } });
}
