import { randomUUID } from "node:crypto";
import { nowInSeconds } from "../../clock.ts";
import { getSettings } from "../../settings.ts";
import {
  CLOCK_TOLERANCE,
  type Claims,
  fetchUserinfo,
  getProviderMetadata,
  isLoginError,
  verifySignature,
} from "../provider/index.ts";
import { runOnLogin } from "../user/run-hooks.ts";
import { isBearerToken, issueAccessToken } from "./access-token.ts";
import { Refusal } from "./answers.ts";
import { personClaims } from "./claims.ts";
import type { Issued } from "./program-tokens.ts";

/** Token type identifiers (RFC 8693, 3). */
export const ACCESS_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:access_token";
const JWT_TYPE = "urn:ietf:params:oauth:token-type:jwt";

/** For an unknown `kid`, which anyone can send, the provider's keys are fetched at most once in this many seconds. */
const MIN_KEY_AGE = 30;

/**
 * Exchanges an access token that the provider issued for this app's API (RFC 8693). The result is an access token of
 * the broker, without a refresh token.
 *
 * @param parameters the parameters of the token request
 * @throws Refusal if the request is invalid; LoginError if the provider is unavailable, or `onLogin` refuses or fails
 */
export async function exchangeToken(parameters: ReadonlyMap<string, string>): Promise<Issued> {
  assertSupported(parameters);
  const token = parameters.get("subject_token") ?? "";
  const claims = await verifySubjectToken(token);
  const person = personClaims(claims);
  const isKnown = person.preferred_username !== undefined && person.email !== undefined;
  const userinfo = isKnown ? null : await fetchUserinfo({ accessToken: token }, claims.sub).catch(() => null); // fails if the token is only for the API
  // `onLogin` can refuse the exchange like a login. There is no session, so the hook gets a random session id.
  await runOnLogin({ id: randomUUID(), idTokenClaims: claims, userinfo, refreshToken: null });
  const scope = scopeOf(claims);
  const issued = await issueAccessToken({
    sub: claims.sub,
    scope,
    person: personClaims(claims, userinfo ?? {}),
    program: null,
    expiresAt: claims.exp,
  });
  return { ...issued, scope, refresh: null };
}

function assertSupported(parameters: ReadonlyMap<string, string>): void {
  const { audience } = getSettings().broker;
  const subjectType = parameters.get("subject_token_type") ?? ACCESS_TOKEN_TYPE;
  const requestedType = parameters.get("requested_token_type") ?? ACCESS_TOKEN_TYPE;
  if (![ACCESS_TOKEN_TYPE, JWT_TYPE].includes(subjectType))
    throw new Refusal(400, "invalid_request", "subject_token must be an access token.");
  if (![ACCESS_TOKEN_TYPE, JWT_TYPE].includes(requestedType))
    throw new Refusal(400, "invalid_request", "Only access tokens are issued.");
  if (parameters.has("actor_token"))
    throw new Refusal(400, "invalid_request", "actor_token is not supported.");
  if ((parameters.get("audience") ?? audience) !== audience || parameters.has("resource"))
    throw new Refusal(400, "invalid_target", "Tokens are only issued for this app.");
}

type Subject = Claims & { readonly sub: string; readonly exp: number };

async function verifySubjectToken(token: string): Promise<Subject> {
  const { audience, resource } = getSettings().oidc;
  const audiences = [audience, resource].filter((value) => value !== undefined);
  if (!audiences.length)
    throw new Refusal(400, "invalid_request", "The exchange requires OIDC_AUDIENCE or OIDC_RESOURCE.");
  const { issuer, jwks_uri } = await getProviderMetadata();
  const verifying = verifySignature(token, jwks_uri, { what: "subject token", minKeyAge: MIN_KEY_AGE });
  const { header, claims } = await verifying.catch((error: unknown) => {
    if (!isLoginError(error) || error.reason !== "invalid_response") throw error;
    return refuse("signature", "is not the identity provider's");
  });
  return checkClaims(header, claims, { issuer, audiences });
}

function checkClaims(
  header: Claims,
  claims: Claims,
  { issuer, audiences }: { readonly issuer: string; readonly audiences: readonly string[] },
): Subject {
  const { iss, aud, sub, exp, nbf, iat } = claims;
  const now = nowInSeconds();
  const given = [aud].flat();
  if (iss !== issuer) refuse("iss");
  if (!audiences.some((audience) => given.includes(audience))) refuse("aud");
  if (typeof sub !== "string" || !sub) refuse("sub");
  if (typeof exp !== "number" || exp <= now) refuse("exp");
  if (nbf !== undefined && !(typeof nbf === "number" && nbf <= now + CLOCK_TOLERANCE)) refuse("nbf");
  if (iat !== undefined && !(typeof iat === "number" && iat <= now + CLOCK_TOLERANCE)) refuse("iat");
  if (!isBearerToken(header, claims)) refuse("type");
  // A token whose `aud` is the client could be an ID token (OpenID Connect Core 2), so its `typ` must be `at+jwt`.
  const isForClient = given.includes(getSettings().oidc.clientId);
  if (isForClient && !/^(application\/)?at\+jwt$/i.test(String(header.typ))) refuse("type");
  return { ...claims, sub, exp };
}

/** Refuses the subject token with `invalid_request` (RFC 8693, 2.2.2). */
function refuse(claim: string, problem = "is not valid"): never {
  throw new Refusal(400, "invalid_request", `The subject token's ${claim} ${problem}.`);
}

/** The scopes of a token: `scope` (RFC 9068, 2.2.3), or `scp` from Okta and Entra ID. */
function scopeOf({ scope, scp }: Claims): string {
  return [scope ?? scp ?? []]
    .flat()
    .filter((value) => typeof value === "string")
    .join(" ");
}
