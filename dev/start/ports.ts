import { readFile } from "node:fs/promises";
import path from "node:path";
import { SITE } from "../../lib/site.ts";
import { SettingError } from "../../scripts/command-line.mjs";
import { canListen, isListening, LOOPBACK_ADDRESSES } from "../loopback.ts";
import type { Mode, Plan } from "./environment.ts";

const PROVIDER = "the embedded OpenID provider";

/** The servers, each with the setting of its port, and the settings that select another server in its place. */
const SERVERS = [
  { key: "appPort", what: "the app", setting: "PORT", instead: [] },
  { key: "providerPort", what: PROVIDER, setting: "PROVIDER_PORT", instead: ["OIDC_ISSUER"] },
  { key: "apiPort", what: "the message API", setting: "MESSAGE_API_PORT", instead: ["API_SERVER_URL"] },
] as const;

/**
 * Checks that no other program listens on the ports of a plan's servers.
 * @param command the npm command; `npm run provider` never starts the app, so it does not need the app's port
 * @throws SettingError if a port is in use; the message names all such ports and their servers, and says what to do
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
 * Tries to connect, and then to listen. Listening is not enough: on some systems, it succeeds on one address although
 * another server listens on all addresses.
 */
async function isTaken(port: number): Promise<boolean> {
  for (const address of LOOPBACK_ADDRESSES)
    if ((await isListening(port, address)) || !(await canListen(port, address))) return true;
  return false;
}

/**
 * Checks that `npm run dev` does not already run from this folder. Next.js allows only one such process for a folder,
 * but reports the conflict only after everything else has started. If the process was killed, the lock file of Next.js
 * still exists, so this also checks that the process exists and that its port is in use.
 * @throws SettingError if the app already runs; the message has its URL and process id
 */
export async function checkNotRunning(root: string): Promise<void> {
  const lock = await readFile(path.join(root, ".next/dev/lock"), "utf8")
    .then(JSON.parse)
    .catch(() => null);
  const { pid, port, appUrl } = Object(lock);
  if (typeof pid !== "number" || typeof port !== "number") return;
  if (!isAlive(pid) || !(await isListening(port, "localhost"))) return;
  throw new SettingError(
    `${SITE.name} already runs from this folder, at ${appUrl} (process ${pid}). Use that app, or stop it first with Ctrl-C in its terminal.`,
  );
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"; // another user's process
  }
}
