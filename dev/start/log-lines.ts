import { stripVTControlCharacters, styleText } from "node:util";

/** Lines of Next.js about itself; the banner says what matters of it. */
const CHATTER = [
  /^\s*$/,
  /^\s*▲ Next\.js/,
  /^\s*- (Local|Network|Environments|Experiments)\b/,
  /^\s*[✓·] authInterrupts\b/,
  /^\s*✓ (Starting|Ready in|Running next\.config)/,
  /^\s*[○✓] Compil(ing|ed) (\/|middleware|instrumentation) /,
  // How the start is waited for; browsers do not ask this way.
  /^\s*HEAD \/ \d+ in /,
  // Next.js 16 would like middleware.ts to be called proxy.ts.
  /^\s*⚠ The "middleware" file convention is deprecated/,
  /^\s*To migrate automatically, run:/,
  /middleware-to-proxy/,
];

const LEVEL_STYLES = { debug: "gray", info: "blue", warn: "yellow", error: "red", fatal: "red" } as const;

/** Next.js prints the addresses it is asked for; what the provider hands over in them does not belong on a screen. */
const HANDED_OVER = /([?&](?:code|state|id_token_hint)=)[^&\s]+/g;

/**
 * What the terminal shows of a line that the app has printed: its log entries (JSON, one a line) for people to read,
 * everything else as it is, but for the codes in the addresses of callbacks.
 *
 * @returns undefined for a line that is left out
 */
export function presentLine(line: string): string | undefined {
  const text = stripVTControlCharacters(line);
  if (CHATTER.some((pattern) => pattern.test(text))) return undefined;
  const entry = text.startsWith('{"level":') ? parseEntry(text) : undefined;
  return entry ? presentEntry(entry) : line.replace(HANDED_OVER, "$1…");
}

function parseEntry(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function presentEntry({ level, time, msg, ...fields }: Record<string, unknown>): string {
  const label = String(level);
  const style = label in LEVEL_STYLES ? LEVEL_STYLES[label as keyof typeof LEVEL_STYLES] : "reset";
  const clock = new Date(String(time)).toTimeString().slice(0, 8);
  const pairs = Object.entries(fields).map(([name, value]) => `${name}=${presentValue(value)}`);
  return [
    styleText("gray", clock),
    styleText(style, label.toUpperCase().padEnd(5)),
    msg === undefined ? "" : String(msg),
    styleText("gray", pairs.join(" ")),
  ].join(" ");
}

function presentValue(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  return /\s|^$/.test(text) ? JSON.stringify(text) : text;
}
