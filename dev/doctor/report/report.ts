import { styleText } from "node:util";
import { CHECKS, type CheckName, PROVIDER_CHECKS, type Result, skipped } from "../check.ts";
import type { Examination } from "../examine.ts";

const SIGNS = { ok: "✓", warning: "!", error: "✗", skipped: "-" };
const COLOURS = { ok: "green", warning: "yellow", error: "red", skipped: "gray" } as const;

const INDENT = 11; // columns at the start of a line: the sign and the status

/** Matches commands and settings that people copy from the terminal. A line break must not split them. */
const UNBROKEN = /openssl rand -base64 32|npm (run )?\w+|[A-Z_]+="[^"]*"|timedatectl set-ntp true/g;

const NO_BREAK_SPACE = "\u00a0"; // replaces a space at which a line must not break

/** The findings in the order of the report, and their number by status. A check that did not run is "skipped". */
function summarise({ results }: Examination) {
  const findings = (Object.keys(CHECKS) as CheckName[]).flatMap((check) =>
    (results[check] ?? [skipped("Settings are missing or wrong; see above.")]).map((result) => ({
      check,
      ...result,
    })),
  );
  const counts = { ok: 0, warning: 0, error: 0, skipped: 0 };
  for (const { status } of findings) counts[status] += 1;
  return { findings, counts };
}

/** The report as text for the terminal. @param width the number of columns of the terminal */
export function renderText(examination: Examination, width: number): string {
  const { situation, provider } = examination;
  const { findings, counts } = summarise(examination);
  const command = situation.mode === "development" ? "npm run dev" : "npm start";
  const maker = situation.brought.provider ? "the embedded provider of npm run dev" : provider?.name;
  const head = [`Settings   of ${command}: ${[...situation.files, "the environment"].join(", ")}`];
  if (provider) head.push(`Provider   ${[maker, provider.issuer].filter(Boolean).join(", ")}`);
  const end = [number(counts.error, "error"), number(counts.warning, "warning"), `${counts.ok} ok`];
  if (counts.skipped > 0) end.push(`${counts.skipped} skipped`);
  const hasGuide = provider?.guide && counts.warning + counts.error > 0;
  const lines: Line[] = [];
  for (const { check, ...result } of findings) {
    const last = lines.at(-1);
    const isSame = result.status === "skipped" && last?.status === "skipped" && last.seen === result.seen;
    if (isSame) last.titles.push(CHECKS[check]);
    else lines.push({ ...result, titles: [CHECKS[check]] });
  }
  return [
    "",
    ...head.flatMap((line) => wrap(line, width, INDENT)),
    "",
    ...lines.flatMap((line) => renderLine(line, width)),
    "",
    `${end.join(", ")}.`,
    ...(hasGuide ? [`More about this provider: ${provider.guide}`, ""] : [""]),
  ].join("\n");
}

/** A line of the report: one finding, or consecutive checks that are skipped for the same reason. */
type Line = Result & { readonly titles: string[] };

function renderLine({ titles, status, seen, fix }: Line, width: number): string[] {
  const label = `${SIGNS[status]} ${status.padEnd(INDENT - 2)}`;
  const title = `${titles.join(", ")}:`;
  const [first = "", ...rest] = wrap(`${label}${title} ${seen}`, width, INDENT);
  return [
    styleText(COLOURS[status], label) + first.slice(INDENT).replace(title, styleText("bold", title)),
    ...rest,
    ...fix.flatMap((step) => wrap(`${" ".repeat(INDENT)}• ${step}`, width, INDENT + 2)),
  ];
}

function number(count: number, noun: string): string {
  return `${count === 0 ? "no" : count} ${noun}${count === 1 ? "" : "s"}`;
}

/** The report as JSON for scripts. */
export function toJson(examination: Examination) {
  const { situation, provider } = examination;
  const { findings, counts } = summarise(examination);
  return {
    version: 1,
    status: counts.error > 0 ? "error" : counts.warning > 0 ? "warning" : "ok",
    mode: situation.mode,
    files: situation.files,
    provider,
    counts,
    findings: findings.map(({ check, ...result }) => ({
      check,
      title: CHECKS[check],
      ...result,
      guide: result.fix.length > 0 && check in PROVIDER_CHECKS ? (provider?.guide ?? null) : null,
    })),
  };
}

/**
 * Breaks a text into lines between words, and indents every line but the first. A word that is longer than a line, such
 * as a URL, is not broken.
 */
export function wrap(text: string, width: number, indent: number): string[] {
  const [margin = ""] = /^ */.exec(text) ?? [];
  const joined = text.slice(margin.length).replace(UNBROKEN, (part) => part.replaceAll(" ", NO_BREAK_SPACE));
  const [first = "", ...words] = joined.split(" ");
  const lines: string[] = [];
  let line = margin + first;
  for (const word of words) {
    const isFull = line.length + 1 + word.length > width;
    if (isFull) lines.push(line);
    line = isFull ? " ".repeat(indent) + word : `${line} ${word}`;
  }
  return [...lines, line].map((one) => one.replaceAll(NO_BREAK_SPACE, " "));
}
