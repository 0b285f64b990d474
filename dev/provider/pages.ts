import type { ErrorOut, KoaContextWithOIDC } from "oidc-provider";
import { Html, html } from "./html.ts";
import { type PageContext, sendPage } from "./layout.ts";

const EXPLANATIONS: Record<string, string> = {
  invalid_client:
    "The app's client id is not one that this provider knows. Compare OIDC_CLIENT_ID with hello-oidc.",
  invalid_redirect_uri:
    "The app's callback address is not registered here. The embedded provider knows those of APP_BASE_URL.",
};

/** What stands at the provider's own address. */
export function renderHome(ctx: PageContext, appUrl: string): void {
  sendPage(ctx, {
    title: "Hello",
    body: html`<h1>An OpenID provider lives here</h1>
<p>There is nothing to do at this address: the app sends people to the log-in page. What the provider can do stands in its <a href="/.well-known/openid-configuration">discovery document</a>.</p>
${backToApp(appUrl)}`,
  });
}

/** Asks whether to log out, when the request does not show that it comes from the person's own app. */
export function renderLogOut(ctx: KoaContextWithOIDC, form: string, appUrl: string): void {
  sendPage(ctx, {
    title: "Log out",
    formTargets: [ctx.oidc.params?.post_logout_redirect_uri, appUrl],
    // The form is oidc-provider's own, with its token against forged requests.
    body: html`<h1>Log out?</h1>
<p>You are logged in at the demo provider. Do you want to end this session?</p>
${new Html(form)}
<p class="actions">
<button class="primary" type="submit" form="op.logoutForm" name="logout" value="yes">Log out</button>
<button class="secondary" type="submit" form="op.logoutForm">Stay logged in</button>
</p>`,
  });
}

/** Shown after logging out where there is no address to return to. */
export function renderLoggedOut(ctx: KoaContextWithOIDC, appUrl: string): void {
  sendPage(ctx, {
    title: "Log out",
    body: html`<h1>That is all</h1>
<p>The demo provider has done what you asked. You can close this page.</p>
${backToApp(appUrl)}`,
  });
}

/** An error that cannot be sent back to the app, because the request does not say to which, or not rightly. */
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

/** The page of a log-in that is over: finished in another tab, too old, or from before the provider was restarted. */
export function renderExpired(ctx: PageContext, appUrl: string): void {
  sendPage(ctx, {
    title: "Log-in expired",
    status: 400,
    body: html`<h1>This log-in is over</h1>
<p>It has been completed already, or it has expired. Start again from the app.</p>
${backToApp(appUrl)}`,
  });
}

function backToApp(appUrl: string): Html {
  return html`<p class="actions"><a class="primary" href="${appUrl}/">Back to the app</a></p>`;
}
