import { styleText } from "node:util";
import { isAboutProvider } from "../checks/provider.ts";
import type { Examination } from "../examine.ts";
import { CHECKS, type Finding, type Result, type Status, toFindings } from "./finding.ts";
import { wrap } from "./wrap.ts";

const SIGNS: Readonly<Record<Status, string>> = { ok: "✓", warning: "!", error: "✗", skipped: "-" };
const COLOURS = { ok: "green", warning: "yellow", error: "red", skipped: "gray" } as const;

/** Columns of the sign and the word before each line. */
const INDENT = 11;

/** How many findings there are of each status. */
export type Counts = Readonly<Record<Status, number>>;

/** The lines of an examination, in their order. */
export function findingsOf({ results }: Examination): Finding[] {
  return toFindings(results, "The settings are not complete.");
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
    ...(guide && warning + error > 0 ? [`All about this provider: ${guide}`] : []),
    "",
  ].join("\n");
}

function head({ situation, provider }: Examination): [string, string][] {
  const { mode, files, brought } = situation;
  const command = mode === "development" ? "npm run dev" : "npm start";
  const maker = brought.provider ? "the embedded one of npm run dev" : provider?.name;
  return [
    ["Settings", `as ${command} has them: ${[...files, "the environment"].join(", ")}`],
    ...(provider
      ? [["Provider", [maker, provider.issuer].filter(Boolean).join(", ")] as [string, string]]
      : []),
  ];
}

/** A finding, or several that are skipped for one reason, as the report has them on one line. */
interface Line extends Result {
  readonly titles: readonly string[];
}

function groupSkipped(findings: readonly Finding[]): Line[] {
  const lines: Line[] = [];
  for (const { check, ...result } of findings) {
    const last = lines.at(-1);
    const isSame = result.status === "skipped" && last?.status === "skipped" && last.seen === result.seen;
    const titles = [...(isSame ? last.titles : []), CHECKS[check]];
    lines.splice(isSame ? -1 : lines.length, isSame ? 1 : 0, { ...result, titles });
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
  const parts = [
    number(error, "error"),
    number(warning, "warning"),
    `${ok} ok`,
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
  ];
  return `${parts.join(", ")}.`;
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
