import { quote } from "../../lib/log.ts";
import type { Environment } from "../start/environment.ts";

/** Makes another party's words fit to be printed. */
export type Tell = (text: unknown) => string;

const HIDDEN = "[hidden]";

/** The values among the settings that stand in no output, whoever says them. */
export function secretsOf(environment: Environment): string[] {
  const { OIDC_CLIENT_ID, OIDC_CLIENT_SECRET, OIDC_CLIENT_PRIVATE_KEY, SESSION_SECRET, SESSION_STORE_URL } =
    environment;
  const all = [
    ...credentials(OIDC_CLIENT_ID?.trim(), OIDC_CLIENT_SECRET?.trim()),
    ...(SESSION_SECRET ?? "").split(",").map((secret) => secret.trim()),
    ...(OIDC_CLIENT_PRIVATE_KEY ?? "").split(/\\n|[\s",:{}]+/).filter((part) => part.length > 20),
    SESSION_STORE_URL,
    /^[a-z+]+:\/\/[^:@/]*:([^@]+)@/i.exec(SESSION_STORE_URL ?? "")?.[1],
  ];
  return [...new Set(all.filter((secret): secret is string => Boolean(secret)))];
}

/** The secret alone, and together with the client's id as HTTP Basic has the two (RFC 6749, 2.3.1). */
function credentials(clientId = "", clientSecret = ""): string[] {
  if (!clientSecret) return [];
  const pairs = [clientSecret, encodeURIComponent(clientSecret)].map((secret) => `${clientId}:${secret}`);
  return [clientSecret, ...pairs];
}

/**
 * Hides secrets, however they are written: in any case, percent-encoded, in Base64, broken by spaces.
 *
 * @returns a function to pass every text through that comes from elsewhere: it comes out on one line, at most 300
 *   characters long, without what would control a terminal, and without anything like a token
 */
export function createTell(secrets: readonly string[]): Tell {
  const hide = createHide(secrets);
  return (text) => quote(hide(plain(text)));
}

/** Hides secrets in what is printed, and changes nothing else. */
export function createHide(secrets: readonly string[]): (text: string) => string {
  const forms = [...new Set(secrets.flatMap(formsOf))].sort((a, b) => b.length - a.length);
  const patterns = forms.map((form) => new RegExp([...form].map(literally).join("\\s?"), "gi"));
  return (text) => patterns.reduce((told, pattern) => told.replace(pattern, HIDDEN), text);
}

/** A character as a pattern that matches it alone. */
function literally(character: string): string {
  return character.replace(/[\\^$.*+?()[\]{}|/-]/, "\\$&");
}

function formsOf(secret: string): string[] {
  const encoded = encodeURIComponent(secret);
  const base64 = Buffer.from(secret).toString("base64");
  const inJson = JSON.stringify(secret).slice(1, -1);
  return [
    secret,
    encoded,
    encoded.replaceAll("%20", "+"),
    inJson,
    base64,
    base64.replace(/=+$/, ""),
    Buffer.from(secret).toString("base64url"),
    Buffer.from(secret).toString("hex"),
  ];
}

/** One line, without characters that control a terminal or the direction of writing. */
function plain(text: unknown): string {
  return String(text)
    .replace(/\p{Cf}/gu, "")
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim();
}
