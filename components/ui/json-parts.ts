/** A key with its quotation marks, at the beginning of a line of pretty JSON. */
const KEY = /^( *)("(?:[^"\\]|\\.)*")(?=:)/gm;

const MAX_LINES = 2_000; // nobody reads more, and the elements would make the page slow

/**
 * Separates the keys of pretty JSON from the text between them.
 *
 * @param json the output of {@link toPrettyJson}
 * @returns alternating texts and keys, beginning with a text. Joined, they are the JSON again. JSON of more than 2,000
 *   lines is returned as one text
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

const MAX_PRETTY_LENGTH = 200_000; // deeply nested values have far more indentation than content

/**
 * Pretty JSON of any value, or JSON in one line if the indentation would make it huge. For a value that JSON cannot
 * express, returns a sentence instead of throwing.
 */
export function toPrettyJson(value: unknown): string {
  try {
    const json = JSON.stringify(value) ?? "null";
    return prettyLength(json) <= MAX_PRETTY_LENGTH ? (JSON.stringify(value, null, 2) ?? json) : json;
  } catch {
    return '"This value cannot be shown as JSON."';
  }
}

// A string, or a character that starts a new line in pretty JSON.
const MARK = /"[^"\\]*(?:\\.[^"\\]*)*"|[[\]{},]/g;

/** Estimates the pretty-printed length without printing: 100 KB of deeply nested JSON can grow to gigabytes. */
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
