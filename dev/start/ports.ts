import { connect, createServer } from "node:net";
import { SettingError } from "../../scripts/command-line.mjs";
import type { Mode, Plan } from "./environment.ts";
import { LOOPBACK_ADDRESSES } from "./loopback.ts";

/** Something that is to be started, and the settings that move it or put another in its place. */
interface Need {
  readonly port: number;
  readonly what: string;
  readonly setting: string;
  /** The setting that names one of the user's own instead. */
  readonly instead?: string;
}

/**
 * Checks that every port is free that something is to listen on.
 *
 * @throws SettingError naming all that are not, what needs them, and what to do
 */
export async function checkPorts(plan: Plan, mode: Mode): Promise<void> {
  const needs = needsOf(plan);
  const taken = await Promise.all(needs.map(({ port }) => isTakenAnywhere(port)));
  const lacking = needs.filter((_, index) => taken[index]);
  if (lacking.length) throw new SettingError(complaint(lacking, mode));
}

function needsOf({ appPort, providerPort, apiPort }: Plan): Need[] {
  const provider = { what: "the embedded OpenID provider", setting: "PROVIDER_PORT", instead: "OIDC_ISSUER" };
  const api = { what: "the message API", setting: "MESSAGE_API_PORT", instead: "API_SERVER_URL" };
  return [
    { port: appPort, what: "the app", setting: "PORT" },
    ...(providerPort ? [{ port: providerPort, ...provider }] : []),
    ...(apiPort ? [{ port: apiPort, ...api }] : []),
  ];
}

function complaint(lacking: readonly Need[], mode: Mode): string {
  const one = lacking.length === 1;
  const ports = list(lacking.map(({ port, what }) => `${port} (for ${what})`));
  const moves = lacking.map(({ setting, port }) => `${setting}=${port + 1}`).join(" ");
  const instead = list(lacking.flatMap((need) => need.instead ?? []));
  return [
    `${one ? "Port" : "Ports"} ${ports} ${one ? "is" : "are"} in use.`,
    `Stop what listens there, or use ${one ? "another" : "others"}: ${moves} npm run ${mode}`,
    ...(instead ? [`(or set ${instead} to use your own)`] : []),
  ].join(" ");
}

function list(items: readonly string[]): string {
  return new Intl.ListFormat("en-GB").format(items);
}

async function isTakenAnywhere(port: number): Promise<boolean> {
  const taken = await Promise.all(LOOPBACK_ADDRESSES.map((address) => isTaken(port, address)));
  return taken.includes(true);
}

/** Both ways to tell, because some systems let a server listen beside another one that has all addresses. */
async function isTaken(port: number, address: string): Promise<boolean> {
  return (await answers(port, address)) || !(await canListen(port, address));
}

/** Whether somebody takes a connection there. */
export function answers(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host, timeout: 1000 });
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => settle(true));
    socket.once("error", () => settle(false));
    socket.once("timeout", () => settle(false));
  });
}

function canListen(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code !== "EADDRINUSE"));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
