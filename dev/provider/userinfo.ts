import { createLocalJWKSet, jwtVerify } from "jose";
import type { Configuration, Provider } from "oidc-provider";
import type { Foundation } from "./foundation.ts";
import { toPublicKey } from "./keys.ts";

type Customizers = NonNullable<NonNullable<Configuration["formats"]>["customizers"]>;
type CustomizeJwt = NonNullable<Customizers["jwt"]>;
type Middleware = Parameters<Provider["use"]>[0];

/*
 * By design, oidc-provider rejects an access token for an API at userinfo: a token has one audience. Auth0 and many
 * others issue one token for both, with `aud: [API, userinfo]`. Apps rely on it: they request an audience at the login
 * and call userinfo with the access token. This provider supports it too. For each JWT, `rememberApiTokens` stores an
 * opaque token with the same grant, scope and expiry under the JWT's `jti`. At userinfo, `acceptApiTokens` verifies the
 * JWT and replaces it by the opaque token. oidc-provider then decides whether the grant is still valid, which claims the
 * scopes allow, and what an error looks like.
 */

/** Adds userinfo to the audience of a JWT access token with the scope `openid`, and remembers the token. */
export function rememberApiTokens({ issuer, store }: Foundation): CustomizeJwt {
  return async (_ctx, token, { payload }) => {
    if (token.kind !== "AccessToken" || !token.scopes.has("openid")) return;
    payload.aud = [String(payload.aud), userinfoUrl(issuer)];
    const { jti, accountId, clientId, grantId, gty, scope, expiration } = token;
    const iat = Math.floor(Date.now() / 1000);
    const opaque = {
      kind: token.kind,
      jti,
      iat,
      exp: iat + expiration,
      accountId,
      clientId,
      grantId,
      gty,
      scope,
    };
    await store.adapter(token.kind).upsert(jti, opaque, expiration);
  };
}

/** Accepts JWT access tokens at userinfo if their audience contains it. */
export function acceptApiTokens({ issuer, signingKeys }: Foundation): Middleware {
  const keys = createLocalJWKSet({ keys: signingKeys.map(toPublicKey) });
  const checks = { issuer, audience: userinfoUrl(issuer), typ: "at+jwt", algorithms: ["RS256"] };
  return async (ctx, next) => {
    const jwt =
      ctx.path === "/me" && /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(ctx.get("Authorization"))?.[1];
    // A token that fails the checks is left unchanged, and oidc-provider rejects it.
    const token = jwt ? await jwtVerify(jwt, keys, checks).catch(() => undefined) : undefined;
    if (token) ctx.req.headers.authorization = `Bearer ${token.payload.jti}`;
    await next();
  };
}

function userinfoUrl(issuer: string): string {
  return `${issuer}/me`;
}
