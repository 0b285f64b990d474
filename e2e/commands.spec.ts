import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import path from "node:path";
import { listenOnLoopback } from "../dev/loopback.ts";
import { appEnvironment } from "./support/app-environment.ts";
import { freePorts } from "./support/ports.ts";
import { ServerLog } from "./support/server-log.ts";
import { expect, test } from "./support/test.ts";

const ROOT = path.resolve(import.meta.dirname, "..");
const PORTS = ["PORT", "PROVIDER_PORT", "MESSAGE_API_PORT"] as const;

/** Runs what `npm run dev` runs. */
function runDev(environment: Record<string, string>): { child: ChildProcess; log: ServerLog } {
  const child = spawn(process.execPath, ["dev/start.ts", "dev"], {
    cwd: ROOT,
    env: { ...appEnvironment({}), NODE_ENV: "development", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const log = new ServerLog();
  log.follow(child.stdout);
  log.follow(child.stderr);
  return { child, log };
}

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
    const { child, log } = runDev(Object.fromEntries(PORTS.map((port, at) => [port, String(ports[at])])));
    const [code] = await once(child, "close");
    await listener.close();
    expect(code).toBe(1);
    expect(log.lines).toHaveLength(1);
    expect(log.text).toContain(`Port ${ports[index]} is in use`);
    expect(log.text).toContain(`${name}=`);
    for (const port of ports) expect(await isFree(port)).toBe(true);
  });
}

test("npm run dev with something that is no port says so in one line [A1]", async () => {
  const { child, log } = runDev({ PORT: "many" });
  const [code] = await once(child, "close");
  expect(code).toBe(1);
  expect(log.lines).toEqual([expect.stringContaining('PORT is "many"')]);
});
