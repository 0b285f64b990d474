import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { canListen, listenOnLoopback } from "../dev/loopback.ts";
import { untilItAnswers } from "../dev/node-child.ts";
import { runDev } from "./support/app/development.ts";
import { freePort, freePorts } from "./support/app/ports.ts";
import { startAppServer } from "./support/app/server.ts";
import { ServerLog } from "./support/app/server-log.ts";
import { expect, test } from "./support/test.ts";

const ROOT = path.resolve(import.meta.dirname, "..");
const PORTS = ["PORT", "PROVIDER_PORT", "MESSAGE_API_PORT"] as const;

for (const [index, name] of PORTS.entries()) {
  test(`npm run dev exits with a one-line message if the port in ${name} is in use [A1]`, async () => {
    const ports = await freePorts(3);
    const listener = await listenOnLoopback(ports[index] ?? 0, (_request, response) => response.end());
    const { exit, log } = runDev(Object.fromEntries(PORTS.map((port, at) => [port, String(ports[at])])));
    const code = await exit;
    await listener.close();
    expect(code).toBe(1);
    expect(log.lines).toHaveLength(1);
    expect(log.text).toMatch(new RegExp(`^Port ${ports[index]} \\(.+\\) is in use\\.`));
    expect(log.text).toContain(`${name}=`);
    for (const port of ports) expect(await canListen(port, "127.0.0.1")).toBe(true);
  });
}

test("npm run dev names all its ports in one message if they are all in use [A1]", async () => {
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

test("npm run dev stops all its servers after npm has received SIGTERM", async () => {
  const ports = await freePorts(3);
  const env = Object.fromEntries(PORTS.map((name, at) => [name, String(ports[at])]));
  const npm = spawn("npm", ["run", "dev"], { cwd: ROOT, env: { ...process.env, ...env } });
  const log = new ServerLog();
  for (const output of [npm.stdout, npm.stderr]) log.follow(output);
  const isUp = await untilItAnswers(`http://localhost:${ports[1]}/`, () => npm.exitCode !== null);
  expect(isUp, log.text).toBe(true);
  npm.kill();
  for (const port of ports) await expect.poll(() => canListen(port, "127.0.0.1")).toBe(true);
});

const REFUSALS = {
  "a PORT that is not a number": [{ PORT: "many" }, [], 'PORT is "many"'],
  "--port without a number": [{}, ["--port"], '--port is ""'],
  "an unknown argument": [{}, ["--turbo"], 'npm run dev does not know the argument "--turbo"'],
  "NODE_ENV=production": [{ NODE_ENV: "production" }, [], 'NODE_ENV is "production", but npm run dev is for'],
} as const;

for (const [what, [environment, args, said]] of Object.entries(REFUSALS)) {
  test(`npm run dev exits with a one-line message if it gets ${what} [A1]`, async () => {
    const { exit, log } = runDev(environment, args);
    expect(await exit).toBe(1);
    expect(log.lines).toEqual([expect.stringContaining(said)]);
  });
}

test("npm run dev exits with a one-line message if .env.local is encoded in UTF-16 [C1]", async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), "oidc-utf16-"));
  try {
    for (const part of ["dev", "lib", "scripts", "app/icon.svg", "app/fonts", "package.json"])
      await cp(path.join(ROOT, part), path.join(folder, part), { recursive: true });
    await symlink(path.join(ROOT, "node_modules"), path.join(folder, "node_modules"), "junction");
    await writeFile(path.join(folder, ".env.local"), "\ufeffOIDC_CLIENT_ID=me\r\n", "utf16le");
    const { exit, log } = runDev({}, [], folder);
    expect(await exit).toBe(1);
    expect(log.lines).toEqual([expect.stringContaining(".env.local is encoded in UTF-16")]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

for (const args of [["--port"], ["-p"]]) {
  test(`npm start -- ${args} N listens on port N, even if PORT names another port [A1]`, async ({
    stack,
  }) => {
    const port = await freePort();
    const app = await startAppServer({ ...stack.settings, PORT: "1" }, port, {
      args: [...args, String(port)],
    });
    const answer = await fetch(`${app.url}/auth/me`);
    await app.stop();
    expect(answer.status).toBe(401);
  });
}

test("npm start exits soon after SIGTERM, even if a visitor keeps an unfinished request open", async ({
  stack,
}) => {
  const app = await stack.startApp(() => ({}));
  const visitor = net.connect(app.port, "localhost");
  await once(visitor, "connect");
  visitor.write("GET / HTTP/1.1\r\n");
  await Promise.all([once(visitor, "close"), app.stop("SIGTERM")]);
});
