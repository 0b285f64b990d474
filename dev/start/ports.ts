import { connect, createServer } from "node:net";
import { LOOPBACK_ADDRESSES } from "../loopback.ts";
import { type Mode, type Plan, SettingError } from "./environment.ts";

/**
 * Checks that every port is free that something is to listen on.
 *
 * @throws SettingError naming the port that is not, what needs it, and what to do
 */
export async function checkPorts({ appPort, providerPort, apiPort }: Plan, mode: Mode): Promise<void> {
  const command = mode === "dev" ? "npm run dev" : "npm run demo";
  const move = (name: string, port: number) => `${name}=${port + 1} ${command}`;
  await check(
    appPort,
    `the app needs it. Stop what listens there, or move the app: ${move("PORT", appPort)}`,
  );
  if (providerPort) {
    const advice = `Stop what listens there, move the provider (${move("PROVIDER_PORT", providerPort)}), or set OIDC_ISSUER to use your own`;
    await check(providerPort, `the embedded OpenID provider needs it. ${advice}.`);
  }
  if (apiPort) {
    const advice = `Stop what listens there, move the API (${move("MESSAGE_API_PORT", apiPort)}), or set API_SERVER_URL to use your own`;
    await check(apiPort, `the message API needs it. ${advice}.`);
  }
}

async function check(port: number, explanation: string): Promise<void> {
  const taken = await Promise.all(LOOPBACK_ADDRESSES.map((address) => isTaken(port, address)));
  if (taken.includes(true)) throw new SettingError(`Port ${port} is in use, and ${explanation}`);
}

/** Both ways to tell, because some systems let a server listen beside another one that has all addresses. */
async function isTaken(port: number, address: string): Promise<boolean> {
  return (await answers(port, address)) || !(await canListen(port, address));
}

function answers(port: number, host: string): Promise<boolean> {
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
