import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setImmediate as nextLoopIteration } from "node:timers/promises";

/** One line of the app's log, parsed; `level`, `msg`, `requestId`, `step` and `reason` are the usual fields. */
type LogEntry = Record<string, unknown>;

// How Node.js and Next.js report uncaught errors. Next.js puts ⨯ before an error that occurs while it renders. Once
// the server has started, such a line is the `msg` of a log entry.
const UNHANDLED = /unhandled ?(promise )?rejection|uncaught ?exception|(^\s*|"msg":")⨯/i;

/**
 * Everything that an app under test has printed. The output comes through a pipe, so it may arrive after a later response.
 * Tests await `caughtUp` before they count lines or expect none, or they poll for a line.
 */
export class ServerLog {
  /** Every line as it was printed. */
  readonly lines: string[] = [];
  /** The lines that are JSON objects: the entries of the app's log. */
  readonly entries: LogEntry[] = [];

  /** Reads the output of a server until it ends. */
  follow(output: Readable): void {
    createInterface({ input: output }).on("line", (line) => {
      this.lines.push(line);
      const entry = parse(line);
      if (entry) this.entries.push(entry);
    });
  }

  /** Waits until everything printed so far has been read. */
  async caughtUp(): Promise<this> {
    let read: number;
    do {
      read = this.lines.length;
      await nextLoopIteration();
    } while (this.lines.length > read);
    return this;
  }

  /** The entries that have all these fields. @param from the position of the first entry */
  having(fields: LogEntry, from = 0): LogEntry[] {
    return this.entries
      .slice(from)
      .filter((entry) => Object.entries(fields).every(([name, value]) => entry[name] === value));
  }

  /** The lines after a position that report an uncaught error. */
  unhandledSince(position: number): string[] {
    return this.lines.slice(position).filter((line) => UNHANDLED.test(line));
  }

  get text(): string {
    return this.lines.join("\n");
  }
}

function parse(line: string): LogEntry | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? (value as LogEntry) : null;
  } catch {
    return null;
  }
}
