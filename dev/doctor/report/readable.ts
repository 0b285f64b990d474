/** The doctor reads at most this many characters of a page. */
const MAX_LENGTH = 200_000;

const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: " " };

/** The JSON members in which providers send the code or the message of an error. */
const JSON_MEMBERS = "error error_code code error_description message errorSummary error_detail".split(" ");

/** Matches elements that contain no text for people. An element without an end tag extends to the end of the page. */
const CODE = /<(script|style|svg|noscript)\b.*?(<\/\1[^<>]*>|$)/gis;

/** Matches the tags at which a browser begins a new line. */
const BLOCKS =
  /<\/?(?:title|p|div|h\d|li|dt|dd|td|th|tr|br|hr|pre|main|section|article|header|footer|form|ul|ol|dl)\b[^<>]*>/gi;

/** Extracts the text for people from an answer: the messages of a JSON error, or the lines of a page. */
export function toReadableText(body: string): string {
  const text = body.slice(0, MAX_LENGTH);
  return fromJson(text) ?? fromHtml(text);
}

function fromJson(text: string): string | null {
  if (!/^\s*\{/.test(text)) return null;
  try {
    const members: Record<string, unknown> = Object(JSON.parse(text));
    const said = JSON_MEMBERS.map((name) => members[name]).filter((value) => typeof value === "string");
    return [...new Set(said)].join(": ");
  } catch {
    return null;
  }
}

function fromHtml(text: string): string {
  const lines = text.replace(CODE, " ").replace(/\s+/g, " ").replace(BLOCKS, "\n").split("\n");
  const texts = lines.map((line) => decodeEntities(line.replace(/<[^<>]*>/g, " ")));
  return texts
    .map((text) => text.replace(/\s+/g, " ").trim())
    .filter(Boolean)
    .join("\n");
}

/** Decodes HTML character references: all numbers, such as `&#38;`, and the names of `ENTITIES`, such as `&amp;`. */
export function decodeEntities(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,6}));/gi, (all, decimal, hex, name) => {
    const code = decimal ? Number(decimal) : hex ? Number.parseInt(hex, 16) : null;
    if (code !== null) return code <= 0x10ffff ? String.fromCodePoint(code) : "";
    return ENTITIES[String(name).toLowerCase()] ?? all;
  });
}
