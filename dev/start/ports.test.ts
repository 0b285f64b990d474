import { createServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { freePort } from "../testing/local-server.ts";
import { makePlan } from "./environment.ts";
import { checkPorts } from "./ports.ts";

async function planOnFreePorts() {
  const [PORT, PROVIDER_PORT, MESSAGE_API_PORT] = [await freePort(), await freePort(), await freePort()].map(
    String,
  );
  return makePlan({ PORT, PROVIDER_PORT, MESSAGE_API_PORT });
}

async function occupy(port: number, host: string) {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  onTestFinished(() => void server.close());
}

describe("the ports", () => {
  it("are accepted if nothing listens on them", async () => {
    await expect(checkPorts(await planOnFreePorts(), "dev")).resolves.toBeUndefined();
  });

  it.each(["127.0.0.1", "0.0.0.0"])(
    "are in use if a server listens on %s, and the message says what to do",
    async (host) => {
      const plan = await planOnFreePorts();
      await occupy(plan.appPort, host);
      await expect(checkPorts(plan, "dev")).rejects.toThrow(
        `Port ${plan.appPort} (for the app) is in use. Stop what listens there, or use another: PORT=${plan.appPort + 1} npm run dev`,
      );
    },
  );

  it("in use are all named in one message, each with its server and its setting", async () => {
    const plan = await planOnFreePorts();
    const { appPort, providerPort = 0, apiPort = 0 } = plan;
    for (const port of [appPort, providerPort, apiPort]) await occupy(port, "127.0.0.1");
    await expect(checkPorts(plan, "demo")).rejects.toThrow(
      `Ports ${appPort} (for the app), ${providerPort} (for the embedded OpenID provider) and ${apiPort} (for the message API) are in use. ` +
        "Stop what listens there, or use others: " +
        `PORT=${appPort + 1} PROVIDER_PORT=${providerPort + 1} MESSAGE_API_PORT=${apiPort + 1} npm run demo ` +
        "(or set OIDC_ISSUER and API_SERVER_URL to use your own)",
    );
    await expect(
      checkPorts({ ...plan, appPort: await freePort(), providerPort: undefined }, "dev"),
    ).rejects.toThrow(
      new RegExp(
        `^Port ${apiPort} \\(for the message API\\) is in use\\..*MESSAGE_API_PORT=.*API_SERVER_URL`,
      ),
    );
  });
});
