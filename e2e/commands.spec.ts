import { once } from "node:events";
import { createServer } from "node:net";
import { listenOnLoopback } from "../dev/loopback.ts";
import { runDev } from "./support/development.ts";
import { freePorts } from "./support/ports.ts";
import { expect, test } from "./support/test.ts";

const PORTS = ["PORT", "PROVIDER_PORT", "MESSAGE_API_PORT"] as const;

/** Whether a server could listen on the port. */
async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen({ port, host: "127.0.0.1" });
  const outcome = await Promise.race([
    once(server, "listening").then(() => true),
    once(server, "error").then(() => false),
  ]);
  server.close();
  return outcome;
}

for (const [index, name] of PORTS.entries()) {
  test(`npm run dev with ${name} taken says so in one line, ends, and leaves nothing running [A1]`, async () => {
    const ports = await freePorts(3);
    const listener = await listenOnLoopback(ports[index] ?? 0, (_request, response) => response.end());
    const { exit, log } = runDev(Object.fromEntries(PORTS.map((port, at) => [port, String(ports[at])])));
    const code = await exit;
    await listener.close();
    expect(code).toBe(1);
    expect(log.lines).toHaveLength(1);
    expect(log.text).toMatch(new RegExp(`^Port ${ports[index]} \\(.+\\) is in use\\.`));
    expect(log.text).toContain(`${name}=`);
    for (const port of ports) expect(await isFree(port)).toBe(true);
  });
}

test("npm run dev with all its ports taken names them in one message [A1]", async () => {
  const ports = await freePorts(3);
  const listeners = [];
  for (const port of ports)
    listeners.push(await listenOnLoopback(port, (_request, response) => response.end()));
  const { exit, log } = runDev(Object.fromEntries(PORTS.map((name, at) => [name, String(ports[at])])));
  expect(await exit).toBe(1);
  for (const listener of listeners) await listener.close();
  expect(log.lines).toHaveLength(1);
  for (const port of ports) expect(log.text).toContain(String(port));
});

test("npm run dev with something that is no port says so in one line [A1]", async () => {
  const { exit, log } = runDev({ PORT: "many" });
  expect(await exit).toBe(1);
  expect(log.lines).toEqual([expect.stringContaining('PORT is "many"')]);
});
