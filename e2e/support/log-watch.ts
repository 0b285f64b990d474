import type { Secrets } from "./secrets.ts";
import type { ServerLog } from "./server-log.ts";

/** Looks through what apps log for errors that nobody caught and for raw tokens; each line once. */
export class LogWatch {
  readonly #read = new Map<ServerLog, number>();
  readonly #secrets: Secrets;

  constructor(secrets: Secrets) {
    this.#secrets = secrets;
  }

  follow(log: ServerLog): void {
    this.#read.set(log, 0);
  }

  /** What all of them have printed since the last time, the newest first: reports show the beginning alone. */
  get recent(): string {
    return [...this.#read]
      .flatMap(([log, position]) => log.lines.slice(position))
      .reverse()
      .join("\n");
  }

  /** The bad lines since the last time, but for those that match an allowed pattern. */
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
