import { readFile } from "node:fs/promises";
import path from "node:path";
import { SITE } from "../../lib/site.ts";
import { SettingError } from "../../scripts/command-line.mjs";
import { canListen, isListening, LOOPBACK_ADDRESSES } from "../loopback.ts";
import type { Mode, Plan } from "./environment.ts";

const PROVIDER = "the embedded OpenID provider";

/** The servers of a plan: `setting` sets the server's port, and `instead` the URL of a server that replaces it. */
const SERVERS = [
  { key: "appPort", what: "the app", setting: "PORT", instead: [] },
  { key: "providerPort", what: PROVIDER, setting: "PROVIDER_PORT", instead: ["OIDC_ISSUER"] },
  { key: "apiPort", what: "the message API", setting: "MESSAGE_API_PORT", instead: ["API_SERVER_URL"] },
] as const;

/**
 * Checks that all ports that the servers of a plan will listen on are free.
 * @param command the npm command: `provider` starts no app, and always starts the provider and the message API
 * @throws SettingError with each port that is in use, the server that needs the port, and what to do
 */
export async function checkPorts(plan: Plan, command: Mode | "provider"): Promise<void> {
  const startsApp = command !== "provider";
  const checked = SERVERS.filter(({ key }) => startsApp || key !== "appPort").map(async (server) => {
    const port = plan[server.key];
    return port !== undefined && (await isTaken(port)) ? [{ ...server, port }] : [];
  });
  const lacking = (await Promise.all(checked)).flat();
  if (lacking.length === 0) return;
  const list = new Intl.ListFormat("en-GB");
  const [port, is, another] = lacking.length === 1 ? ["Port", "is", "another"] : ["Ports", "are", "others"];
  const ports = list.format(lacking.map(({ port, what }) => `${port} (for ${what})`));
  const moves = lacking.map(({ setting, port }) => `${setting}=${port + 1}`).join(" ");
  const instead = startsApp ? list.format(lacking.flatMap((server) => [...server.instead])) : "";
  const own = instead ? ` (or set ${instead} to use a server of your own)` : "";
  throw new SettingError(
    `${port} ${ports} ${is} in use. Stop the program that listens there, or use ${another}: ${moves} npm run ${command}${own}`,
  );
}

/**
 * Tries both to connect and to listen: on some systems, listening on one address succeeds although another server
 * listens on all addresses.
 */
async function isTaken(port: number): Promise<boolean> {
  for (const address of LOOPBACK_ADDRESSES)
    if ((await isListening(port, address)) || !(await canListen(port, address))) return true;
  return false;
}

/**
 * Checks that `npm run dev` does not already run from this folder. Next.js allows only one such process for a folder,
 * but would report the conflict only after everything else has started. The lock file of Next.js remains when the
 * process is killed, so this also checks whether the process exists and its port is in use.
 * @throws SettingError with the URL and the process id of the running app
 */
export async function checkNotRunning(root: string): Promise<void> {
  const { pid, port, appUrl } = await readLock(path.join(root, ".next/dev/lock"));
  if (typeof pid !== "number" || typeof port !== "number") return;
  if (!isAlive(pid) || !(await isListening(port, "localhost"))) return;
  throw new SettingError(
    `${SITE.name} already runs from this folder, at ${appUrl} (process ${pid}). Use that app, or stop it first with Ctrl-C in its terminal.`,
  );
}

async function readLock(file: string): Promise<Record<string, unknown>> {
  try {
    return Object(JSON.parse(await readFile(file, "utf8")));
  } catch {
    return {};
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"; // another user's process
  }
}
