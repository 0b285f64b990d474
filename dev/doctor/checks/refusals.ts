import type { BrowseResult } from "../report/browse.ts";
import { toReadableText } from "../report/readable.ts";

/** A rejection: the part of the authentication or logout request that the provider rejects, and the provider's text. */
export interface Refusal {
  readonly about: "URL" | "client" | "scope" | "audience" | "unknown";
  readonly said: string;
}

/** The report shows at most this many characters of a provider's text. */
const MAX_SAID = 160;

/** Each row: a part of the request, and a pattern for error messages about this part. The first match counts. */
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

/** Returns the line that contains `index`, where a pattern matches. If this line is short, adds the next lines. */
function excerpt(text: string, index: number): string {
  if (text.length <= MAX_SAID && !text.includes("\n")) return text;
  const start = text.lastIndexOf("\n", index) + 1;
  const lines = text.slice(index - start > MAX_SAID / 2 ? index : start).split("\n");
  const enough = lines.findIndex((line) => line.split(" ").length > 3);
  const said = lines.slice(0, enough + 1 || 3).join(" ");
  return said.length <= MAX_SAID ? said : `${said.slice(0, MAX_SAID).replace(/\s\S*$/, "")} …`;
}

/** The provider's rejection of the request; null if the provider accepts it. */
export function refusalIn({ pages, exit }: BrowseResult): Refusal | null {
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

/** Returns the error in a URL's query, in the form of RFC 6749, 4.1.2.1 or in Google's own form; or an empty list. */
export function errorIn(query: URLSearchParams): string[] {
  const { error, error_description: description, authError = "" } = Object.fromEntries(query);
  return [fromGoogle(authError), [error, description].filter(Boolean).join(": ")].filter(Boolean);
}

/** The error's name and the advice in Google's `authError`, which is a Protocol Buffers message in Base64. */
function fromGoogle(authError: string): string {
  if (/^[a-z_]+$/.test(authError)) return authError;
  const message = Buffer.from(authError, "base64").toString("latin1");
  const texts = message.match(/[\x20-\x7e\n]{6,}/g) ?? [];
  return texts.slice(0, 2).join(": ") || authError;
}
