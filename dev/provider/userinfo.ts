import { createLocalJWKSet, jwtVerify } from "jose";
import type { Configuration, Provider } from "oidc-provider";
import type { Foundation } from "./foundation.ts";
import { toPublicKey } from "./keys.ts";

type Customizers = NonNullable<NonNullable<Configuration["formats"]>["customizers"]>;
type CustomizeJwt = NonNullable<Customizers["jwt"]>;
type Middleware = Parameters<Provider["use"]>[0];

/*
 * oidc-provider refuses an access token for an API at userinfo, by design: a token has one audience. Auth0 and many
 * others issue one token for both, `aud: [API, userinfo]`, and apps are written for that: they ask for an audience at
 * log-in and call userinfo with what they get. So do we, and leave the work to oidc-provider: beside each JWT it
 * issues, `rememberApiTokens` keeps an opaque token of the same grant, scope and expiry, named by the JWT's `jti`;
 * at userinfo, `acceptApiTokens` checks the JWT and puts that one in its place. Whether the grant has been revoked,
 * which claims the scopes allow and how a refusal looks stays oidc-provider's business.
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

/** Lets a JWT access token that names userinfo in its audience in at userinfo. */
export function acceptApiTokens({ issuer, signingKeys }: Foundation): Middleware {
  const keys = createLocalJWKSet({ keys: signingKeys.map(toPublicKey) });
  const checks = { issuer, audience: userinfoUrl(issuer), typ: "at+jwt", algorithms: ["RS256"] };
  return async (ctx, next) => {
    const jwt =
      ctx.path === "/me" && /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(ctx.get("Authorization"))?.[1];
    // What fails the checks goes on as it is, for oidc-provider to refuse.
    const token = jwt ? await jwtVerify(jwt, keys, checks).catch(() => undefined) : undefined;
    if (token) ctx.req.headers.authorization = `Bearer ${token.payload.jti}`;
    await next();
  };
}

function userinfoUrl(issuer: string): string {
  return `${issuer}/me`;
}
