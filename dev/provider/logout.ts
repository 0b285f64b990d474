import { decodeJwt } from "jose";
import type { KoaContextWithOIDC, Provider } from "oidc-provider";
import type { Middleware } from "./layout.ts";

type Session = NonNullable<KoaContextWithOIDC["oidc"]["session"]>;

/** Members of oidc-provider's clients that its types do not declare. */
interface ClientWithLogout {
  readonly backchannelLogoutUri?: string;
  backchannelLogout(accountId: string, sid: string): Promise<void>;
}

/**
 * Ends the session without a confirmation page if the specification allows it: when the `id_token_hint` belongs to the
 * person who is logged in, or when nobody is logged in (OpenID Connect RP-Initiated Logout 1.0, section 2).
 * oidc-provider itself always shows a page.
 */
export function skipLogoutConfirmation(provider: Provider): Middleware {
  return async (ctx, next) => {
    if (ctx.path === "/session/end") await dropInvalidHint(provider, ctx as KoaContextWithOIDC);
    await next();
    const oidc: KoaContextWithOIDC["oidc"] | undefined = ctx.oidc;
    if (oidc?.route !== "end_session" || ctx.status !== 200) return;
    const { session, params = {}, entities } = oidc;
    if (session?.accountId && session.accountId !== entities.IdTokenHint?.payload.sub) return;
    if (session) await sendLogoutTokens(provider, session);
    await session?.destroy();
    ctx.cookies.set(provider.cookieName("session"), null, { overwrite: true });
    const { post_logout_redirect_uri: wanted, state } = params;
    const target = new URL(String(wanted ?? oidc.urlFor("end_session_success")));
    if (wanted && state) target.searchParams.set("state", String(state));
    ctx.status = 303;
    ctx.redirect(target.href);
  };
}

/** Sends a logout token to every client with a login in this session (OpenID Connect Back-Channel Logout 1.0, 2.5). */
async function sendLogoutTokens(provider: Provider, session: Session): Promise<void> {
  const { accountId, authorizations = {} } = session;
  const sent = Object.keys(authorizations).map(async (clientId) => {
    const client = (await provider.Client.find(clientId)) as ClientWithLogout | undefined;
    const sid = session.sidFor(clientId);
    if (!accountId || !sid || !client?.backchannelLogoutUri) return;
    await client
      .backchannelLogout(accountId, sid)
      .catch((error: Error) => console.error(`Embedded provider: back-channel logout: ${error.message}`));
  });
  await Promise.all(sent);
}

/**
 * Removes an `id_token_hint` that this provider cannot verify, for example one that was signed before the keys changed.
 * The person then sees the confirmation page instead of an error.
 */
async function dropInvalidHint(provider: Provider, ctx: KoaContextWithOIDC): Promise<void> {
  const { id_token_hint: hint, ...rest } = ctx.query;
  if (typeof hint !== "string") return;
  try {
    const client = await provider.Client.find(String(decodeJwt(hint).aud));
    if (client) await provider.IdToken.validate(hint, client);
  } catch {
    ctx.query = rest;
  }
}
