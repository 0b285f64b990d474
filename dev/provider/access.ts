import { decodeJwt } from "jose";
import { type Configuration, errors, type KoaContextWithOIDC } from "oidc-provider";
import { API_AUDIENCE } from "./clients.ts";
import { ADMIN_PERMISSION, type People } from "./people.ts";

/** The scopes that anybody gets who asks. */
export const OIDC_SCOPES = ["openid", "profile", "email", "offline_access"];

type ResourceIndicators = NonNullable<NonNullable<Configuration["features"]>["resourceIndicators"]>;
type Grant = InstanceType<KoaContextWithOIDC["oidc"]["provider"]["Grant"]>;

/**
 * RFC 8707, with Auth0's `audience` beside it: where a request has no `resource`, its `audience` serves as one, and
 * token requests get what the log-in was for without saying it again. Who asks for neither gets an opaque token.
 */
export function resourceIndicators(): ResourceIndicators {
  return {
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
}

/**
 * Puts `offline_access` back into a request's scope. oidc-provider drops it unless the request also says
 * `prompt=consent` (OpenID Connect Core 11); like Auth0, this provider trusts its own app without that.
 *
 * It is an `extraParams` validator because those run after the scope was checked, at every authorization request, and
 * for a pushed one (RFC 9126) twice: when it is pushed and when it is used.
 */
export function keepOfflineAccess(ctx: KoaContextWithOIDC): void {
  const { params } = ctx.oidc;
  const asked = askedScope(ctx)?.split(" ") ?? [];
  if (!params || !asked.includes("offline_access")) return;
  params.scope = [...new Set([...(text(params.scope)?.split(" ") ?? []), "offline_access"])].join(" ");
}

/** The scope as the client has sent it, in the address, in a form, or in what it has pushed before. */
function askedScope({ query, oidc }: KoaContextWithOIDC): string | undefined {
  const pushed = oidc.entities.PushedAuthorizationRequest;
  return text(pushed ? decodeJwt(pushed.request).scope : (query.scope ?? oidc.body?.scope));
}

/**
 * Grants a request what it asks for, without a consent page: the app is the provider's own. Each log-in has a grant,
 * and so a family of refresh tokens, to itself: ending one leaves the person's other log-ins alone.
 */
export async function grantWhatIsAsked(ctx: KoaContextWithOIDC, people: People): Promise<Grant | undefined> {
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

function text(value: unknown): string | undefined {
  return typeof value === "string" && value ? value : undefined;
}
