import type { ChildProcess } from "node:child_process";
import path from "node:path";
import { endGroup, hasEnded, spawnNode, untilItAnswers } from "../dev/node-child.ts";
import { bin } from "../dev/testing/run/steps.ts";
import { cpuTime } from "../e2e/support/app/cpu-time.ts";
import { freePort } from "../e2e/support/app/ports.ts";

const ROOT = path.resolve(import.meta.dirname, "..");
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

/** Starts the app as `npm start` does. @param env its whole environment, besides the port and the address */
export function startApp(env: NodeJS.ProcessEnv, port: number): Promise<Server> {
  return start({ args: [path.join(ROOT, "scripts/start.mjs")], folder: ROOT, env, port });
}

/** Starts the server of a page that the app is compared with. It has the limits that `npm start` sets for the app. */
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
  const child = spawnNode(args, { cwd: folder, env: { ...env, PORT: String(port), HOSTNAME: "localhost" } });
  let printed = "";
  for (const output of [child.stdout, child.stderr]) {
    output?.on("data", (chunk) => {
      printed = `${printed}${chunk}`.slice(-10_000);
    });
  }
  const url = `http://localhost:${port}`;
  if (!(await untilItAnswers(`${url}/icon.svg`, () => hasEnded(child)))) {
    await endGroup(child);
    throw new Error(`The server in ${folder} did not start:\n${printed}`);
  }
  return { url, cpuTime: () => cpuTime(child.pid ?? 0), stop: () => stop(child) };
}

/** Stops the server gracefully if it ends in time, so that Node.js saves the compiled code for the next start. */
async function stop(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const timer = setTimeout(() => endGroup(child), STOP_MILLISECONDS);
  await endGroup(child, "SIGTERM");
  clearTimeout(timer);
}
