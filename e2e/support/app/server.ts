import { execFile } from "node:child_process";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { endGroup, hasEnded, spawnNode, untilItAnswers } from "../../../dev/node-child.ts";
import type { TestPerson } from "../../../dev/testing/kept-sessions.ts";
import { cpuTime } from "./cpu-time.ts";
import { type AppSettings, appEnvironment, newSessionSecret } from "./environment.ts";
import { freePort } from "./ports.ts";
import { ServerLog } from "./server-log.ts";

const ROOT = path.resolve(import.meta.dirname, "../../..");

/** With these settings, the app starts, but a login always fails. */
export const NOBODYS_SETTINGS: AppSettings = {
  SESSION_SECRET: newSessionSecret(),
  OIDC_ISSUER: "http://localhost:1",
  OIDC_CLIENT_ID: "none",
};

/** The production server of the app, running in a process of its own. */
export interface AppServer {
  /** The URL at which the app listens, `http://localhost:PORT`. `APP_BASE_URL` may be another URL. */
  readonly url: string;
  readonly port: number;
  readonly settings: AppSettings;
  readonly log: ServerLog;
  /** The CPU time used so far in milliseconds; NaN on systems without `/proc`. */
  cpuTime(): Promise<number>;
  /** Ends the server. @param signal default: SIGKILL */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** The app ended during its start, or did not answer. The message contains the app's output. */
export class AppStartError extends Error {
  override readonly name = "AppStartError";
}

/**
 * Starts the app and waits until it answers.
 *
 * @param settings the app's settings; all others are empty. By default, `APP_BASE_URL` is where the app listens
 * @param port where the app listens; a free port by default
 * @param how `args`: the arguments after `npm start --`; without arguments, PORT sets the port. `root`: the folder
 *   whose build is served, the project or a copy
 * @throws AppStartError if the app ends before it answers, or does not answer in time
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
  const child = spawnNode([path.join(root, "scripts/start.mjs"), ...args], {
    cwd: root,
    env: {
      ...appEnvironment({ HOSTNAME: "localhost", ...ownSettings }),
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
    settings: ownSettings,
    log,
    cpuTime: () => cpuTime(child.pid ?? 0),
    stop: async (signal) => (hasEnded(child) ? undefined : endGroup(child, signal)),
  };
}

/**
 * The `Cookie` header of a logged-in user, for tests of an app's routes without a browser or a provider.
 * A process with the app's settings creates the session, in the app's session store if there is one.
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
