/** One line of pretty JSON. Its parts, joined after `depth * 2` spaces, are the line again. */
export interface JsonLine {
  /** How deep it is nested. */
  depth: number;
  /** A member's name with its quotation marks; empty in lines without one. */
  key: string;
  /** The rest of the line, from the colon on where there is a key. */
  rest: string;
  kind: "string" | "literal" | "punctuation";
}

const LINE = /^( *)((?:"(?:[^"\\]|\\.)*"(?=:))?)(.*)$/s;

const MAX_LINES = 2_000; // nobody reads more, and no page should carry the elements

/**
 * Cuts pretty JSON into lines, so that each can be shown with a hanging indent.
 *
 * @param json as {@link toPrettyJson} makes it
 * @returns the text in one piece where it has more than 2,000 lines
 */
export function jsonLines(json: string): JsonLine[] {
  const lines = json.split("\n", MAX_LINES + 1);
  if (lines.length > MAX_LINES) return [{ depth: 0, key: "", rest: json, kind: "punctuation" }];
  return lines.map((line) => {
    const [, spaces = "", key = "", rest = ""] = LINE.exec(line) ?? [];
    return { depth: spaces.length / 2, key, rest, kind: kindOf(rest) };
  });
}

function kindOf(rest: string): JsonLine["kind"] {
  const value = rest.replace(/^: /, "");
  if (value.startsWith('"')) return "string";
  return /^[-\dtfn]/.test(value) ? "literal" : "punctuation";
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
