/**
 * `npm start`: the production server, on PORT (4040) and HOSTNAME (0.0.0.0). Plain JavaScript without development
 * dependencies, so that it runs where only `npm install --omit=dev` was done, on any Node.js that the app supports.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { isNodeOlderThan } from "./node-version.mjs";

if (isNodeOlderThan(22, 13)) {
  console.error(`This needs Node.js 22.13 or newer, but it runs on ${process.versions.node}.`);
  process.exit(1);
}

const root = path.resolve(import.meta.dirname, "..");
const { PORT, HOSTNAME } = process.env;

if (!existsSync(path.join(root, ".next/BUILD_ID"))) {
  console.error('There is no production build yet: run "npm run build" first.');
  process.exit(1);
}

const port = Number(PORT || 4040);
if (!Number.isInteger(port) || port < 1 || port > 65_535) {
  console.error(`PORT is "${PORT}", but must be a port: a number from 1 to 65535.`);
  process.exit(1);
}

// Shells and containers put the machine's own name into HOSTNAME; nobody means that as an address to listen on.
const host = HOSTNAME && HOSTNAME !== os.hostname() ? HOSTNAME : "0.0.0.0";

const next = createRequire(import.meta.url).resolve("next/dist/bin/next");
const preload = pathToFileURL(path.join(import.meta.dirname, "exit-with-parent.mjs")).href;

const child = spawn(
  process.execPath,
  [
    // A session in chunked cookies can be bigger than the 16 KB that Node.js allows all headers together.
    "--max-http-header-size=65536",
    `--import=${preload}`,
    next,
    "start",
    "--port",
    String(port),
    "--hostname",
    host,
    // Longer than proxies keep a connection (60 s, mostly): whoever closes it first must not be the one who is asked.
    "--keepAliveTimeout",
    "65000",
  ],
  {
    cwd: root,
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    env: { ...process.env, NODE_ENV: "production", PARENT_PID: String(process.pid) },
  },
);

// The server answers what it was asked before it ends, but waits for nobody who keeps a connection open and says nothing.
const PATIENCE = 5_000; // ms
let asked = false;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    child.kill(signal === "SIGHUP" ? "SIGTERM" : signal);
    if (!asked) setTimeout(() => child.kill("SIGKILL"), PATIENCE).unref();
    asked = true;
  });
}

child.on("error", (error) => {
  console.error(`The server cannot be started: ${error.message}`);
  process.exit(1);
});
child.on("exit", (code, signal) => process.exit(code ?? 128 + os.constants.signals[signal ?? "SIGTERM"]));
