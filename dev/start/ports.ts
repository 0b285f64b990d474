import { readFile } from "node:fs/promises";
import path from "node:path";
import { SITE } from "../../lib/site.ts";
import { SettingError } from "../../scripts/command-line.mjs";
import { canListen, isListening, LOOPBACK_ADDRESSES } from "../loopback.ts";
import type { Mode, Plan } from "./environment.ts";

/** A server to start, and the settings that move or replace it. */
interface Need {
  readonly port: number;
  readonly what: string;
  readonly setting: string;
  /** The setting that names the user's own server instead. */
  readonly instead?: string;
}

/** A command of npm that starts servers. `provider` starts no app, and always both services. */
type StartCommand = Mode | "provider";

/**
 * Checks that all ports are free that the servers of a plan listen on.
 * @throws SettingError naming each port in use, the server that needs it, and what to do
 */
export async function checkPorts(plan: Plan, command: StartCommand): Promise<void> {
  const needs = needsOf(plan, command);
  const taken = await Promise.all(needs.map(({ port }) => isTaken(port)));
  const lacking = needs.filter((_, index) => taken[index]);
  if (lacking.length) throw new SettingError(complaint(lacking, command));
}

function needsOf({ appPort, providerPort, apiPort }: Plan, command: StartCommand): Need[] {
  const withApp = command !== "provider";
  const provider = { what: "the embedded OpenID provider", setting: "PROVIDER_PORT" };
  const api = { what: "the message API", setting: "MESSAGE_API_PORT" };
  return [
    ...(withApp ? [{ port: appPort, what: "the app", setting: "PORT" }] : []),
    ...(providerPort
      ? [{ port: providerPort, ...provider, ...(withApp && { instead: "OIDC_ISSUER" }) }]
      : []),
    ...(apiPort ? [{ port: apiPort, ...api, ...(withApp && { instead: "API_SERVER_URL" }) }] : []),
  ];
}

function complaint(lacking: readonly Need[], command: StartCommand): string {
  const list = new Intl.ListFormat("en-GB");
  const [port, is, another] = lacking.length === 1 ? ["Port", "is", "another"] : ["Ports", "are", "others"];
  const ports = list.format(lacking.map(({ port, what }) => `${port} (for ${what})`));
  const moves = lacking.map(({ setting, port }) => `${setting}=${port + 1}`).join(" ");
  const instead = list.format(lacking.flatMap((need) => need.instead ?? []));
  const own = instead ? ` (or set ${instead} to use your own)` : "";
  return `${port} ${ports} ${is} in use. Stop what listens there, or use ${another}: ${moves} npm run ${command}${own}`;
}

/** Checks both, because some systems let a server listen on one address while another server listens on all addresses. */
async function isTaken(port: number): Promise<boolean> {
  const addresses = LOOPBACK_ADDRESSES.map(
    async (address) => (await isListening(port, address)) || !(await canListen(port, address)),
  );
  return (await Promise.all(addresses)).includes(true);
}

/**
 * Checks that no `npm run dev` runs from this folder. Next.js allows only one, but would report it after everything else
 * has started. Its lock file remains when it is killed, so this also checks the process and its port.
 * @throws SettingError naming its URL and process
 */
export async function checkNotRunning(root: string): Promise<void> {
  const { pid, port, appUrl } = await readLock(path.join(root, ".next/dev/lock"));
  if (typeof pid !== "number" || typeof port !== "number") return;
  if (!isAlive(pid) || !(await isListening(port, "localhost"))) return;
  throw new SettingError(
    `${SITE.name} already runs from this folder, at ${appUrl} (process ${pid}). Use it, or end it with Ctrl-C there first.`,
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
