import { createLocalJWKSet, decodeJwt, type JWK, jwtVerify } from "jose";
import { type Configuration, errors, type KoaContextWithOIDC } from "oidc-provider";
import { API_AUDIENCE } from "./clients.ts";
import type { Middleware } from "./layout.ts";
import { ADMIN_PERMISSION, type People } from "./people.ts";
import type { Store } from "./store.ts";

/** Every client can request these scopes for every person, and the provider grants them. */
export const OIDC_SCOPES = ["openid", "profile", "email", "offline_access"];

type ResourceIndicators = NonNullable<NonNullable<Configuration["features"]>["resourceIndicators"]>;
type CustomizeJwt = NonNullable<NonNullable<NonNullable<Configuration["formats"]>["customizers"]>["jwt"]>;

/**
 * An authorization request names an API in `resource` (RFC 8707) or, without `resource`, in Auth0's `audience`. The
 * token request does not have to repeat the parameter. Without `resource` and `audience`, the access token is opaque.
 */
export const RESOURCE_INDICATORS: ResourceIndicators = {
  enabled: true,
  defaultResource: (ctx, _client, oneOf) => oneOf?.[0] ?? text(ctx.oidc.params?.audience),
  useGrantedResource: () => true,
  getResourceServerInfo: (_ctx, resource) => {
    if (resource !== API_AUDIENCE) throw new errors.InvalidTarget("unknown audience or resource");
    return {
      audience: API_AUDIENCE,
      scope: [...OIDC_SCOPES, ADMIN_PERMISSION].join(" "),
      accessTokenFormat: "jwt",
      jwt: { sign: { alg: "RS256" } },
    };
  },
};

/**
 * Restores `offline_access` in a request's scope. oidc-provider removes it unless the request also has `prompt=consent`
 * (OpenID Connect Core 11). Like Auth0, this provider does not need consent from its own app.
 *
 * This function is an `extraParams` validator, because oidc-provider runs validators after its scope check, for every
 * authorization request. A pushed request (RFC 9126) is validated twice: when it is pushed, and when it is used.
 */
export function keepOfflineAccess({ query, oidc: { body, entities, params } }: KoaContextWithOIDC): void {
  const pushed = entities.PushedAuthorizationRequest;
  const asked = pushed ? decodeJwt(pushed.request).scope : (query.scope ?? body?.scope);
  if (!params || !text(asked)?.split(" ").includes("offline_access")) return;
  params.scope = [...new Set([...(text(params.scope)?.split(" ") ?? []), "offline_access"])].join(" ");
}

/**
 * Grants the requested scopes without a consent page, because the app belongs to the provider. Each login has its own
 * grant and its own family of refresh tokens, so revoking these does not affect the person's other logins.
 */
export async function grantRequestedScopes(ctx: KoaContextWithOIDC, people: People) {
  const { account, client, provider, requestParamScopes, resourceServers = {} } = ctx.oidc;
  if (!account || !client) return undefined;
  const permissions = people.get(account.accountId)?.permissions ?? [];
  const granted = [...requestParamScopes].filter((scope) => [...OIDC_SCOPES, ...permissions].includes(scope));
  const grant = new provider.Grant({ accountId: account.accountId, clientId: client.clientId });
  grant.addOIDCScope(granted.filter((scope) => OIDC_SCOPES.includes(scope)).join(" "));
  for (const resource of Object.keys(resourceServers)) grant.addResourceScope(resource, granted.join(" "));
  await grant.save();
  return grant;
}

/*
 * In oidc-provider, an access token has one audience, so userinfo rejects an access token for an API. Auth0 and many
 * others issue one token for both, with `aud: [API, userinfo]`. Apps rely on such tokens: they request an audience at
 * the login, and call userinfo with the access token. So this provider supports them too. For each JWT,
 * `rememberApiTokens` stores an opaque token with the same grant, scope and expiry under the JWT's `jti`. At userinfo,
 * `acceptApiTokens` verifies the JWT and replaces it with the opaque token. oidc-provider then decides whether the
 * grant is still valid, which claims the scopes allow, and what an error looks like.
 */

/** Adds userinfo to the audience of a JWT access token with the scope `openid`, and stores the opaque token. */
export function rememberApiTokens(issuer: string, store: Store): CustomizeJwt {
  return async (_ctx, token, { payload }) => {
    if (token.kind !== "AccessToken" || !token.scopes.has("openid")) return;
    payload.aud = [String(payload.aud), `${issuer}/me`];
    const { kind, jti, accountId, clientId, grantId, gty, scope, expiration } = token;
    const iat = Math.floor(Date.now() / 1000);
    const opaque = { kind, jti, iat, exp: iat + expiration, accountId, clientId, grantId, gty, scope };
    await store.adapter(kind).upsert(jti, opaque, expiration);
  };
}

/** Accepts a JWT access token at the userinfo endpoint if the token's audience contains the endpoint. */
export function acceptApiTokens(issuer: string, signingKeys: readonly JWK[]): Middleware {
  const keys = createLocalJWKSet({ keys: signingKeys.map(toPublicKey) });
  const checks = { issuer, audience: `${issuer}/me`, typ: "at+jwt", algorithms: ["RS256"] };
  return async (ctx, next) => {
    const [, jwt] = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(ctx.get("Authorization")) ?? [];
    // A token that fails the checks is left unchanged, and oidc-provider rejects it.
    const token = ctx.path === "/me" && jwt && (await jwtVerify(jwt, keys, checks).catch(() => undefined));
    if (token) ctx.req.headers.authorization = `Bearer ${token.payload.jti}`;
    await next();
  };
}

/** The public key of a private key: the JWK without its private members (RFC 7518, 6). */
function toPublicKey({ d, p, q, dp, dq, qi, ...publicKey }: JWK): JWK {
  return publicKey as JWK;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value ? value : undefined;
}
