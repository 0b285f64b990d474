import type { Configuration, errors, KoaContextWithOIDC, Provider } from "oidc-provider";
import { SITE } from "../../lib/site.ts";
import { field, html, type Middleware, sendPage } from "./layout.ts";

/** RFC 8628, 3.4 */
export const DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";

/** The callback of programs' logins, which the app passes on. */
export const PROGRAM_CALLBACK = "/auth/v2/callback";

const PATH = "/device";

/** Where a login leads that returns to this callback: the app sends the browser on to a program on this computer. */
export function programSources(redirectUri: unknown): string[] {
  return String(redirectUri).endsWith(PROGRAM_CALLBACK) ? ["http://localhost:*", "http://127.0.0.1:*"] : [];
}

type DeviceFlow = NonNullable<NonNullable<Configuration["features"]>["deviceFlow"]>;
type Client = NonNullable<Awaited<ReturnType<Provider["Client"]["find"]>>>;
type PageError = Error | errors.OIDCProviderError | undefined;

/** The device flow (RFC 8628) with its pages: enter the code, confirm it, done. They work without scripts. */
export function deviceFlow(): DeviceFlow {
  return {
    enabled: true,
    userCodeInputSource: (ctx, _form, _out, error) =>
      error?.name === "AbortedError"
        ? renderEnd(ctx, "Refused", "The program was not logged in. You can close this page.")
        : renderInput(ctx, error),
    userCodeConfirmSource: (ctx, _form, client, _info, userCode) => renderConfirm(ctx, client, userCode),
    successSource: async (ctx) =>
      renderEnd(
        ctx,
        "Connected",
        "The program is logged in. You can close this page and go back to your terminal.",
      ),
  };
}

/**
 * Shows the confirmation at once where the URL contains the code (RFC 8628, 3.3.1). oidc-provider would answer with a form
 * that submits itself by script.
 */
export function confirmCodeInUrl(provider: Provider): Middleware {
  return async (ctx, next) => {
    await next();
    const { oidc } = ctx as KoaContextWithOIDC;
    const given = oidc?.params?.user_code;
    if (ctx.path !== PATH || ctx.method !== "GET" || typeof given !== "string") return;
    const code = await provider.DeviceCode.findByUserCode(given.toUpperCase().replace(/[^A-Z]/g, ""));
    const client = code?.clientId ? await provider.Client.find(code.clientId) : undefined;
    const isWaiting = client && code && !code.isExpired && !code.error && !code.accountId;
    if (isWaiting) renderConfirm(ctx as KoaContextWithOIDC, client, given);
    else renderInput(ctx as KoaContextWithOIDC, new Error("the code was not found"));
  };
}

async function renderInput(ctx: KoaContextWithOIDC, error: PageError): Promise<void> {
  const user_code = error && html`This code is wrong, was used before, or has expired.`;
  const form = { values: {}, problems: user_code ? { user_code } : {} };
  sendPage(ctx, {
    title: error ? "Error: Connect a program" : "Connect a program",
    status: error ? 422 : 200,
    body: html`<h1>Connect a program</h1>
<p>Enter the code that the program shows.</p>
<form method="post" action="${PATH}" novalidate>
${hiddenFields(ctx)}
${field(form, { name: "user_code", label: "Code", type: "text", autocomplete: "off" })}
<button class="primary" type="submit">Continue</button>
</form>`,
  });
}

/** RFC 8628, 5.4: the person compares the code, so that nobody else's program gets the login. */
async function renderConfirm(
  ctx: KoaContextWithOIDC,
  { clientName, clientId }: Client,
  userCode: string,
): Promise<void> {
  sendPage(ctx, {
    title: "Connect a program",
    body: html`<h1>Connect a program to ${clientName ?? clientId}?</h1>
<p>A program wants to use ${SITE.name} as you. Continue only if you have started it yourself, and it shows this code:</p>
<p class="user-code"><code>${userCode}</code></p>
<form method="post" action="${PATH}">
${hiddenFields(ctx)}
<input type="hidden" name="user_code" value="${userCode}">
<button class="primary" type="submit" name="confirm" value="yes">Connect</button>
<button class="secondary" type="submit" name="abort" value="yes">Refuse</button>
</form>`,
  });
}

async function renderEnd(ctx: KoaContextWithOIDC, title: string, text: string): Promise<void> {
  sendPage(ctx, { title, body: html`<h1>${title}</h1>\n<p>${text}</p>` });
}

/** oidc-provider's protection against forged requests. */
function hiddenFields({ oidc }: KoaContextWithOIDC) {
  const { secret } = (oidc.session?.state ?? {}) as { readonly secret?: string };
  return html`<input type="hidden" name="xsrf" value="${secret}">`;
}
