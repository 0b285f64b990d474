import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setImmediate as nextLoopIteration } from "node:timers/promises";

/** A parsed line of the app's log. The usual fields are `level`, `msg`, `requestId`, `step` and `reason`. */
type LogEntry = Record<string, unknown>;

// Matches the reports of Node.js and Next.js about uncaught errors. Next.js puts ⨯ before an error in rendering. Once
// the server has started, such a report is the `msg` of a log entry.
const UNHANDLED = /unhandled ?(promise )?rejection|uncaught ?exception|(^\s*|"msg":")⨯/i;

/**
 * All output of an app under test. A line comes through a pipe, so it may arrive after a response that was sent later.
 * A test that counts lines, or expects none, must await `caughtUp` first. A test that expects a line can poll for it.
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

  /** Returns the entries that have all these fields. @param from the position in `entries` where the search begins */
  having(fields: LogEntry, from = 0): LogEntry[] {
    return this.entries
      .slice(from)
      .filter((entry) => Object.entries(fields).every(([name, value]) => entry[name] === value));
  }

  /** Returns the lines that report an uncaught error, from this position in `lines` on. */
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
