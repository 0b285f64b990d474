import { providerTimeLimit } from "../../../lib/auth/provider/index.ts";
import { SITE } from "../../../lib/site.ts";
import type { ProviderContext } from "../check.ts";
import { type Exchange, membersIn } from "./wire.ts";

const MAX_STEPS = 6;

/** The headers of a browser. They request English pages, because the doctor knows the error messages in English. */
const HEADERS = {
  accept: "text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.8",
  "accept-language": "en",
  "user-agent": `Mozilla/5.0 (compatible; ${SITE.name} doctor)`,
};

/** A response of the provider. */
export type Page = Pick<Exchange, "url" | "status" | "body">;

/** A rejection: the part of the authentication or logout request that the provider rejects, and the provider's text. */
export interface Refusal {
  readonly about: "URL" | "client" | "scope" | "audience" | "unknown";
  readonly said: string;
}

/**
 * Opens a page of the provider like a browser that has no cookies yet. Runs no scripts, and follows redirects only
 * within the provider, not back to the app.
 * @param target the app's URL to which the provider should return
 * @returns `exit`: the URL of the app or of another site to which the last page leads, and which is not opened; null
 * if there is none. `isBack`: whether it is the target. `refusal`: the provider's rejection; null if there is none
 * @throws the error of `fetch` if a request fails
 */
export async function browse(
  start: URL,
  target: string,
  { metadata, wire }: Pick<ProviderContext, "metadata" | "wire">,
) {
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
    if (!next || pages.length >= MAX_STEPS)
      return { exit: null, isBack: false, refusal: refusalIn(pages, null) };
    const isBack = isSamePlace(next, target);
    if (isBack || !home.has(next.origin)) return { exit: next, isBack, refusal: refusalIn(pages, next) };
    url = next;
  }
}

/** The target of the form that posts the response to the app (Form Post Response Mode), with the fields as query. */
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

/** An {@link excerpt} is cut after this many characters. */
const MAX_SAID = 160;

/** The parts of a request, with patterns for error messages about them. The first pattern that matches counts. */
const WORDINGS: readonly (readonly [Refusal["about"], RegExp])[] = [
  ["URL", /callback URL mismatch|is not defined as a valid URL in/i], // Auth0
  ["URL", /invalid parameter: redirect_uri|\binvalid redirect uri\b/i], // Keycloak
  ["URL", /AADSTS(50011|500113|900971)\b/], // Entra ID
  ["URL", /redirect_(uri_)?mismatch/i], // Google, ConsentKeys, Cognito
  ["URL", /must be a (Login|Logout) redirect URI/i], // Okta
  ["URL", /redirect_uri is missing in the client configuration/i], // Zitadel
  ["URL", /post_logout_redirect_uri (is )?(invalid|not registered|not valid)/i], // Zitadel, Logto
  ["URL", /invalid_redirect_uri|redirect_uri`? did not match/i], // Logto, Civic, oidc-provider
  ["URL", /redirect URI error|mismatching redirection URI/i], // authentik
  ["audience", /invalid_target|service not found/i], // RFC 8707; Auth0
  ["audience", /AADSTS(500011|901002|9010010)\b/], // Entra ID
  ["scope", /invalid_scopes?\b|AADSTS(650053|70011|65005)\b/i], // Cognito sends invalid_scope in error_description
  ["client", /AADSTS(700016|90002|7000112)\b/], // Entra ID
  ["client", /invalid_client(_id)?\b|deleted_client|disabled_client/i], // Google, Civic, oidc-provider
  ["client", /client (was |is )?(not found|unknown|disabled|invalid)|unknown client\b/i], // Keycloak, Auth0
  ["client", /client does not exist|client ID error|Errors\.App\.NotFound/i], // Cognito, authentik, Zitadel
  ["URL", /\bredirect[ _]?ur[il]\b.{0,80}\b(not|n't|mismatch|invalid|unregistered)\b/i],
  ["URL", /\b(invalid|unregistered|mismatched|unknown) (redirect|log-?out)[ _]ur[il]/i],
  ["client", /unauthorized_client|parameter 'client_id'/i],
];

/** Recognises which part of the request a provider's text is about; "unknown" if no pattern matches. */
export function recogniseRefusal(text: string): Refusal {
  for (const [about, pattern] of WORDINGS) {
    const match = pattern.exec(text);
    if (match) return { about, said: excerpt(text, match.index) };
  }
  return { about: "unknown", said: text };
}

/**
 * Returns a part of a long text: from the beginning of the line that contains `index`, or from `index` itself if that
 * beginning is far away. If the first line has at most three words, adds the next lines.
 */
function excerpt(text: string, index: number): string {
  if (text.length <= MAX_SAID && !text.includes("\n")) return text;
  const start = text.lastIndexOf("\n", index) + 1;
  const lines = text.slice(index - start > MAX_SAID / 2 ? index : start).split("\n");
  const enough = lines.findIndex((line) => line.split(" ").length > 3);
  const said = lines.slice(0, enough + 1 || 3).join(" ");
  return said.length <= MAX_SAID ? said : `${said.slice(0, MAX_SAID).replace(/\s\S*$/, "")} …`;
}

/** Finds the provider's rejection in the URLs of these pages and in `exit`. Without an exit, also in the last page. */
export function refusalIn(pages: readonly Page[], exit: URL | null): Refusal | null {
  const urls = [...pages.map(({ url }) => url), ...(exit ? [exit] : [])];
  const messages = urls.flatMap(({ searchParams }) => errorIn(searchParams));
  const last = exit ? undefined : pages.at(-1);
  const isErrorPage = last !== undefined && last.status >= 400;
  if (last) messages.push(/AADSTS\d{4,}: [^"<\\]{0,300}/.exec(last.body)?.[0] ?? ""); // Entra ID, with any status
  if (isErrorPage) messages.push(toReadableText(last.body));
  const said = messages.filter(Boolean);
  const known = said.map(recogniseRefusal).find(({ about }) => about !== "unknown");
  if (known) return known;
  return said.length > 0 || isErrorPage ? { about: "unknown", said: excerpt(said.join(" "), 0) } : null;
}

/** Returns the errors in a URL's query, in the form of RFC 6749, 4.1.2.1 and in Google's own form. */
function errorIn(query: URLSearchParams): string[] {
  const { error, error_description: description, authError = "" } = Object.fromEntries(query);
  return [fromGoogle(authError), [error, description].filter(Boolean).join(": ")].filter(Boolean);
}

/** Reads Google's `authError`: an error code, or the code and the advice in a Protocol Buffers message in Base64. */
function fromGoogle(authError: string): string {
  if (/^[a-z_]+$/.test(authError)) return authError;
  const message = Buffer.from(authError, "base64").toString("latin1");
  const texts = message.match(/[\x20-\x7e\n]{6,}/g) ?? [];
  return texts.slice(0, 2).join(": ") || authError;
}

/** {@link toReadableText} reads at most this many characters of a page. */
const MAX_LENGTH = 200_000;

const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: " " };

/** The JSON members in which providers send the code or the message of an error. */
const JSON_MEMBERS = "error error_code code error_description message errorSummary error_detail".split(" ");

/** Matches elements that contain no text for people. An element without an end tag extends to the end of the page. */
const CODE = /<(script|style|svg|noscript)\b.*?(<\/\1[^<>]*>|$)/gis;

/** Matches the tags at which a text begins or ends. Each becomes a line break. */
const BLOCKS =
  /<\/?(?:title|p|div|h\d|li|dt|dd|td|th|tr|br|hr|pre|main|section|article|header|footer|form|ul|ol|dl)\b[^<>]*>/gi;

/** Extracts the text for people from a response: the messages of a JSON error, or the lines of a page. */
export function toReadableText(body: string): string {
  const text = body.slice(0, MAX_LENGTH);
  const members = membersIn(text);
  if (Object.keys(members).length > 0) {
    const said = JSON_MEMBERS.map((name) => members[name]).filter((value) => typeof value === "string");
    return [...new Set(said)].join(": ");
  }
  const lines = text.replace(CODE, " ").replace(/\s+/g, " ").replace(BLOCKS, "\n").split("\n");
  const texts = lines.map((line) => decodeEntities(line.replace(/<[^<>]*>/g, " ")));
  const trimmed = texts.map((line) => line.replace(/\s+/g, " ").trim());
  return trimmed.filter(Boolean).join("\n");
}

/** Decodes HTML character references: all numbers, such as `&#38;`, and the names of `ENTITIES`, such as `&amp;`. */
export function decodeEntities(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,6}));/gi, (all, decimal, hex, name) => {
    const code = decimal ? Number(decimal) : hex ? Number.parseInt(hex, 16) : null;
    if (code !== null) return code <= 0x10ffff ? String.fromCodePoint(code) : "";
    return ENTITIES[String(name).toLowerCase()] ?? all;
  });
}
