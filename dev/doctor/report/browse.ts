import type { ProviderMetadata } from "../../../lib/auth/provider/client.ts";
import { providerTimeLimit } from "../../../lib/auth/provider/fetch.ts";
import { SITE } from "../../../lib/site.ts";
import type { Hide } from "./foreign-text.ts";
import { decodeEntities } from "./readable.ts";

const MAX_STEPS = 6;

/** What a browser says of itself; error pages come in English. */
const HEADERS = {
  accept: "text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.8",
  "accept-language": "en",
  "user-agent": `Mozilla/5.0 (compatible; ${SITE.name} doctor)`,
};

/** One answer on the way. */
export interface Page {
  readonly url: URL;
  readonly status: number;
  readonly body: string;
}

/** Where a visit ends: back at the app, at another party's, or on a page of the provider's. */
export interface Visit {
  readonly pages: readonly Page[];
  readonly end:
    | { readonly kind: "back"; readonly parameters: URLSearchParams }
    | { readonly kind: "elsewhere"; readonly url: URL }
    | { readonly kind: "page"; readonly page: Page };
}

/** What a visit is allowed: the provider's own origins, and the URL of ours at which it is at its end. */
export interface Bounds {
  readonly home: ReadonlySet<string>;
  readonly target: string;
  /** What takes secrets out of a page before anybody looks at it. */
  readonly hide: Hide;
}

/** The origins that are the provider's. */
export function originsOf(metadata: ProviderMetadata): Set<string> {
  const { issuer, authorization_endpoint, token_endpoint, end_session_endpoint } = metadata;
  const urls = [issuer, authorization_endpoint, token_endpoint, end_session_endpoint];
  return new Set(urls.flatMap((url) => URL.parse(String(url))?.origin ?? []));
}

/**
 * Visits a page of the provider's as a browser without any cookies does that keeps those it gets on the way. It runs no
 * script, follows no redirect that leads away from the provider, and does not go where it is sent back to.
 *
 * @throws what fetch throws
 */
export async function browse(start: URL, { home, target, hide }: Bounds): Promise<Visit> {
  const pages: Page[] = [];
  const cookies = new Map<string, string>();
  let url = start;
  for (;;) {
    const response = await fetch(url, {
      headers: { ...HEADERS, ...(cookies.size > 0 && { cookie: cookieHeader(cookies) }) },
      redirect: "manual",
      cache: "no-store",
      signal: providerTimeLimit(),
    });
    for (const cookie of response.headers.getSetCookie()) keep(cookies, cookie);
    const page = { url, status: response.status, body: hide(await response.text()) };
    pages.push(page);
    const next = locationOf(response, url) ?? postedTo(page.body, target);
    if (!next || pages.length >= MAX_STEPS) return { pages, end: { kind: "page", page } };
    if (isSamePlace(next, target)) return { pages, end: { kind: "back", parameters: next.searchParams } };
    if (!home.has(next.origin)) return { pages, end: { kind: "elsewhere", url: next } };
    url = next;
  }
}

function locationOf({ status, headers }: Response, base: URL): URL | null {
  const location = headers.get("location");
  return status >= 300 && status < 400 && location ? URL.parse(location, base) : null;
}

/** OAuth 2.0 Form Post Response Mode: a page whose form has the answer for us. */
function postedTo(body: string, target: string): URL | null {
  const html = body.slice(0, 100_000);
  const action = /<form\b[^<>]*\saction="([^"<>]*)"/i.exec(html)?.[1];
  if (action === undefined || !/\sname="state"/i.test(html)) return null;
  const url = URL.parse(decodeEntities(action));
  if (!url || !isSamePlace(url, target)) return null;
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

function keep(cookies: Map<string, string>, setCookie: string): void {
  const [, name, value] = /^([^=;]+)=([^;]*)/.exec(setCookie) ?? [];
  if (name !== undefined && value !== undefined) cookies.set(name.trim(), value.trim());
}

function cookieHeader(cookies: ReadonlyMap<string, string>): string {
  return [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
}
