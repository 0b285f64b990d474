import { createServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { freePort } from "../provider/test-browser.ts";
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
  it("are fine when nothing listens on them", async () => {
    await expect(checkPorts(await planOnFreePorts(), "dev")).resolves.toBeUndefined();
  });

  it.each(["127.0.0.1", "0.0.0.0"])(
    "are in use when somebody listens on %s: the message says what to do",
    async (host) => {
      const plan = await planOnFreePorts();
      await occupy(plan.appPort, host);
      await expect(checkPorts(plan, "dev")).rejects.toThrow(
        `Port ${plan.appPort} is in use, and the app needs it. Stop what listens there, or move the app: PORT=${plan.appPort + 1} npm run dev`,
      );
    },
  );

  it("are each explained by what needs them", async () => {
    const plan = await planOnFreePorts();
    await occupy(Number(plan.providerPort), "127.0.0.1");
    await expect(checkPorts(plan, "demo")).rejects.toThrow(
      /the embedded OpenID provider needs it.*OIDC_ISSUER/,
    );
    await occupy(Number(plan.apiPort), "127.0.0.1");
    await expect(checkPorts({ ...plan, providerPort: undefined }, "demo")).rejects.toThrow(/API_SERVER_URL/);
  });
});
