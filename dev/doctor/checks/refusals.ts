import type { Page, Visit } from "../report/browse.ts";
import { toReadableText } from "../report/readable.ts";

/** The part of an authentication or logout request that a provider rejects. */
export type Subject = "URL" | "client" | "scope" | "audience";

/** A rejection. `said` is the provider's own text. */
export interface Refusal {
  readonly about: Subject | "unknown";
  readonly said: string;
}

/** Characters of a provider's text that are shown. */
const MAX_SAID = 160;

/** Providers' error messages. The first match applies. */
const WORDINGS: readonly { readonly about: Subject; readonly pattern: RegExp }[] = [
  { about: "URL", pattern: /callback URL mismatch|is not defined as a valid URL in/i }, // Auth0
  { about: "URL", pattern: /invalid parameter: redirect_uri|\binvalid redirect uri\b/i }, // Keycloak
  { about: "URL", pattern: /AADSTS(50011|500113|900971)\b/ }, // Entra ID
  { about: "URL", pattern: /redirect_(uri_)?mismatch/i }, // Google, ConsentKeys, Cognito
  { about: "URL", pattern: /must be a (Login|Logout) redirect URI/i }, // Okta
  { about: "URL", pattern: /redirect_uri is missing in the client configuration/i }, // Zitadel
  { about: "URL", pattern: /post_logout_redirect_uri (is )?(invalid|not registered|not valid)/i }, // Zitadel, Logto
  { about: "URL", pattern: /invalid_redirect_uri|redirect_uri`? did not match/i }, // Logto, Civic, oidc-provider
  { about: "URL", pattern: /redirect URI error|mismatching redirection URI/i }, // authentik
  { about: "audience", pattern: /invalid_target|service not found/i }, // RFC 8707; Auth0
  { about: "audience", pattern: /AADSTS(500011|901002|9010010)\b/ }, // Entra ID
  { about: "scope", pattern: /invalid_scopes?\b|AADSTS(650053|70011|65005)\b/i }, // Cognito has it in the description
  { about: "client", pattern: /AADSTS(700016|90002|7000112)\b/ }, // Entra ID
  { about: "client", pattern: /invalid_client(_id)?\b|deleted_client|disabled_client/i }, // Google, Civic, oidc-provider
  { about: "client", pattern: /client (was |is )?(not found|unknown|disabled|invalid)|unknown client\b/i }, // Keycloak, Auth0
  { about: "client", pattern: /client does not exist|client ID error|Errors\.App\.NotFound/i }, // Cognito, authentik, Zitadel
  { about: "URL", pattern: /\bredirect[ _]?ur[il]\b.{0,80}\b(not|n't|mismatch|invalid|unregistered)\b/i },
  {
    about: "URL",
    pattern: /\b(invalid|unregistered|mismatched|unknown) (redirect|log-?out)[ _]ur[il]/i,
  },
  { about: "client", pattern: /unauthorized_client|parameter 'client_id'/i },
];

/** The rejection that a text expresses; null if no known message matches. */
export function recogniseRefusal(text: string): Refusal | null {
  for (const { about, pattern } of WORDINGS) {
    const match = pattern.exec(text);
    if (match) return { about, said: excerpt(text, match.index) };
  }
  return null;
}

/** The line of a page that contains the match, and the lines after it if it is hardly more than a name. */
function excerpt(text: string, index: number): string {
  if (text.length <= MAX_SAID && !text.includes("\n")) return text;
  const start = text.lastIndexOf("\n", index) + 1;
  const lines = text.slice(index - start > MAX_SAID / 2 ? index : start).split("\n");
  const enough = lines.findIndex((line) => line.split(" ").length > 3);
  const said = lines.slice(0, enough + 1 || 3).join(" ");
  return said.length <= MAX_SAID ? said : `${said.slice(0, MAX_SAID).replace(/\s\S*$/, "")} …`;
}

/** The rejection in which a visit ended; null if the provider accepts the request. */
export function refusalIn({ pages, end }: Visit): Refusal | null {
  const told = pages.flatMap(({ url }) => errorIn(url.searchParams));
  if (end.kind === "elsewhere") told.push(...errorIn(end.url.searchParams));
  if (end.kind === "page") told.push(...toldBy(end.page));
  const known = told.map(recogniseRefusal).find((refusal) => refusal !== null);
  if (known) return known;
  if (told.length > 0) return { about: "unknown", said: excerpt(told.join(" "), 0) };
  const failed = end.kind === "page" && end.page.status >= 400;
  return failed ? { about: "unknown", said: "" } : null;
}

/** The text of an error page. On other pages, only the error numbers of Entra ID, which are unmistakable. */
function toldBy({ status, body }: Page): string[] {
  const entra = /AADSTS\d{4,}: [^"<\\]{0,300}/.exec(body)?.[0];
  const words = status >= 400 ? toReadableText(body) : "";
  return [entra, words].filter((text) => text !== undefined && text !== "") as string[];
}

/** The error in a URL: as in RFC 6749, 4.1.2.1, and in Google's own form. */
export function errorIn(query: URLSearchParams): string[] {
  const { error, error_description: description, authError } = Object.fromEntries(query);
  const standard = [error, description].filter(Boolean).join(": ");
  return [...(authError ? [fromGoogle(authError)] : []), ...(standard ? [standard] : [])];
}

/** A Protocol Buffers message in Base64. Its texts are enough: the error's name, then what to do. */
function fromGoogle(authError: string): string {
  if (/^[a-z_]+$/.test(authError)) return authError;
  const texts =
    Buffer.from(authError, "base64")
      .toString("latin1")
      .match(/[\x20-\x7e\n]{6,}/g) ?? [];
  return texts.slice(0, 2).join(": ") || authError;
}
