import { readFileSync } from "node:fs";
import os from "node:os";
import { bin } from "../dev/testing/run/steps.ts";
import { CONNECTIONS } from "./contestants.ts";
import type { Figures } from "./measures.ts";
import type { PageLoad } from "./page-loads.ts";
import type { Result } from "./rounds.ts";
import type { Start } from "./starts.ts";
import { median, spread } from "./statistics.ts";

type Row = readonly string[];

/** Explains the columns of {@link pageTable}. */
export const LEGEND = `${CONNECTIONS} connections. p99: 99 of 100 answers take fewer ms. bytes: size of the body.
CPU: ms of server CPU time per request. A heat puts a page and the empty page under load in turn, in new processes.
"of empty": the ratio of the two pages in a heat, as median (minimum–maximum). "of plain": the ratio of the medians.`;

/** The machine and the versions with which the figures were measured. */
export function machine(): string {
  const manifest = new URL("../../package.json", `file://${bin("next", "next")}`);
  const { version } = JSON.parse(readFileSync(new URL(manifest), "utf8")) as { version: string };
  const [cpu] = os.cpus();
  const cores = os.availableParallelism();
  return `${cpu?.model.trim() || os.arch()}, ${cores} cores, Node.js ${process.versions.node}, Next.js ${version}`;
}

/** A warning if other programs keep the machine busy; otherwise an empty string. */
export function busyness(): string {
  const [load = 0] = os.loadavg();
  return load > os.availableParallelism() / 4
    ? `The machine is busy (load average ${load.toFixed(1)}): trust the ratios rather than the absolute figures.\n`
    : "";
}

/**
 * A table of the figures of all pages, and of their ratios to the pages `empty` and `plain`.
 *
 * @param empty the page behind an empty middleware, which all others were compared with
 * @param plain the page of a new project
 */
export function pageTable(empty: Result, plain: Result, others: readonly Result[]): string {
  const rows = [plain, empty, ...others].map((result) => [
    result.name,
    result.rate.toFixed(0),
    result.p99.toFixed(1),
    result.cpu.toFixed(2),
    result.bytes.toFixed(0),
    (median(result.shares) / median(plain.shares)).toFixed(2),
    share(result.shares),
    share(result.cpuShares),
  ]);
  return table([
    ["", "req/s", "p99", "CPU", "bytes", "req/s of plain", "req/s of empty", "CPU of empty"],
    ...rows,
  ]);
}

/** A table of what sessions cost, one column for each place that keeps them. @param figures null if not measured */
export function deploymentTable(figures: Readonly<Record<string, Figures | null>>): string {
  const row = (title: string, format: (figures: Figures) => string): Row => [
    title,
    ...Object.values(figures).map((each) => (each ? format(each) : "not measured")),
  ];
  return table([
    ["sessions in", ...Object.keys(figures)],
    row("open a session, first time in a process", ({ opening }) => `${opening.first.toFixed(0)} µs`),
    row("open the same session again", ({ opening }) => `${opening.again.toFixed(0)} µs`),
    row("session cookies in a request", ({ cookieBytes }) => `${cookieBytes} bytes`),
    row("CPU time of the app for a login and its page", ({ login }) => `${login.toFixed(1)} ms`),
    row("parallel requests with an expired access token", ({ refreshes }) => String(refreshes.sent)),
    row("  answered with the page", ({ refreshes }) => String(refreshes.good)),
    row("  refreshes at the provider", ({ refreshes }) => String(refreshes.refreshes)),
  ]);
}

/** A table of how long the app takes to start, compared with a new Next.js project (`plain`). */
export function startTable({ app, plain }: Record<"app" | "plain", readonly Start[]>): string {
  const row = (name: string, starts: readonly Start[]): Row => {
    const ratio = (of: (start: Start) => number): string =>
      median(starts.map((start, at) => of(start) / of(plain[at] ?? start))).toFixed(2);
    const figures = [starts.map(({ time }) => time), starts.map(({ cpu }) => cpu)];
    const medians = figures.map((each) => `${median(each).toFixed(0)} ms`);
    return [name, ...medians, ratio(({ time }) => time), ratio(({ cpu }) => cpu)];
  };
  return table([
    ["start to the first page", "time", "CPU", "time of plain", "CPU of plain"],
    row("plain", plain),
    row("app", app),
  ]);
}

/** A table of page loads in a browser. @param loads the plain page's load, followed by those of the app's pages */
export function loadTable(loads: readonly PageLoad[]): string {
  const [plain] = loads;
  const rows = loads.map((load) => [
    load.name,
    `${load.largestPaint.toFixed(0)} ms`,
    (load.largestPaint / (plain?.largestPaint ?? Number.NaN)).toFixed(2),
    load.layoutShift.toFixed(3),
    String(load.document),
    String(load.others),
    String(load.requests),
  ]);
  return table([
    ["page in a browser", "LCP", "LCP of plain", "CLS", "document, bytes", "others, bytes", "requests"],
    ...rows,
  ]);
}

/** Aligns rows in columns: the first column to the left, the others to the right. */
export function table(rows: readonly Row[]): string {
  const columns = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, column) => pad(cell, columns[column] ?? 0, column))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function pad(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}

function share(shares: readonly number[]): string {
  const { median, min, max } = spread(shares);
  return `${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`;
}
