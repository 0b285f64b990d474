import type { ErrorOut, KoaContextWithOIDC } from "oidc-provider";
import { SITE } from "../../lib/site.ts";
import { Html, html } from "./html.ts";
import { type PageContext, sendPage } from "./layout.ts";

const EXPLANATIONS: Record<string, string> = {
  invalid_client: `The provider has no client with this id. OIDC_CLIENT_ID should be ${SITE.id}.`,
  invalid_redirect_uri:
    "The callback URL of the app is not registered. The embedded provider accepts the callback URLs below APP_BASE_URL.",
};

/** The page at the issuer's URL. */
export function renderHome(ctx: PageContext, appUrl: string): void {
  sendPage(ctx, {
    title: "Hello",
    body: html`<h1>This is an OpenID provider</h1>
<p>There is nothing to do here. The app redirects people to the login page. The <a href="/.well-known/openid-configuration">discovery document</a> describes what the provider supports.</p>
${backToApp(appUrl)}`,
  });
}

/** Asks for confirmation when the request does not prove that it comes from the person's own app. */
export function renderLogOut(ctx: KoaContextWithOIDC, form: string, appUrl: string): void {
  sendPage(ctx, {
    title: "Log out",
    formTargets: [ctx.oidc.params?.post_logout_redirect_uri, appUrl],
    // oidc-provider's own form, with its token against forged requests.
    body: html`<h1>Log out?</h1>
<p>You are logged in at the demo provider. Do you want to end this session?</p>
${new Html(form)}
<p class="actions">
<button class="primary" type="submit" form="op.logoutForm" name="logout" value="yes">Log out</button>
<button class="secondary" type="submit" form="op.logoutForm">Stay logged in</button>
</p>`,
  });
}

/** The page after a logout that names no URL to return to. */
export function renderLoggedOut(ctx: KoaContextWithOIDC, appUrl: string): void {
  sendPage(ctx, {
    title: "Log out",
    body: html`<h1>Done</h1>
<p>The demo provider has processed your choice. You can close this page.</p>
${backToApp(appUrl)}`,
  });
}

/** An error that cannot be sent to the app, because the request has no valid client or redirect URI. */
export function renderError(
  ctx: KoaContextWithOIDC,
  { error, error_description: text }: ErrorOut,
  appUrl: string,
): void {
  sendPage(ctx, {
    title: "Error",
    status: ctx.status,
    body: html`<h1>This request does not work</h1>
${EXPLANATIONS[error] && html`<p>${EXPLANATIONS[error]}</p>`}
<dl>
<dt>Error</dt><dd><code>${error}</code></dd>
${text && html`<dt>Details</dt><dd>${text}</dd>`}
</dl>
${backToApp(appUrl)}`,
  });
}

/** The page of a login that has ended: finished in another tab, expired, or begun before the provider was restarted. */
export function renderExpired(ctx: PageContext, appUrl: string): void {
  sendPage(ctx, {
    title: "Login expired",
    status: 400,
    body: html`<h1>This login has ended</h1>
<p>It has already been completed, or it has expired. Start again from the app.</p>
${backToApp(appUrl)}`,
  });
}

function backToApp(appUrl: string): Html {
  return html`<p class="actions"><a class="primary" href="${appUrl}/">Back to the app</a></p>`;
}
