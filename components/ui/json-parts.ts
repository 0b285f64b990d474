/** Matches the spaces at the beginning of a line of pretty JSON, and the key after them with its quotation marks. */
const KEY = /^( *)("(?:[^"\\]|\\.)*")(?=:)/gm;

const MAX_LINES = 2_000; // keys are separated only up to this length: longer JSON would make the page slow

/**
 * Separates the keys of pretty JSON from the text between them.
 *
 * @param json the output of {@link toPrettyJson}
 * @returns a list in which texts and keys alternate, beginning with a text. Joined, they are the JSON again. If the
 *   JSON has more than 2,000 lines, the list contains only the whole JSON
 */
export function jsonParts(json: string): string[] {
  if (json.split("\n", MAX_LINES + 1).length > MAX_LINES) return [json];
  const parts: string[] = [];
  let end = 0;
  for (const { index, 1: spaces = "", 2: key = "" } of json.matchAll(KEY)) {
    const start = index + spaces.length;
    parts.push(json.slice(end, start), key);
    end = start + key.length;
  }
  return [...parts, json.slice(end)];
}

const MAX_PRETTY_LENGTH = 200_000; // characters. Deeply nested values have far more indentation than content

/**
 * Returns pretty JSON of any value, or JSON in one line if the indentation would make it huge. If JSON cannot express
 * the value, returns a sentence instead of throwing.
 */
export function toPrettyJson(value: unknown): string {
  try {
    const json = JSON.stringify(value) ?? "null";
    return prettyLength(json) <= MAX_PRETTY_LENGTH ? (JSON.stringify(value, null, 2) ?? json) : json;
  } catch {
    return '"This value cannot be shown as JSON."';
  }
}

// Matches a string, or a bracket or comma, which starts a new line in pretty JSON.
const MARK = /"[^"\\]*(?:\\.[^"\\]*)*"|[[\]{},]/g;

/** Estimates the length of pretty JSON without creating it: 100 KB of deeply nested JSON can grow to gigabytes. */
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
