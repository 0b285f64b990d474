import { providerTimeLimit } from "../../../lib/auth/provider/index.ts";
import { SITE } from "../../../lib/site.ts";
import type { ProviderContext } from "../check.ts";
import type { Exchange } from "../checks/wire.ts";
import { decodeEntities } from "./readable.ts";

const MAX_STEPS = 6;

/** The headers of a browser. They request English pages, because the doctor knows the error messages in English. */
const HEADERS = {
  accept: "text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.8",
  "accept-language": "en",
  "user-agent": `Mozilla/5.0 (compatible; ${SITE.name} doctor)`,
};

/** An answer of the provider. */
export type Page = Pick<Exchange, "url" | "status" | "body">;

/** Where the browser ends: on the last page, or at a URL outside the provider, which it does not open. */
export interface BrowseResult {
  readonly pages: readonly Page[];
  readonly exit: URL | null;
  /** Whether the exit is the URL to which the provider should return. */
  readonly isBack: boolean;
}

/**
 * Opens a page of the provider like a browser that has no cookies yet. Runs no scripts, and follows redirects only
 * within the provider, not back to the app.
 * @param target the app's URL to which the provider should return
 * @throws the error of `fetch` if a request fails
 */
export async function browse(
  start: URL,
  target: string,
  { metadata, wire }: Pick<ProviderContext, "metadata" | "wire">,
): Promise<BrowseResult> {
  const { issuer, authorization_endpoint, token_endpoint, end_session_endpoint } = metadata;
  const urls = [issuer, authorization_endpoint, token_endpoint, end_session_endpoint];
  const home = new Set(urls.map((url) => URL.parse(String(url))?.origin));
  const pages: Page[] = [];
  const cookies = new Map<string, string>();
  let url = start;
  for (;;) {
    const cookie = [...cookies.values()].join("; ");
    const headers = { ...HEADERS, ...(cookie && { cookie }) };
    const page = await wire.send(url, { headers, cache: "no-store", signal: providerTimeLimit() });
    pages.push(page);
    for (const header of page.response.headers.getSetCookie()) {
      const [pair, name] = /^([^=;]+)=[^;]*/.exec(header) ?? [];
      if (pair && name) cookies.set(name, pair);
    }
    const next = page.redirect ?? postedTo(page.body, target);
    if (!next || pages.length >= MAX_STEPS) return { pages, exit: null, isBack: false };
    const isBack = isSamePlace(next, target);
    if (isBack || !home.has(next.origin)) return { pages, exit: next, isBack };
    url = next;
  }
}

/** The target of a form that posts the answer to the app (Form Post Response Mode), with the form's fields as query. */
function postedTo(body: string, target: string): URL | null {
  const html = body.slice(0, 100_000);
  const [form = ""] = /<form\b[^<>]*>/i.exec(html) ?? [];
  const url = URL.parse(attribute(form, "action"));
  if (!url || !isSamePlace(url, target) || !/\sname="state"/i.test(html)) return null;
  for (const [input] of html.matchAll(/<input\b[^<>]*>/gi)) {
    const name = attribute(input, "name");
    if (name) url.searchParams.append(name, attribute(input, "value"));
  }
  return url;
}

function attribute(tag: string, name: string): string {
  return decodeEntities(new RegExp(`\\s${name}="([^"]*)"`, "i").exec(tag)?.[1] ?? "");
}

function isSamePlace(url: URL, target: string): boolean {
  const { origin, pathname } = new URL(target);
  return url.origin === origin && url.pathname === pathname;
}
