import { type AddressInfo, createServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { freePort } from "../testing/local-server.ts";
import { makePlan } from "./environment.ts";
import { checkPorts } from "./ports.ts";

async function planOnFreePorts() {
  return plan([await freePort(), await freePort(), await freePort()]);
}

function plan(ports: number[]) {
  const [PORT, PROVIDER_PORT, MESSAGE_API_PORT] = ports.map(String);
  return makePlan({ PORT, PROVIDER_PORT, MESSAGE_API_PORT });
}

/** Listens on a port that the system chooses, so that no other test uses the same port. @returns the port */
async function occupiedPort(host: string): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, host, resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

describe("the ports of npm run dev", () => {
  it("ports are accepted if nothing listens on them", async () => {
    await expect(checkPorts(await planOnFreePorts(), "dev")).resolves.toBeUndefined();
  });

  it.each(["127.0.0.1", "0.0.0.0"])(
    "a port is rejected if a server listens on %s, and the message says what to do",
    async (host) => {
      const appPort = await occupiedPort(host);
      await expect(checkPorts(plan([appPort, await freePort(), await freePort()]), "dev")).rejects.toThrow(
        `Port ${appPort} (for the app) is in use. Stop the program that listens there, or use another: PORT=${appPort + 1} npm run dev`,
      );
    },
  );

  it("all ports that are in use are named in one message, each with its server and its setting", async () => {
    const appPort = await occupiedPort("127.0.0.1");
    const providerPort = await occupiedPort("127.0.0.1");
    const apiPort = await occupiedPort("127.0.0.1");
    const occupied = plan([appPort, providerPort, apiPort]);
    await expect(checkPorts(occupied, "demo")).rejects.toThrow(
      `Ports ${appPort} (for the app), ${providerPort} (for the embedded OpenID provider) and ${apiPort} (for the message API) are in use. ` +
        "Stop the program that listens there, or use others: " +
        `PORT=${appPort + 1} PROVIDER_PORT=${providerPort + 1} MESSAGE_API_PORT=${apiPort + 1} npm run demo ` +
        "(or set OIDC_ISSUER and API_SERVER_URL to use a server of your own)",
    );
    await expect(
      checkPorts({ ...occupied, appPort: await freePort(), providerPort: undefined }, "dev"),
    ).rejects.toThrow(
      new RegExp(
        `^Port ${apiPort} \\(for the message API\\) is in use\\..*MESSAGE_API_PORT=.*API_SERVER_URL`,
      ),
    );
  });
});
