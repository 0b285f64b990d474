import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { cpuTime } from "../../dev/testing/cpu-time.ts";
import { type AppSettings, appEnvironment } from "./app-environment.ts";
import { freePort } from "./ports.ts";
import { ServerLog } from "./server-log.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
// A test run that is killed leaves no server behind.
const EXIT_WITH_PARENT = path.join(ROOT, "scripts/exit-with-parent.mjs");
const START_MILLISECONDS = 30_000;
const POLL_MILLISECONDS = 50;

/** The production server of the app, running in a process of its own. */
export interface AppServer {
  /** Where it listens: `http://localhost:PORT`, whatever its `APP_BASE_URL` is. */
  readonly url: string;
  readonly port: number;
  readonly log: ServerLog;
  /** Milliseconds of CPU time that it has used so far; NaN on systems without `/proc`. */
  cpuTime(): Promise<number>;
  stop(): Promise<void>;
}

/** The app ended before it answered; the message holds what it printed. */
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
 * @throws AppStartError when it stops instead
 */
export async function startAppServer(
  settings: AppSettings,
  port?: number,
  { args = [], root = ROOT }: { readonly args?: readonly string[]; readonly root?: string } = {},
): Promise<AppServer> {
  const ownPort = port ?? (await freePort());
  const url = `http://localhost:${ownPort}`;
  const log = new ServerLog();
  const server = path.join(root, "scripts/start.mjs");
  const child = spawn(process.execPath, [`--import=${pathToFileURL(EXIT_WITH_PARENT)}`, server, ...args], {
    cwd: root,
    env: {
      ...appEnvironment({ APP_BASE_URL: url, HOSTNAME: "localhost", ...settings }),
      ...(args.length === 0 && { PORT: String(ownPort) }),
      PARENT_PID: String(process.pid),
    },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    detached: true, // a process group of its own, to be ended as one
  });
  for (const output of [child.stdout, child.stderr]) if (output) log.follow(output);
  await untilItAnswers(url, child, log);
  return { url, port: ownPort, log, cpuTime: () => cpuTime(child.pid ?? 0), stop: () => stop(child) };
}

async function untilItAnswers(url: string, child: ChildProcess, log: ServerLog): Promise<void> {
  const deadline = Date.now() + START_MILLISECONDS;
  while (Date.now() < deadline) {
    if (hasEnded(child)) throw new AppStartError(`The app ended while it started:\n${log.text}`);
    // Any answer will do: without a session this one is a 401, and asks nobody else.
    const answered = await fetch(`${url}/auth/me`).then(
      () => true,
      () => false,
    );
    if (answered) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
  }
  await stop(child);
  throw new AppStartError(`The app did not answer within ${START_MILLISECONDS / 1000} s:\n${log.text}`);
}

/** At once, with what it has started: asked politely, it would wait for connections that browsers keep. */
async function stop(child: ChildProcess): Promise<void> {
  if (hasEnded(child) || child.pid === undefined) return;
  const ended = once(child, "exit");
  process.kill(-child.pid, "SIGKILL");
  await ended;
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
