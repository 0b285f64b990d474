import type { Configuration, KoaContextWithOIDC } from "oidc-provider";
import { SITE } from "../../lib/site.ts";
import { field, html, type Middleware, secretOf, sendPage, submitForm } from "./layout.ts";

/** The grant type of the device flow (RFC 8628, 3.4). */
export const DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";

/** The path of the app's callback for logins of programs. After such a login, the app redirects to the program. */
export const PROGRAM_CALLBACK = "/auth/v2/callback";

const PATH = "/device";

/** Returns further targets of a login's forms: all ports of this machine if a program logs in, otherwise none. */
export function programSources(redirectUri: unknown): string[] {
  return String(redirectUri).endsWith(PROGRAM_CALLBACK) ? ["http://localhost:*", "http://127.0.0.1:*"] : [];
}

type DeviceFlow = NonNullable<NonNullable<Configuration["features"]>["deviceFlow"]>;

/** The device flow (RFC 8628) and its pages: enter the code, confirm the code, done. The pages work without scripts. */
export const DEVICE_FLOW: DeviceFlow = {
  enabled: true,
  // The app forwards the program's `User-Agent` header.
  deviceInfo: ({ headers }) => ({ userAgent: headers["user-agent"], askedAt: Date.now() }),
  userCodeInputSource: async (ctx, _form, _out, error) =>
    error?.name === "AbortedError"
      ? renderEnd(ctx, "Refused", "The program was not logged in. You can close this page.")
      : renderInput(ctx, error),
  userCodeConfirmSource: renderConfirm,
  successSource: async (ctx) =>
    renderEnd(
      ctx,
      "Connected",
      "The program is logged in. You can close this page and go back to your terminal.",
    ),
};

/** If the URL contains the user code, submits it, so that the person need not enter it (RFC 8628, 3.3.1). */
export const confirmCodeInUrl: Middleware = async (ctx, next) => {
  await next();
  const { oidc } = ctx as KoaContextWithOIDC;
  const { user_code } = oidc?.params ?? {};
  if (ctx.path === PATH && ctx.method === "GET" && typeof user_code === "string")
    await submitForm(ctx as KoaContextWithOIDC, oidc.urlFor("code_verification"), { user_code });
};

function renderInput(ctx: KoaContextWithOIDC, error: Error | undefined): void {
  const problems = error && { user_code: html`This code is wrong, was used before, or has expired.` };
  const code = { name: "user_code", label: "Code", type: "text", autocomplete: "off" };
  sendPage(ctx, {
    heading: "Connect a program",
    status: error ? 422 : 200,
    body: html`<p>Enter the code that the program shows.</p>
<form method="post" action="${PATH}" novalidate>
${hiddenField(ctx)}
${field({ values: {}, problems: problems ?? {} }, code)}
<button class="primary" type="submit">Continue</button>
</form>`,
  });
}

/** The confirmation page shows the code, so that people notice a login that they did not start (RFC 8628, 5.4). */
async function renderConfirm(
  ...[ctx, _form, client, info, userCode]: Parameters<NonNullable<DeviceFlow["userCodeConfirmSource"]>>
): Promise<void> {
  const { userAgent, askedAt } = info as { readonly userAgent?: string; readonly askedAt: number };
  const which = userAgent ? html`calls itself <code>${userAgent}</code>` : html`did not state its name`;
  sendPage(ctx, {
    heading: `Connect a program to ${client.clientName ?? client.clientId}?`,
    body: html`<p>A program that ${which} wants to use ${SITE.name} as you. The program asked ${timeSince(askedAt)}.</p>
<p>Continue only if you have started this program yourself, and the program shows this code:</p>
<p class="text-center text-[1.75rem] tracking-[0.08em]"><code>${userCode}</code></p>
<form method="post" action="${PATH}">
${hiddenField(ctx)}
<input type="hidden" name="user_code" value="${userCode}">
<button class="primary" type="submit" name="confirm" value="yes">Connect</button>
<button class="secondary" type="submit" name="abort" value="yes">Refuse</button>
</form>`,
  });
}

function timeSince(milliseconds: number): string {
  const minutes = Math.floor((Date.now() - milliseconds) / 60_000);
  return minutes < 1
    ? "less than a minute ago"
    : new Intl.RelativeTimeFormat("en").format(-minutes, "minute");
}

function renderEnd(ctx: KoaContextWithOIDC, heading: string, text: string): void {
  sendPage(ctx, { heading, body: html`<p>${text}</p>` });
}

function hiddenField(ctx: KoaContextWithOIDC) {
  return html`<input type="hidden" name="xsrf" value="${secretOf(ctx)}">`;
}
