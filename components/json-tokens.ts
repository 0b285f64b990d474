export type JsonTokenKind = "key" | "string" | "literal" | "punctuation" | "plain";

export interface JsonToken {
  kind: JsonTokenKind;
  text: string;
}

// A string, with the colon after it if it is a key; or a number, true, false, null.
const TOKEN = /("[^"\\]*(?:\\.[^"\\]*)*")(\s*:)?|-?\d[\d.eE+-]*|true|false|null/g;

const MAX_TOKENS = 5_000; // nobody reads more for its colours, and no page should carry the spans

/** Cuts the text that `JSON.stringify` made into tokens; joined together they are that text again. */
export function tokenizeJson(json: string): JsonToken[] {
  const tokens: JsonToken[] = [];
  let end = 0;
  const push = (kind: JsonTokenKind, text: string) => {
    if (text) tokens.push({ kind, text });
  };
  for (const match of json.matchAll(TOKEN)) {
    const [whole, string, colon = ""] = match;
    push("punctuation", json.slice(end, match.index));
    if (string === undefined) push("literal", whole);
    else {
      push(colon ? "key" : "string", string);
      push("punctuation", colon);
    }
    end = match.index + whole.length;
    if (tokens.length > MAX_TOKENS) return [{ kind: "plain", text: json }];
  }
  push("punctuation", json.slice(end));
  return tokens;
}

const MAX_PRETTY_LENGTH = 200_000; // the indentation of deeply nested values outgrows them by far

/** Pretty JSON of anything, without line breaks where those would make it huge; a value that JSON has no words for becomes a sentence instead of an exception. */
export function toPrettyJson(value: unknown): string {
  try {
    const json = JSON.stringify(value) ?? "null";
    return prettyLength(json) <= MAX_PRETTY_LENGTH ? (JSON.stringify(value, null, 2) ?? json) : json;
  } catch {
    return '"This value cannot be shown as JSON."';
  }
}

// A string, or what begins a line when JSON is pretty.
const MARK = /"[^"\\]*(?:\\.[^"\\]*)*"|[[\]{},]/g;

/** How long the pretty form is, near enough, without making it: of 100 KB it can be gigabytes, and take seconds. */
function prettyLength(json: string): number {
  let length = json.length;
  let depth = 0;
  for (const [mark] of json.matchAll(MARK)) {
    if (mark.startsWith('"')) continue;
    if (mark === "[" || mark === "{") depth += 1;
    if (mark === "]" || mark === "}") depth -= 1;
    length += 1 + 2 * depth;
  }
  return length;
}
