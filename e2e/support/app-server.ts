import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { cpuTime } from "../../dev/testing/cpu-time.ts";
import type { TestPerson } from "../../dev/testing/kept-sessions.ts";
import { type AppSettings, appEnvironment } from "./app-environment.ts";
import { freePort } from "./ports.ts";
import { ServerLog } from "./server-log.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
// If the test run is killed, its servers end too.
const EXIT_WITH_PARENT = path.join(ROOT, "scripts/exit-with-parent.mjs");
const START_MILLISECONDS = 30_000;
const POLL_MILLISECONDS = 50;

/** The production server of the app, running in a process of its own. */
export interface AppServer {
  /** Where it listens, independent of `APP_BASE_URL`: `http://localhost:PORT`. */
  readonly url: string;
  readonly port: number;
  readonly settings: AppSettings;
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
  const ownSettings = { APP_BASE_URL: url, ...settings };
  const server = path.join(root, "scripts/start.mjs");
  const child = spawn(process.execPath, [`--import=${pathToFileURL(EXIT_WITH_PARENT)}`, server, ...args], {
    cwd: root,
    env: {
      ...appEnvironment({ HOSTNAME: "localhost", ...ownSettings }),
      ...(args.length === 0 && { PORT: String(ownPort) }),
      PARENT_PID: String(process.pid),
    },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    detached: true, // a process group of its own, to be ended as one
  });
  for (const output of [child.stdout, child.stderr]) if (output) log.follow(output);
  await untilItAnswers(url, child, log);
  return {
    url,
    port: ownPort,
    settings: ownSettings,
    log,
    cpuTime: () => cpuTime(child.pid ?? 0),
    stop: (signal) => stop(child, signal),
  };
}

/**
 * The `Cookie` header of somebody who is logged in to an app, for tests of its routes: no browser, no provider. A process
 * with the app's settings makes it, in the app's session store where it has one.
 */
export async function sessionCookie(app: AppServer, person: TestPerson): Promise<string> {
  const module = pathToFileURL(path.join(ROOT, "dev/testing/kept-sessions.ts"));
  const script = `const { sessionCookie } = await import("${module}");
    const cookie = await sessionCookie(JSON.parse(process.argv[1]));
    process.stdout.write(cookie, () => process.exit());`;
  const args = ["--input-type=module", "--eval", script, JSON.stringify(person)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: appEnvironment(app.settings) });
  return stdout;
}

async function untilItAnswers(url: string, child: ChildProcess, log: ServerLog): Promise<void> {
  const deadline = Date.now() + START_MILLISECONDS;
  while (Date.now() < deadline) {
    if (hasEnded(child)) throw new AppStartError(`The app ended while it started:\n${log.text}`);
    // Any answer will do. Without a session this route answers 401 and calls no other server.
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

/** Ends the app and its child processes. A graceful end would wait for connections that browsers keep open. */
async function stop(child: ChildProcess, signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
  if (hasEnded(child) || child.pid === undefined) return;
  const ended = once(child, "exit");
  process.kill(-child.pid, signal);
  await ended;
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
