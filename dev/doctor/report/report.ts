import { styleText } from "node:util";
import { isAboutProvider } from "../checks/provider.ts";
import type { Examination } from "../examine.ts";
import { CHECKS, type Finding, type Result, type Status, toFindings } from "./finding.ts";

const SIGNS: Readonly<Record<Status, string>> = { ok: "✓", warning: "!", error: "✗", skipped: "-" };
const COLOURS = { ok: "green", warning: "yellow", error: "red", skipped: "gray" } as const;

/** Columns for the sign and the status before each line. */
const INDENT = 11;

/** Commands and settings that people copy from the terminal. No line breaks inside them. */
const UNBROKEN = /openssl rand -base64 32|npm (run )?\w+|[A-Z_]+="[^"]*"|timedatectl set-ntp true/g;

/** Replaces spaces at which a line must not break. */
const NO_BREAK_SPACE = "\u00a0";

/** How many findings there are of each status. */
export type Counts = Readonly<Record<Status, number>>;

/** The lines of an examination, in order. */
export function findingsOf({ results }: Examination): Finding[] {
  return toFindings(results, "The settings are incomplete.");
}

export function count(findings: readonly Finding[]): Counts {
  const counts = { ok: 0, warning: 0, error: 0, skipped: 0 };
  for (const { status } of findings) counts[status] += 1;
  return counts;
}

/**
 * The report for people.
 *
 * @param width columns of the terminal
 */
export function renderText(examination: Examination, width: number): string {
  const findings = findingsOf(examination);
  const guide = examination.provider?.guide;
  const { warning, error } = count(findings);
  return [
    "",
    ...head(examination).flatMap(([label, text]) => wrap(`${label.padEnd(INDENT)}${text}`, width, INDENT)),
    "",
    ...groupSkipped(findings).flatMap((line) => renderLine(line, width)),
    "",
    summary(findings),
    ...(guide && warning + error > 0 ? [`More about this provider: ${guide}`] : []),
    "",
  ].join("\n");
}

function head({ situation, provider }: Examination): [string, string][] {
  const { mode, files, brought } = situation;
  const command = mode === "development" ? "npm run dev" : "npm start";
  const maker = brought.provider ? "the embedded provider of npm run dev" : provider?.name;
  const lines: [string, string][] = [
    ["Settings", `of ${command}: ${[...files, "the environment"].join(", ")}`],
  ];
  if (provider) lines.push(["Provider", [maker, provider.issuer].filter(Boolean).join(", ")]);
  return lines;
}

/** A line of the report: a finding, or several that are skipped for the same reason. */
interface Line extends Result {
  readonly titles: string[];
}

function groupSkipped(findings: readonly Finding[]): Line[] {
  const lines: Line[] = [];
  for (const { check, ...result } of findings) {
    const last = lines.at(-1);
    if (result.status === "skipped" && last?.status === "skipped" && last.seen === result.seen) {
      last.titles.push(CHECKS[check]);
    } else {
      lines.push({ ...result, titles: [CHECKS[check]] });
    }
  }
  return lines;
}

function renderLine({ titles, status, seen, fix }: Line, width: number): string[] {
  const label = `${SIGNS[status]} ${status.padEnd(INDENT - 2)}`;
  const title = `${titles.join(", ")}:`;
  const [first = "", ...rest] = wrap(`${" ".repeat(INDENT)}${title} ${seen}`, width, INDENT);
  const coloured = first.slice(INDENT).replace(title, styleText("bold", title, { stream: process.stdout }));
  return [
    styleText(COLOURS[status], label, { stream: process.stdout }) + coloured,
    ...rest,
    ...fix.flatMap((step) => wrap(`${" ".repeat(INDENT)}• ${step}`, width, INDENT + 2)),
  ];
}

function summary(findings: readonly Finding[]): string {
  const { ok, warning, error, skipped } = count(findings);
  const parts = [number(error, "error"), number(warning, "warning"), `${ok} ok`];
  return `${[...parts, ...(skipped > 0 ? [`${skipped} skipped`] : [])].join(", ")}.`;
}

function number(count: number, noun: string): string {
  return `${count === 0 ? "no" : count} ${noun}${count === 1 ? "" : "s"}`;
}

/** The report for machines; docs/doctor.md describes it. */
export function toJson(examination: Examination): object {
  const { situation, provider } = examination;
  const findings = findingsOf(examination);
  const counts = count(findings);
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
      guide: result.fix.length > 0 && isAboutProvider(check) ? (provider?.guide ?? null) : null,
    })),
  };
}

/**
 * Breaks a text into lines between words. A word that is longer than a line, such as a URL, is not broken.
 *
 * @param indent the number of spaces before every line but the first
 */
export function wrap(text: string, width: number, indent: number): string[] {
  const [margin = ""] = /^ */.exec(text) ?? [];
  const lines: string[] = [];
  let line = margin;
  const joined = text.replace(UNBROKEN, (part) => part.replaceAll(" ", NO_BREAK_SPACE));
  for (const word of joined.slice(margin.length).split(" ")) {
    const isEmpty = line.trim() === "";
    if (!isEmpty && line.length + 1 + word.length > width) {
      lines.push(line);
      line = " ".repeat(indent) + word;
    } else {
      line += isEmpty ? word : ` ${word}`;
    }
  }
  return [...lines, line].map((one) => one.replaceAll(NO_BREAK_SPACE, " "));
}
