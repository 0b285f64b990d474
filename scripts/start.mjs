/**
 * `npm start`, and the command of the container: starts the production server. It listens on the port of `--port` or
 * PORT (default: 4040), at the address HOSTNAME (default: all addresses). This file is plain JavaScript without
 * development dependencies, so that it runs on any Node.js that the app supports, and after `npm install --omit=dev`.
 *
 * This file starts Next.js in the same way as the `server.js` that `next build` creates for containers. `next start`
 * would also load a command line and a compiler for next.config.ts, and need a second process for `maxHeaderSize`.
 */
import "./node-version.mjs";
import { existsSync } from "node:fs";
import module from "node:module"; // a named import would fail in an old Node.js before node-version.mjs explains why
import os from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { readPortArgument, SettingError, toPort } from "./command-line.mjs";

const require = module.createRequire(import.meta.url); // `require` loads Next.js faster than `import` does
const root = path.resolve(import.meta.dirname, "..");
const { PORT, HOSTNAME } = process.env;
const port = readPort();

if (!existsSync(path.join(root, ".next/BUILD_ID"))) {
  refuse('There is no production build yet: run "npm run build" first.');
}

// Shells and containers set HOSTNAME to the machine's own name, which is not meant as an address to listen on. Without
// an address, Node.js listens on all IPv4 and IPv6 addresses, or only on IPv4 if the machine has no IPv6.
const hostname = HOSTNAME && HOSTNAME !== os.hostname() ? HOSTNAME : undefined;

const LIMITS = {
  // 16 KB for the four cookies of a session, 18 KB for the cookies of five logins, 6 KB for the URL and other headers.
  // The default of Node.js is 16 KB for all headers together.
  maxHeaderSize: 40_960,
  // Proxies keep an idle connection open for about 60 s. The server must keep it open longer. Otherwise a proxy may
  // send a request while the server closes the connection.
  keepAliveTimeout: 65_000, // ms
  // Next.js does not support WebSockets. It would leave such a connection open without an answer.
  shouldUpgradeCallback: () => false,
};
const http = require("node:http");
const { createServer } = http;
// Requests that arrive before instrumentation.ts has run. They wait until it has run, for at most ten seconds.
const waiting = [];
let server;
http.createServer = (listener) => {
  http.createServer = createServer; // only the first server belongs to Next.js
  server = createServer(LIMITS, listener).once("listening", limitPatience);
  server.emit = (...event) =>
    /^(request|upgrade)$/.test(String(event[0]))
      ? waiting.push(event) > 0
      : http.Server.prototype.emit.apply(server, event);
  return server;
};

// Stores compiled code, which makes the next start faster. If NODE_COMPILE_CACHE is set, Node.js uses that folder
// instead. If Node.js cannot write to the folder, it works without the cache.
module.enableCompileCache(path.join(root, ".next/compile-cache"));

process.chdir(root);
process.env.NODE_ENV = "production";
process.env.NEXT_PRIVATE_START_TIME = String(performance.timeOrigin); // Next.js prints the time since then ("Ready in")
const { config } = require("../.next/required-server-files.json"); // next.config.ts, as evaluated by the build
process.env.__NEXT_PRIVATE_STANDALONE_CONFIG = JSON.stringify(config);
await require("next/dist/server/lib/start-server").startServer({ dir: root, isDev: false, hostname, port });
// Waits until instrumentation.ts has checked the settings and replaced `emit` with a method that limits requests.
for (let waits = 0; waits < 2_000 && !Object.hasOwn(http.Server.prototype, "emit"); waits += 1)
  await pause(5);
delete server.emit;
for (const event of waiting) server.emit(...event);

/** Ends the process five seconds after a signal at the latest. Next.js alone would wait for idle connections. */
function limitPatience() {
  const giveUp = () => process.exit(128 + os.constants.signals.SIGKILL);
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => setTimeout(giveUp, 5_000).unref());
  process.on("SIGHUP", () => process.kill(process.pid, "SIGTERM"));
}

/** The port: `--port`, otherwise PORT, otherwise 4040. */
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
