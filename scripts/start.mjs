/**
 * `npm start`, and the command of the container: the production server, on `--port` or PORT (4040) and HOSTNAME (all addresses). Plain JavaScript without
 * development dependencies, so that it runs where only `npm install --omit=dev` was done, on any Node.js that the app
 * supports.
 */
import "./node-version.mjs";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { readPortArgument, SettingError, toPort } from "./command-line.mjs";

const root = path.resolve(import.meta.dirname, "..");
const { PORT, HOSTNAME } = process.env;
const port = readPort();

if (!existsSync(path.join(root, ".next/BUILD_ID"))) {
  refuse('There is no production build yet: run "npm run build" first.');
}

// Shells and containers put the machine's own name into HOSTNAME; nobody means that as an address to listen on. Without
// an address Node.js listens on all of them, IPv4 and IPv6, or on IPv4's where there is no IPv6.
const address = HOSTNAME && HOSTNAME !== os.hostname() ? HOSTNAME : "";

const standalone = path.join(root, "server.js"); // in a container: what `next build` made for it
const isStandalone = existsSync(standalone);
// Proxies keep a connection for about 60 s. The server must keep it longer, or a request may arrive as it closes.
const KEEP_ALIVE_TIMEOUT = "65000"; // ms
const preload = pathToFileURL(path.join(import.meta.dirname, "exit-with-parent.mjs")).href;

const child = spawn(
  process.execPath,
  [
    // 16 KB for the four cookies of a session, 18 KB for those of five logins, 6 KB for the URL and other headers.
    // The default of Node.js is 16 KB for all of them.
    "--max-http-header-size=40960",
    `--import=${preload}`,
    ...(isStandalone ? [standalone] : nextStart()),
  ],
  {
    cwd: root,
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    env: {
      // Compiled code, which makes the next start faster. Node.js does without where it may not write.
      NODE_COMPILE_CACHE: path.join(root, ".next/compile-cache"),
      ...process.env,
      // The standalone server has no arguments, and listens on IPv4's addresses unless it is told otherwise.
      ...(isStandalone && {
        PORT: String(port),
        HOSTNAME: address || (hasIpv6() ? "::" : "0.0.0.0"),
        KEEP_ALIVE_TIMEOUT,
      }),
      NODE_ENV: "production",
      PARENT_PID: String(process.pid),
    },
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

function nextStart() {
  const next = createRequire(import.meta.url).resolve("next/dist/bin/next");
  const options = ["--port", String(port), "--keepAliveTimeout", KEEP_ALIVE_TIMEOUT];
  return [next, "start", ...options, ...(address ? ["--hostname", address] : [])];
}

function hasIpv6() {
  return Object.values(os.networkInterfaces()).some((all) => all?.some(({ family }) => family === "IPv6"));
}

/** `--port`, else PORT, else 4040. */
function readPort() {
  try {
    return readPortArgument("npm start", process.argv.slice(2)) ?? toPort("PORT", PORT || "4040");
  } catch (error) {
    return refuse(error instanceof SettingError ? error.message : error);
  }
}

function refuse(message) {
  console.error(message);
  process.exit(1);
}
