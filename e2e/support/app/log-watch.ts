import type { Secrets } from "../browser/secrets.ts";
import type { ServerLog } from "./server-log.ts";

/** Searches the logs of apps for uncaught errors and raw tokens. Reads each line once. */
export class LogWatch {
  readonly #read = new Map<ServerLog, number>();
  readonly #secrets: Secrets;

  constructor(secrets: Secrets) {
    this.#secrets = secrets;
  }

  follow(log: ServerLog): void {
    this.#read.set(log, 0);
  }

  /** All output since the last call of `take`. The newest line comes first, because reports show only the beginning. */
  get recent(): string {
    return [...this.#read]
      .flatMap(([log, position]) => log.lines.slice(position))
      .reverse()
      .join("\n");
  }

  /** Returns the new lines that contain an uncaught error or a raw token. @param allowed uncaught errors to ignore */
  async take(allowed: RegExp[]): Promise<string[]> {
    for (const log of this.#read.keys()) await log.caughtUp();
    return [...this.#read].flatMap(([log, position]) => {
      this.#read.set(log, log.lines.length);
      const unhandled = log.unhandledSince(position).filter((line) => !allowed.some((one) => one.test(line)));
      const leaks = log.lines.slice(position).filter((line) => this.#secrets.findIn(line) !== null);
      return [...unhandled, ...leaks.map((line) => `a raw token: ${line}`)];
    });
  }
}
