import { get } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type MessageApi, startMessageApi } from "./message-api/message-api.ts";
import { type EmbeddedProvider, startProvider } from "./provider/provider.ts";
import { APP } from "./provider/test-browser.ts";
import { freePort } from "./testing/local-server.ts";

let provider: EmbeddedProvider;
let api: MessageApi;

beforeAll(async () => {
  provider = await startProvider({ port: await freePort(), appBaseUrl: APP });
  api = await startMessageApi({ port: await freePort(), issuer: provider.issuer, audience: "the-api" });
});

afterAll(() => Promise.all([provider.stop(), api.stop()]));

/** Requests a URL with this `Host` header, as a browser does if the host name resolves to this machine. */
function ask(url: string, host: string): Promise<{ status: number | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = get(url, { headers: { host } }, async (response) => {
      let text = "";
      for await (const chunk of response) text += chunk;
      resolve({ status: response.statusCode, text });
    });
    sent.once("error", reject);
  });
}

/** Pages of both servers that need no login. */
const openPages = () => [
  `${provider.issuer}/.well-known/openid-configuration`,
  `${provider.issuer}/interaction/any/login`,
  `${api.url}/api/messages/public`,
];

describe("the embedded provider and the message API", () => {
  it.each([
    "evil.example",
    "evil.example:9090",
    "localhost.evil.example",
    "evil-localhost",
    "127.0.0.1.evil.example",
    "192.168.1.2:9090",
    "0.0.0.0:9090",
    "[::2]:9090",
    "localhost@evil.example",
  ])("both servers answer 421 to a request for the host %j (DNS rebinding)", async (host) => {
    for (const url of openPages()) {
      const { status, text } = await ask(url, host);
      expect(status).toBe(421);
      expect(text).toContain("This server answers requests for this machine only");
    }
    expect(api.counts.public).toBe(0);
  });

  it.each(["localhost:9090", "LOCALHOST", "app.localhost:9090", "127.0.0.1:9090", "127.1.2.3", "[::1]:9090"])(
    "both servers answer a request for the host %s",
    async (host) => {
      for (const url of openPages()) expect((await ask(url, host)).status).not.toBe(421);
      expect((await ask(`${provider.issuer}/jwks`, host)).status).toBe(200);
      api.resetCounts();
    },
  );
});
