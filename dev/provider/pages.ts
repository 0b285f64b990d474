import type { ErrorOut, KoaContextWithOIDC } from "oidc-provider";
import { SITE } from "../../lib/site.ts";
import { programSources } from "./device-flow.ts"; // part: broker
import { type FormState, field, Html, html, type Page, type PageContext, sendPage } from "./layout.ts";
import { asksForSecondFactor, type Person } from "./people.ts";

const EXPLANATIONS: Record<string, string> = {
  invalid_client: `The provider has no client with this id. OIDC_CLIENT_ID should be ${SITE.id}.`,
  invalid_redirect_uri:
    "The callback URL of the app is not registered. The provider accepts APP_BASE_URL followed by /auth/callback.",
};

export const NOTICES = {
  /** The page at the issuer's URL. */
  home: {
    heading: "This is an OpenID provider",
    body: html`<p>There is nothing to do here. The app redirects people to the login page. The <a href="/.well-known/openid-configuration">discovery document</a> describes what the provider supports.</p>`,
  },
  /** The page after a person has chosen to log out or not, if the app gave no URL to redirect to. */
  loggedOut: {
    heading: "Done",
    body: html`<p>The demo provider has processed your choice. You can close this page.</p>`,
  },
  /** The page for a login that has ended: finished in another tab, expired, or begun before the provider restarted. */
  expired: {
    heading: "This login has ended",
    body: html`<p>This login is already complete, or it has expired. Start again from the app.</p>`,
    status: 400,
  },
};

/** Answers with a page that ends with a link to the app, for example with one of the NOTICES. */
export function renderNotice(ctx: PageContext, appUrl: string, page: Page): void {
  const link = html`<p class="flex"><a class="primary" href="${appUrl}/">Back to the app</a></p>`;
  sendPage(ctx, { ...page, body: html`${page.body}\n${link}` });
}

/** The page that asks for confirmation of a logout. A request without a valid `id_token_hint` may be forged. */
export function renderLogOut(ctx: KoaContextWithOIDC, form: string, appUrl: string): void {
  sendPage(ctx, {
    heading: "Log out?",
    formTargets: [ctx.oidc.params?.post_logout_redirect_uri, appUrl],
    // oidc-provider creates this form. A token in the form prevents forged requests.
    body: html`<p>You are logged in at the demo provider. Do you want to end this session?</p>
${new Html(form)}
<p class="flex flex-wrap gap-3">
<button class="primary" type="submit" form="op.logoutForm" name="logout" value="yes">Log out</button>
<button class="secondary" type="submit" form="op.logoutForm">Stay logged in</button>
</p>`,
  });
}

/** The page for an error that is not sent to the app, for example because the redirect URI is not registered. */
export function renderError(
  ctx: KoaContextWithOIDC,
  { error, error_description: details }: ErrorOut,
  appUrl: string,
): void {
  const body = html`${EXPLANATIONS[error] && html`<p>${EXPLANATIONS[error]}</p>`}
<dl class="grid gap-1 wrap-anywhere [&_dt]:text-[0.8125rem] [&_dt]:text-soft [&_dd+dt]:mt-2">
<dt>Error</dt><dd><code>${error}</code></dd>
${details && html`<dt>Details</dt><dd>${details}</dd>`}
</dl>`;
  renderNotice(ctx, appUrl, { heading: "This request does not work", body, status: ctx.status });
}

interface FormPage extends FormState {
  /** oidc-provider's record of the authorization request. */
  readonly interaction: { readonly uid: string; readonly params: Readonly<Record<string, unknown>> };
}

/** The login page: a button for each demo person, and an e-mail field for people who have signed up. */
export function renderLogIn(ctx: PageContext, page: FormPage, people: readonly Person[]): void {
  const path = `/interaction/${page.interaction.uid}`;
  const body = html`<p>Choose a demo person to continue to ${SITE.name}.</p>
${asksForSecondFactor(page.interaction.params) ? html`<p>The app asks for a second factor. The demo pretends that you have used one.</p>` : ""}
<form method="post" action="${path}/login">
<ul class="divide-y divide-line overflow-hidden rounded-card border border-line-strong">
${people.map(personButton)}
</ul>
</form>
<p class="flex items-center gap-3 text-[0.8125rem] text-soft before:grow before:border-t before:border-line after:grow after:border-t after:border-line">or</p>
<form method="post" action="${path}/login" novalidate>
${field(page, { name: "email", label: "E-mail", type: "email", autocomplete: "username" })}
<button class="primary" type="submit">Continue</button>
</form>
<p>New here? <a href="${path}/signup">Sign up</a></p>`;
  sendForm(ctx, page, "Log in", body);
}

/** The signup page. */
export function renderSignUp(ctx: PageContext, page: FormPage): void {
  const path = `/interaction/${page.interaction.uid}`;
  const body = html`<p>Create a demo account for ${SITE.name}. It is deleted when the demo provider stops.</p>
<form method="post" action="${path}/signup" novalidate>
${field(page, { name: "name", label: "Name", type: "text", autocomplete: "name" })}
${field(page, { name: "email", label: "E-mail", type: "email", autocomplete: "email" })}
<button class="primary" type="submit">Create account</button>
</form>
<p>Have an account? <a href="${path}/login">Log in</a></p>`;
  sendForm(ctx, page, "Sign up", body);
}

function sendForm(ctx: PageContext, { interaction, problems }: FormPage, heading: string, body: Html): void {
  sendPage(ctx, {
    heading,
    status: Object.keys(problems).length > 0 ? 422 : 200,
    formTargets: [interaction.params.redirect_uri],
    formSources: programSources(interaction.params.redirect_uri), // part: broker
    body: html`${body}
<form method="post" action="/interaction/${interaction.uid}/cancel">
<button class="secondary" type="submit">Cancel</button>
</form>`,
  });
}

function personButton({ sub, name, email, permissions }: Person): Html {
  const may = permissions.length ? "May read the admin message" : "Has no special permission";
  return html`<li><button class="flex min-h-20 w-full cursor-pointer items-center gap-3.5 px-4 py-3 text-start leading-[1.4] hover:bg-tint focus-visible:rounded-card focus-visible:-outline-offset-3" type="submit" name="email" value="${email}" aria-label="Continue as ${name} (${email})" aria-describedby="${sub}-may">
<img class="shrink-0 rounded-full" src="/people/${sub}.svg" alt="" width="48" height="48">
<span class="grid min-w-0 grow text-[0.8125rem] wrap-anywhere"><strong class="text-base font-semibold leading-[1.4]">${name}</strong><span class="text-soft">${email}</span><span id="${sub}-may">${may}</span></span>
<span class="text-soft" aria-hidden="true">→</span>
</button></li>`;
}
