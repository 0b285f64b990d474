import { decodeJwt } from "jose";
import type { KoaContextWithOIDC, Provider } from "oidc-provider";
import { type Middleware, submitForm } from "./layout.ts";

/**
 * Ends the session without a confirmation page if the specification allows it: when the `id_token_hint` belongs to the
 * person who is logged in, or when nobody is logged in (OpenID Connect RP-Initiated Logout 1.0, section 2).
 * oidc-provider itself always shows a page. This middleware submits the form of that page for the person.
 */
export function skipLogoutConfirmation(provider: Provider): Middleware {
  provider.on("backchannel.error", (_ctx, error) =>
    console.error(`Embedded provider: back-channel logout: ${error.message}`),
  );
  return async (ctx, next) => {
    if (ctx.path === "/session/end") await dropInvalidHint(provider, ctx as KoaContextWithOIDC);
    await next();
    const oidc: KoaContextWithOIDC["oidc"] | undefined = ctx.oidc;
    if (oidc?.route !== "end_session" || ctx.status !== 200) return;
    const { session, entities } = oidc;
    if (session?.accountId && session.accountId !== entities.IdTokenHint?.payload.sub) return;
    await submitForm(ctx as KoaContextWithOIDC, oidc.urlFor("end_session_confirm"), { logout: "yes" });
  };
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
