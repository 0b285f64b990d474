import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setImmediate as turnOfTheLoop } from "node:timers/promises";

/** One line of the app's log, parsed; `level`, `msg`, `requestId`, `step` and `reason` are the usual fields. */
export type LogEntry = Record<string, unknown>;

// How Node.js and Next.js report what nobody has caught. Next puts ⨯ before every error of a render; such a line is an
// entry of the log once the server has started.
const UNHANDLED = /unhandled ?(promise )?rejection|uncaught ?exception|(^\s*|"msg":")⨯/i;

/**
 * Everything an app under test has printed. It comes by a pipe, so an answer of the app may be read before what was
 * printed before it: tests are `caughtUp` before they count lines or state that there is none, or poll for a line.
 */
export class ServerLog {
  /** Every line as it was printed. */
  readonly lines: string[] = [];
  /** The lines that are JSON objects: the log proper. */
  readonly entries: LogEntry[] = [];

  /** Reads the output of a server until it ends. */
  follow(output: Readable): void {
    createInterface({ input: output }).on("line", (line) => {
      this.lines.push(line);
      const entry = parse(line);
      if (entry) this.entries.push(entry);
    });
  }

  /** Waits until what has been printed so far is read. */
  async caughtUp(): Promise<this> {
    let read: number;
    do {
      read = this.lines.length;
      await turnOfTheLoop();
    } while (this.lines.length > read);
    return this;
  }

  /** The entries that have all these fields. @param from the position of the first that counts */
  having(fields: LogEntry, from = 0): LogEntry[] {
    return this.entries
      .slice(from)
      .filter((entry) => Object.entries(fields).every(([name, value]) => entry[name] === value));
  }

  /** Lines from a position on that report an error which nobody caught. */
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
