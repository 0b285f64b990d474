import type { KoaContextWithOIDC, Provider } from "oidc-provider";
import { SITE } from "../../lib/site.ts";

/** Koa middleware, which can answer a request before oidc-provider does, or change oidc-provider's response. */
export type Middleware = Parameters<Provider["use"]>[0];

export type Context = Parameters<Middleware>[0];

/** HTML that is safe to insert into a page without escaping. Only the tag `html` should create it. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Part = Html | string | undefined | readonly Html[];

const SPECIAL = /[&<>"']/g;

/**
 * Template tag for HTML and SVG. Escapes every value, except `Html` objects.
 * @param parts the values: `undefined` adds nothing, and a list is joined
 */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Html {
  return new Html(String.raw({ raw: strings }, ...parts.map(render)));
}

function render(part: Part): string {
  if (part instanceof Html) return part.text;
  if (typeof part === "object") return part.map(render).join("");
  return part?.replace(SPECIAL, (character) => `&#${character.charCodeAt(0)};`) ?? "";
}

/**
 * Submits a form to oidc-provider for the person, and answers with oidc-provider's response. Otherwise, the person
 * would get a page that submits the form with a script, or asks the person to submit it.
 * @param fields the fields of the form, in addition to the field that oidc-provider requires in each form
 */
export async function submitForm(ctx: KoaContextWithOIDC, url: string, fields: Record<string, string>) {
  const cookies = [ctx.response.headers["set-cookie"] ?? []].flat().map((cookie) => cookie.split(";")[0]);
  const answer = await fetch(url, {
    method: "POST",
    redirect: "manual",
    headers: { cookie: cookies.join("; ") },
    body: new URLSearchParams({ xsrf: secretOf(ctx), ...fields }),
  });
  ctx.status = answer.status;
  ctx.set({ ...Object.fromEntries(answer.headers), "set-cookie": answer.headers.getSetCookie() });
  ctx.body = await answer.text();
}

/** Returns the value that oidc-provider requires in each form, so that another site cannot forge the form. */
export function secretOf({ oidc }: KoaContextWithOIDC): string {
  const { secret = "" } = Object(oidc.session?.state);
  return secret;
}

/** The contents of a page. */
export interface Page {
  /** The first heading, which is also the title of the page. */
  readonly heading: string;
  /** What follows the heading. */
  readonly body: Html;
  /** HTTP status; default 200. The title of a page with an error status begins with “Error”. */
  readonly status?: number;
  /** The URLs to which a form of this page may redirect the browser. Browsers apply `form-action` to redirects too. */
  readonly formTargets?: readonly unknown[];
  /** Further targets, as sources of a Content Security Policy, such as `http://localhost:*`. */ // part: broker
  readonly formSources?: readonly string[]; // part: broker
}

/** The parts of a Koa context that a page needs, with or without oidc-provider's additions. */
export type PageContext = Pick<KoaContextWithOIDC, "set" | "status" | "type" | "body">;

/** Answers with a page in the provider's layout. Browsers do not cache it. They block its scripts and inline styles. */
export function sendPage(ctx: PageContext, page: Page): void {
  const targets = (page.formTargets ?? []).map((target) => URL.parse(String(target))?.origin).filter(Boolean);
  const formAction = [
    "form-action 'self'",
    ...new Set(targets),
    ...(page.formSources ?? []), // part: broker
  ].join(" ");
  ctx.status = page.status ?? 200;
  const title = ctx.status < 400 ? page.heading : `Error: ${page.heading}`;
  ctx.type = "html";
  ctx.set({
    "Cache-Control": "no-store",
    "Content-Security-Policy": `default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; ${formAction}; base-uri 'none'; frame-ancestors 'none'`,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
  });
  ctx.body = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · ${SITE.name} demo provider</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/style.css">
</head>
<body class="flex min-h-screen flex-col items-center gap-5 bg-paper pb-12 leading-[1.6] text-ink">
<header class="mb-5 flex min-h-15 w-full items-center justify-center gap-2.5 border-t-4 border-b border-t-accent border-b-line bg-surface text-[0.875rem] text-soft max-[30rem]:mb-1">
<img src="/assets/icon.svg" alt="" width="32" height="32">
<p><strong class="font-semibold text-ink">${SITE.name}</strong> demo provider</p>
</header>
<main class="grid w-[calc(100%-2rem)] max-w-110 gap-5 rounded-card border border-line bg-surface p-8 max-[30rem]:px-5 max-[30rem]:py-6">
<h1>${page.heading}</h1>
${page.body}
</main>
<footer class="w-[calc(100%-2rem)] max-w-110 px-2 text-[0.8125rem] text-soft">
<p>This is the demo OpenID provider of ${SITE.name}. It asks for no passwords and is for development only. Do not enter anything secret here.</p>
</footer>
</body>
</html>
`.text;
}

/** The values that a person has entered in a form, and the problems that the person must correct. */
export interface FormState {
  readonly values: Readonly<Record<string, string>>;
  readonly problems: Readonly<Record<string, Html>>;
}

/** Returns the HTML of a form field, with the problem of its value if there is one. */
export function field(
  { values, problems }: FormState,
  { name, label, type, autocomplete }: Readonly<Record<"name" | "label" | "type" | "autocomplete", string>>,
): Html {
  const problem = problems[name];
  const invalid = problem && html` aria-invalid="true" aria-describedby="${name}-problem"`;
  return html`<p class="grid gap-1">
<label for="${name}">${label}</label>
<input class="min-h-11 w-full rounded-lg border border-line-strong bg-surface px-3 aria-invalid:border-bad" id="${name}" name="${name}" type="${type}" value="${values[name] ?? ""}" autocomplete="${autocomplete}" autocapitalize="none" spellcheck="false" required${invalid}>
${problem && html`<span class="text-[0.8125rem] text-bad [&_a]:text-inherit" id="${name}-problem" role="alert">${problem}</span>`}
</p>`;
}
