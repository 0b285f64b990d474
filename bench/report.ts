import { readFileSync } from "node:fs";
import os from "node:os";
import { bin } from "../dev/test-steps.ts";
import { CONNECTIONS } from "./contestants.ts";
import type { Figures } from "./measures.ts";
import type { Result } from "./rounds.ts";
import { median, spread } from "./statistics.ts";

type Row = readonly string[];

/** What the columns of {@link pageTable} mean. */
export const LEGEND = `${CONNECTIONS} connections. p99: ms until 99 of 100 answers are complete. CPU: ms of the server for one request.
bytes: of the body. Each page was under load in turn with the empty one, in several heats, with new processes in each.
Shares of empty: within a heat; the median of the heats, and the least and greatest. Of bare: by the medians.`;

/** What the figures were measured on. */
export function machine(): string {
  const manifest = new URL("../../package.json", `file://${bin("next", "next")}`);
  const { version } = JSON.parse(readFileSync(new URL(manifest), "utf8")) as { version: string };
  const [cpu] = os.cpus();
  const cores = os.availableParallelism();
  return `${cpu?.model.trim() || os.arch()}, ${cores} cores, Node.js ${process.versions.node}, Next.js ${version}`;
}

/** Warns where something else keeps the machine busy; nothing where it is idle. */
export function busyness(): string {
  const [load = 0] = os.loadavg();
  return load > os.availableParallelism() / 4
    ? `The machine is busy (load average ${load.toFixed(1)}): trust the ratios rather than the absolute figures.\n`
    : "";
}

/**
 * The pages in figures, and as shares of two of them.
 *
 * @param empty the page behind an empty middleware: what all others were compared with
 * @param bare the page without a middleware
 */
export function pageTable(empty: Result, bare: Result, others: readonly Result[]): string {
  const rows = [bare, empty, ...others].map((result) => [
    result.name,
    result.rate.toFixed(0),
    result.p99.toFixed(1),
    result.cpu.toFixed(2),
    result.bytes.toFixed(0),
    (median(result.shares) / median(bare.shares)).toFixed(2),
    share(result.shares),
    share(result.cpuShares),
  ]);
  return table([
    ["", "req/s", "p99", "CPU", "bytes", "req/s of bare", "req/s of empty", "CPU of empty"],
    ...rows,
  ]);
}

/** What sessions cost, by where they are kept; null for what was not measured. */
export function deploymentTable(figures: Readonly<Record<string, Figures | null>>): string {
  const row = (title: string, tell: (figures: Figures) => string): Row => [
    title,
    ...Object.values(figures).map((each) => (each ? tell(each) : "not measured")),
  ];
  return table([
    ["sessions in", ...Object.keys(figures)],
    row("opening one for the first time in a process", ({ opening }) => `${opening.first.toFixed(0)} µs`),
    row("opening one that the process knows", ({ opening }) => `${opening.again.toFixed(0)} µs`),
    row("cookies of one, in a request", ({ cookieBytes }) => `${cookieBytes} bytes`),
    row("a login, CPU of the app", ({ login }) => `${login.toFixed(1)} ms`),
    row("requests at once with an expired token", ({ refreshes }) => String(refreshes.sent)),
    row("  pages that they get", ({ refreshes }) => String(refreshes.good)),
    row("  refreshes that the provider sees", ({ refreshes }) => String(refreshes.refreshes)),
  ]);
}

/** Rows in columns: the first to the left, figures to the right. */
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
