import { once } from "node:events";
import path from "node:path";
import { spawnNode } from "../../../dev/node-child.ts";
import { appEnvironment } from "./environment.ts";
import { ServerLog } from "./server-log.ts";

const ROOT = path.resolve(import.meta.dirname, "../../..");

/** `npm run dev` in a process of its own. */
interface DevelopmentRun {
  /** The output of the process. */
  readonly log: ServerLog;
  /**
   * Resolves when the app is ready.
   *
   * @throws Error with the output if the process ends before the app is ready
   */
  readonly ready: Promise<void>;
  /** Resolves to the exit code when the process has ended. */
  readonly exit: Promise<number | null>;
  /** Ends the process as Ctrl-C does. */
  stop(): Promise<void>;
}

/**
 * Runs the script of `npm run dev`, without npm.
 *
 * @param environment the variables that are set; no other setting of the app is set
 * @param args the arguments after `npm run dev --`
 * @param folder the project's folder, or a copy of it
 */
export function runDev(
  environment: Record<string, string>,
  args: readonly string[] = [],
  folder = ROOT,
): DevelopmentRun {
  const child = spawnNode(["dev/start/start.ts", "dev", ...args], {
    cwd: folder,
    env: { ...appEnvironment({}), NODE_ENV: "development", FORCE_COLOR: "0", ...environment },
  });
  const log = new ServerLog();
  for (const output of [child.stdout, child.stderr]) if (output) log.follow(output);
  const exit = once(child, "close").then(([code]) => code as number | null);
  const ready = new Promise<void>((resolve, reject) => {
    child.stdout?.on("data", (text) => String(text).includes("Press Ctrl-C") && resolve());
    void exit.then(() => reject(new Error(`npm run dev ended before the app was ready:\n${log.text}`)));
  });
  ready.catch(() => {}); // not every test awaits `ready`
  return {
    log,
    ready,
    exit,
    stop: async () => {
      child.kill("SIGINT");
      await exit;
    },
  };
}
