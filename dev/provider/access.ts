import { decodeJwt } from "jose";
import { type Configuration, errors, type KoaContextWithOIDC } from "oidc-provider";
import { nowInSeconds } from "../../lib/clock.ts";
import { API_AUDIENCE } from "./clients.ts";
import type { BrokenLogins } from "./faults.ts";
import type { Middleware } from "./layout.ts";
import { ADMIN_PERMISSION, type People } from "./people.ts";
import type { Store } from "./store.ts";

/** Every client can request these scopes for every person, and the provider grants them. */
export const OIDC_SCOPES = ["openid", "profile", "email", "offline_access"];

type ResourceIndicators = NonNullable<NonNullable<Configuration["features"]>["resourceIndicators"]>;
type CustomizeJwt = NonNullable<NonNullable<NonNullable<Configuration["formats"]>["customizers"]>["jwt"]>;

/**
 * Lets an authorization request name an API in `resource` (RFC 8707) or, without `resource`, in Auth0's `audience`. The
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
 * (OpenID Connect Core 11). Like Auth0, this provider requires no consent for a first-party app.
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
 * Grants the requested scopes that the person may have. Shows no consent page, because the app is a first-party client.
 * Each login has its own grant and its own refresh tokens, so revoking them does not affect the person's other logins.
 */
export async function grantRequestedScopes(ctx: KoaContextWithOIDC, people: People) {
  const { account, client, provider, requestParamScopes, resourceServers = {} } = ctx.oidc;
  if (!account || !client) return undefined;
  const permissions = people.find(account.accountId)?.permissions ?? [];
  const granted = [...requestParamScopes].filter((scope) => [...OIDC_SCOPES, ...permissions].includes(scope));
  const grant = new provider.Grant({ accountId: account.accountId, clientId: client.clientId });
  grant.addOIDCScope(granted.filter((scope) => OIDC_SCOPES.includes(scope)).join(" "));
  for (const resource of Object.keys(resourceServers)) grant.addResourceScope(resource, granted.join(" "));
  await grant.save();
  return grant;
}

/** Adds userinfo to the audience of a JWT access token with the scope `openid`. A fault can replace the API there. */
export function addUserinfoToAudience({ effects }: BrokenLogins): CustomizeJwt {
  return ({ oidc }, token, { payload }) => {
    if (token.kind !== "AccessToken" || !token.scopes.has("openid")) return;
    const { audience = String(payload.aud) } = effects.get(oidc.params?.code) ?? {};
    payload.aud = [audience, `${oidc.issuer}/me`];
  };
}

/**
 * Makes userinfo accept the access tokens of {@link addUserinfoToAudience}. In oidc-provider, an access token has one
 * audience, so userinfo rejects an access token for an API. Auth0 and many others issue one token for both, with
 * `aud: [API, userinfo]`. Apps rely on such tokens: they request an audience at the login, and call userinfo with the
 * access token. So for each such JWT, this middleware stores an opaque token with the same value, grant, scope and
 * expiry. At userinfo, oidc-provider finds that token, and decides which claims the scopes allow.
 */
export function acceptApiTokens(store: Store): Middleware {
  return async (ctx, next) => {
    await next();
    const { access_token: jti } = Object(ctx.body);
    const token = (ctx as KoaContextWithOIDC).oidc?.entities.AccessToken;
    if (ctx.path !== "/token" || !token || !jti?.includes(".") || !token.scopes.has("openid")) return;
    const { kind, accountId, clientId, grantId, gty, scope, jkt, expiration } = token;
    const iat = nowInSeconds();
    const opaque = { kind, jti, iat, exp: iat + expiration, accountId, clientId, grantId, gty, scope, jkt };
    await store.adapter(kind).upsert(jti, opaque, expiration);
  };
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value ? value : undefined;
}
