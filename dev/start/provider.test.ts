import { once } from "node:events";
import path from "node:path";
import { decodeJwt } from "jose";
import { expect, onTestFinished, test } from "vitest";
import { endGroup, spawnNode } from "../node-child.ts";
import { BASIC_CLIENT, CONFIDENTIAL_CLIENT } from "../provider/provider.ts";
import { APP, TestApp } from "../provider/test-browser.ts";
import { freePort } from "../testing/local-server.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");

async function runProvider(...args: string[]) {
  const [provider, api] = [await freePort(), await freePort()];
  const env = {
    ...process.env,
    NODE_ENV: "test",
    PROVIDER_PORT: `${provider}`,
    MESSAGE_API_PORT: `${api}`,
  } as const;
  const child = spawnNode(["dev/start/provider.ts", ...args], { cwd: ROOT, env });
  onTestFinished(() => endGroup(child));
  let output = "";
  const says = (text: string) => expect.poll(() => output, { timeout: 30_000 }).toContain(text);
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (output += chunk));
  return { child, says, issuer: `http://localhost:${provider}`, api: `http://localhost:${api}` };
}

test("npm run provider serves another app until Ctrl-C, and prints its clients and token requests", async () => {
  const { child, says, issuer, api } = await runProvider("--app", APP, "--access-token-ttl", "35");
  await says("Press Ctrl-C to stop.");
  await says(`${APP}/auth/callback`);
  for (const { id, secret } of [CONFIDENTIAL_CLIENT, BASIC_CLIENT])
    await says(`${id}, with the secret "${secret}"`);
  const message = await fetch(`${api}/api/messages/public`);
  expect(await message.json()).toEqual({ text: "This is a public message." });
  const tokens = await new TestApp({ issuer }).logIn("alice");
  const { iss, iat = 0, exp = 0 } = decodeJwt(tokens.access_token);
  expect([iss, exp - iat]).toEqual([issuer, 35]);
  await says("POST /token");
  child.kill("SIGINT");
  expect(await once(child, "exit")).toEqual([0, null]);
});

test.each([
  [["--prot", "1"], "'--prot'"],
  [["--app", "localhost"], '--app is "localhost"'],
  [["--access-token-ttl", "soon"], '--access-token-ttl is "soon"'],
])("npm run provider does not start with %j, and says why", async (args, message) => {
  const { child, says } = await runProvider(...args);
  expect(await once(child, "exit")).toEqual([1, null]);
  await says(message);
});
