import path from "node:path";
import { endGroup, hasEnded, spawnNode, untilItAnswers } from "../../../dev/node-child.ts";
import { cpuTime } from "./cpu-time.ts";
import { type AppSettings, appEnvironment, newSessionSecret } from "./environment.ts";
import { freePort } from "./ports.ts";
import { ServerLog } from "./server-log.ts";

const ROOT = path.resolve(import.meta.dirname, "../../..");

/** Settings with which the app starts, but nobody can log in. */
export const NOBODYS_SETTINGS: AppSettings = {
  SESSION_SECRET: newSessionSecret(),
  OIDC_ISSUER: "http://localhost:1",
  OIDC_CLIENT_ID: "none",
};

/** The production server of the app, running in a process of its own. */
export interface AppServer {
  /** Where it listens, independent of `APP_BASE_URL`: `http://localhost:PORT`. */
  readonly url: string;
  readonly port: number;
  readonly log: ServerLog;
  /** The CPU time used so far in milliseconds; NaN on systems without `/proc`. */
  cpuTime(): Promise<number>;
  /** Kills it, unless another signal is given. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** The app ended before it answered; the message contains its output. */
export class AppStartError extends Error {
  override readonly name = "AppStartError";
}

/**
 * Starts the app and waits until it answers.
 *
 * @param settings its settings; those not given are unset, `APP_BASE_URL` is where it listens unless given
 * @param port where it listens; a free port by default
 * @param how `args`: what follows `npm start --`; without any, PORT says where it listens. `root`: the project's folder, or
 *   that of a copy; its build is served
 * @throws AppStartError if it ends instead
 */
export async function startAppServer(
  settings: AppSettings,
  port?: number,
  { args = [], root = ROOT }: { readonly args?: readonly string[]; readonly root?: string } = {},
): Promise<AppServer> {
  const ownPort = port ?? (await freePort());
  const url = `http://localhost:${ownPort}`;
  const log = new ServerLog();
  const child = spawnNode([path.join(root, "scripts/start.mjs"), ...args], {
    cwd: root,
    env: {
      ...appEnvironment({ APP_BASE_URL: url, HOSTNAME: "localhost", ...settings }),
      ...(args.length === 0 && { PORT: String(ownPort) }),
    },
  });
  for (const output of [child.stdout, child.stderr]) if (output) log.follow(output);
  // Without a session this route answers 401 and calls no other server.
  if (!(await untilItAnswers(`${url}/auth/me`, () => hasEnded(child)))) {
    const ended = hasEnded(child);
    await endGroup(child);
    throw new AppStartError(`The app ${ended ? "ended while it started" : "did not answer"}:\n${log.text}`);
  }
  return {
    url,
    port: ownPort,
    log,
    cpuTime: () => cpuTime(child.pid ?? 0),
    stop: async (signal) => (hasEnded(child) ? undefined : endGroup(child, signal)),
  };
}
