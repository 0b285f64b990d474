import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { cpuTime } from "../dev/testing/cpu-time.ts";
import { bin } from "../dev/testing/run/steps.ts";
import { freePort } from "../e2e/support/app/ports.ts";

const ROOT = path.resolve(import.meta.dirname, "..");
// If the bench is killed, its servers end too.
const EXIT_WITH_PARENT = pathToFileURL(path.join(ROOT, "scripts/exit-with-parent.mjs")).href;
const START_MILLISECONDS = 30_000;
const POLL_MILLISECONDS = 10;
const STOP_MILLISECONDS = 5_000;

/** A production server in a process of its own. */
export interface Server {
  readonly url: string;
  /** CPU time used so far, in milliseconds; NaN if the system does not report it. */
  cpuTime(): Promise<number>;
  stop(): Promise<void>;
}

/** A program to start. */
interface Program {
  readonly args: readonly string[];
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly port: number;
}

/** Starts the app as `npm start` does. @param env its whole environment; nothing is inherited from this process */
export function startApp(env: NodeJS.ProcessEnv, port: number): Promise<Server> {
  return start({ args: [path.join(ROOT, "scripts/start.mjs")], folder: ROOT, env, port });
}

/** Starts a reference page's server, with the flags that `npm start` gives the app. */
export async function startReference(folder: string, env: NodeJS.ProcessEnv): Promise<Server> {
  const port = await freePort();
  const args = [
    "--max-http-header-size=40960",
    bin("next", "next"),
    "start",
    "--port",
    String(port),
    "--hostname",
    "localhost",
    "--keepAliveTimeout",
    "65000",
  ];
  return start({ args, folder, env, port });
}

async function start({ args, folder, env, port }: Program): Promise<Server> {
  const child = spawn(process.execPath, [`--import=${EXIT_WITH_PARENT}`, ...args], {
    cwd: folder,
    env: { ...env, PORT: String(port), HOSTNAME: "localhost", PARENT_PID: String(process.pid) },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    // Ctrl-C must reach only the bench, which then stops its servers one by one.
    detached: true,
  });
  let printed = "";
  for (const output of [child.stdout, child.stderr]) {
    output?.on("data", (chunk) => {
      printed = `${printed}${chunk}`.slice(-10_000);
    });
  }
  const url = `http://localhost:${port}`;
  if (!(await answers(url, child))) {
    await stop(child);
    throw new Error(`The server in ${folder} did not start:\n${printed}`);
  }
  return { url, cpuTime: () => cpuTime(child.pid ?? 0), stop: () => stop(child) };
}

async function answers(url: string, child: ChildProcess): Promise<boolean> {
  const deadline = Date.now() + START_MILLISECONDS;
  while (Date.now() < deadline && !hasEnded(child)) {
    const answered = await fetch(`${url}/icon.svg`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (answered) return true;
    await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
  }
  return false;
}

async function stop(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MILLISECONDS);
  await ended;
  clearTimeout(timer);
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
