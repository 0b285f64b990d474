import { decodeJwt } from "jose";
import type { KoaContextWithOIDC, Provider } from "oidc-provider";

type Session = NonNullable<KoaContextWithOIDC["oidc"]["session"]>;

/** What oidc-provider's clients have, and its types leave out. */
interface ClientWithLogout {
  readonly backchannelLogoutUri?: string;
  backchannelLogout(accountId: string, sid: string): Promise<void>;
}

type Middleware = Parameters<Provider["use"]>[0];

/**
 * Ends the session without a confirmation page where there is nothing to ask: the `id_token_hint` is of the person who
 * is logged in, or nobody is (OpenID RP-Initiated Logout 1.0, section 2). oidc-provider would show a page in either
 * case, the second with a script that submits it.
 */
export function logOutWithoutAsking(provider: Provider): Middleware {
  return async (ctx, next) => {
    if (ctx.path === "/session/end") await dropUselessHint(provider, ctx as KoaContextWithOIDC);
    await next();
    const oidc: KoaContextWithOIDC["oidc"] | undefined = ctx.oidc;
    if (oidc?.route !== "end_session" || ctx.status !== 200) return;
    const { session, params = {}, entities } = oidc;
    if (session?.accountId && session.accountId !== entities.IdTokenHint?.payload.sub) return;
    if (session) await tellClients(provider, session);
    await session?.destroy();
    ctx.cookies.set(provider.cookieName("session"), null, { overwrite: true });
    const target = new URL(String(params.post_logout_redirect_uri ?? oidc.urlFor("end_session_success")));
    if (params.post_logout_redirect_uri && params.state)
      target.searchParams.set("state", String(params.state));
    ctx.status = 303;
    ctx.redirect(target.href);
  };
}

/** OpenID Connect Back-Channel Logout 1.0, 2.5: every app that the session logged in to gets a logout token. */
async function tellClients(provider: Provider, session: Session): Promise<void> {
  const { accountId, authorizations = {} } = session;
  const sent = Object.keys(authorizations).map(async (clientId) => {
    const client = (await provider.Client.find(clientId)) as ClientWithLogout | undefined;
    const sid = session.sidFor(clientId);
    if (!accountId || !sid || !client?.backchannelLogoutUri) return;
    await client
      .backchannelLogout(accountId, sid)
      .catch((error: Error) => console.error(`Embedded provider: back-channel log-out: ${error.message}`));
  });
  await Promise.all(sent);
}

/**
 * A hint that this provider cannot verify, signed before its keys were changed for instance, is no reason to leave
 * somebody in front of an error page: it counts as absent, and the person is asked.
 */
async function dropUselessHint(provider: Provider, ctx: KoaContextWithOIDC): Promise<void> {
  const { id_token_hint: hint, ...rest } = ctx.query;
  if (typeof hint !== "string") return;
  try {
    const client = await provider.Client.find(String(decodeJwt(hint).aud));
    if (client) await provider.IdToken.validate(hint, client);
  } catch {
    ctx.query = rest;
  }
}
