import { quote } from "../../../lib/log.ts";

/** Makes another party's words fit to be printed. */
export type Tell = (text: unknown) => string;

/** Takes secrets out of a text. */
export type Hide = (text: string) => string;

const HIDDEN = "[hidden]";

/** Characters of a secret that it takes to tell it from chance inside of something that is encoded. */
const MIN_ENCODED = 4;

/** What may well be Base64, of either alphabet, or hexadecimal. */
const ENCODED = /[A-Za-z0-9+/_-]{6,}/g;

/**
 * Hides secrets.
 *
 * @returns a function to pass every text through that comes from elsewhere: it comes out on one line, at most 300
 *   characters long, without what would control a terminal, and without anything like a token
 */
export function createTell(secrets: readonly string[]): Tell {
  const hide = createHide(secrets);
  return (text) => quote(hide(plain(text)));
}

/**
 * Hides secrets in a text and changes nothing else, however they are written: in capitals, percent-encoded, as HTML or
 * JSON has them, broken by a space, or within something in Base64 or hexadecimal.
 */
export function createHide(secrets: readonly string[]): Hide {
  const longestFirst = [...new Set(secrets)].filter(Boolean).sort((a, b) => b.length - a.length);
  const patterns = longestFirst.map((secret) => patternOf(secret, "gi"));
  const inside = longestFirst
    .filter(({ length }) => length >= MIN_ENCODED)
    .map((secret) => patternOf(secret, "i"));
  const isTelling = (decoded: string) => inside.some((pattern) => pattern.test(decoded));
  return (text) => {
    const hidden = patterns.reduce((told, pattern) => told.replace(pattern, HIDDEN), text);
    return hidden.replace(ENCODED, (run) => (decodings(run).some(isTelling) ? HIDDEN : run));
  };
}

function patternOf(secret: string, flags: string): RegExp {
  return new RegExp([...secret].map(formsOf).join("\\s?"), flags);
}

/** A character as it may be written, as an alternative of a pattern. */
function formsOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  const bytes = [...Buffer.from(character)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
  const names = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" }[character];
  const literal = literally(character);
  const forms = [
    literal,
    bytes,
    `&#0*${code};`,
    `&#x0*${hex};`,
    `\\\\u${hex.padStart(4, "0")}`,
    `\\\\${literal}`,
    ...(names ? [names] : []),
    ...(character === " " ? ["\\+", "\\s"] : []),
  ];
  return `(?:${forms.join("|")})`;
}

/** A character as a pattern that matches it alone. */
function literally(character: string): string {
  return character.replace(/[\\^$.*+?()[\]{}|/-]/, "\\$&");
}

/** What a run of characters says when it is decoded; a part of Base64 may begin anywhere in it. */
function decodings(run: string): string[] {
  const base64 = [0, 1, 2, 3].map((start) => Buffer.from(run.slice(start), "base64").toString("utf8"));
  return /^[0-9a-f]+$/i.test(run) ? [...base64, Buffer.from(run, "hex").toString("utf8")] : base64;
}

/** One line, without characters that control a terminal or the direction of writing. */
function plain(text: unknown): string {
  return String(text)
    .replace(/\p{Cf}/gu, "")
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim();
}
