import querystring from "node:querystring";
import { quote } from "../../../lib/log.ts";
import type { Environment } from "../../start/environment.ts";

/** Makes the text of a server, or an error message, safe to print. */
export type Tell = (text: unknown) => string;

/** Removes secrets from a text. */
export type Hide = (text: string) => string;

const HIDDEN = "[hidden]";

/** In encoded text, the doctor looks only for secrets of at least this length. Shorter ones would match by chance. */
const MIN_ENCODED = 4;

/** Matches text that may be Base64, Base64url or hexadecimal. */
const ENCODED = /[A-Za-z0-9+/_-]{6,}/g;

/** The values of settings that must not appear in any output. */
export function secretsOf(environment: Environment): string[] {
  const { OIDC_CLIENT_SECRET = "", OIDC_CLIENT_PRIVATE_KEY = "", SESSION_SECRET = "" } = environment;
  const { SESSION_STORE_URL = "" } = environment;
  const password = /^[a-z+]+:\/\/[^:@/]*:([^@]+)@/i.exec(SESSION_STORE_URL)?.[1] ?? "";
  const all = [
    OIDC_CLIENT_SECRET,
    ...SESSION_SECRET.split(","),
    // The lines of a PEM or the values in a JWK. Parts of at most 20 characters are not secret.
    ...OIDC_CLIENT_PRIVATE_KEY.split(/\\n|[\s",:{}]+/).filter(({ length }) => length > 20),
    SESSION_STORE_URL,
    password,
    querystring.unescape(password),
  ];
  return [...new Set(all.map((secret) => secret.trim()).filter(Boolean))];
}

/**
 * Creates a function that makes the texts of servers, and error messages, safe to print. It returns the text on one
 * line, without secrets, tokens and control characters. It cuts the text after 300 characters.
 */
export function createTell(secrets: readonly string[]): Tell {
  const hide = createHide(secrets);
  return (text) => {
    // Removes line breaks, and characters that control a terminal or the writing direction.
    const visible = String(text).replace(/\p{Cf}/gu, "");
    return quote(hide(visible.replace(/[\s\p{Cc}]+/gu, " ").trim()));
  };
}

/**
 * Creates a function that hides secrets in a text and leaves the rest unchanged. It also finds secrets that are in
 * capitals, percent-encoded, escaped for HTML or JSON, broken by a space, or inside Base64 or hexadecimal text.
 */
export function createHide(secrets: readonly string[]): Hide {
  const longestFirst = secrets.toSorted((a, b) => b.length - a.length);
  const patterns = longestFirst.map(patternOf);
  const inside = longestFirst.filter(({ length }) => length >= MIN_ENCODED).map(patternOf);
  const containsSecret = (decoded: string) => inside.some((pattern) => decoded.search(pattern) >= 0);
  return (text) => {
    const hidden = patterns.reduce((rest, pattern) => rest.replace(pattern, HIDDEN), text);
    return hidden.replace(ENCODED, (run) => (decodings(run).some(containsSecret) ? HIDDEN : run));
  };
}

/** Creates a pattern for a secret. It matches each character in all its forms, for example percent-encoded. */
function patternOf(secret: string): RegExp {
  const characters = [...secret].map((character) => {
    const code = character.codePointAt(0) ?? 0;
    const hex = code.toString(16);
    const bytes = Buffer.from(character).toString("hex").replace(/../g, "%$&");
    const name = { "&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos" }[character];
    const literal = character.replace(/[\\^$.*+?()[\]{}|/-]/, "\\$&");
    const references = [`#0*${code}`, `#x0*${hex}`, ...(name ? [name] : [])].join("|");
    const escapes = `u${hex.padStart(4, "0")}|${literal}`;
    const space = character === " " ? "|\\+|\\s" : "";
    return `(?:${literal}|${bytes}|&(?:${references});|\\\\(?:${escapes})${space})`;
  });
  return new RegExp(characters.join("\\s?"), "gi");
}

/** Decodes a run of characters as Base64 or hexadecimal. Base64 may begin at any of the first four characters. */
function decodings(run: string): string[] {
  const base64 = [0, 1, 2, 3].map((start) => Buffer.from(run.slice(start), "base64").toString("utf8"));
  return /^[0-9a-f]+$/i.test(run) ? [...base64, Buffer.from(run, "hex").toString("utf8")] : base64;
}
