/**
 * `npm start`, and the command of the container: the production server, on `--port` or PORT (4040) and HOSTNAME (all
 * addresses). Plain JavaScript without development dependencies, so that it runs where only `npm install --omit=dev` was
 * done, on any Node.js that the app supports.
 *
 * It starts Next.js as the `server.js` does that `next build` makes for containers. `next start` would also load a command
 * line and a compiler for next.config.ts, and needs a second process, because it has no option for the size of headers.
 */
import "./node-version.mjs";
import { existsSync } from "node:fs";
import module from "node:module"; // as a whole: an old Node.js has no enableCompileCache, and has to reach its error message
import os from "node:os";
import path from "node:path";
import { readPortArgument, SettingError, toPort } from "./command-line.mjs";

const require = module.createRequire(import.meta.url); // which loads Next.js faster than `import` does
const root = path.resolve(import.meta.dirname, "..");
const { PORT, HOSTNAME } = process.env;
const port = readPort();

if (!existsSync(path.join(root, ".next/BUILD_ID"))) {
  refuse('There is no production build yet: run "npm run build" first.');
}

// Shells and containers put the machine's own name into HOSTNAME; nobody means that as an address to listen on. Without
// an address Node.js listens on all of them, IPv4 and IPv6, or on IPv4's where there is no IPv6.
const hostname = HOSTNAME && HOSTNAME !== os.hostname() ? HOSTNAME : undefined;

const LIMITS = {
  // 16 KB for the four cookies of a session, 18 KB for those of five logins, 6 KB for the URL and other headers.
  // The default of Node.js is 16 KB for all of them.
  maxHeaderSize: 40_960,
  // Proxies keep a connection for about 60 s. The server must keep it longer, or a request may arrive as it closes.
  keepAliveTimeout: 65_000, // ms
};
const http = require("node:http");
const { createServer } = http;
http.createServer = (listener) => {
  http.createServer = createServer; // only the first server is Next.js's
  return createServer(LIMITS, listener).once("listening", limitPatience);
};

// Compiled code, which makes the next start faster. Node.js does without where it may not write, and uses the folder in
// NODE_COMPILE_CACHE if there is one.
module.enableCompileCache(path.join(root, ".next/compile-cache"));

process.chdir(root);
process.env.NODE_ENV = "production";
process.env.NEXT_PRIVATE_START_TIME = String(performance.timeOrigin); // for "Ready in"
const { config } = require("../.next/required-server-files.json"); // next.config.ts, as the build has read it
process.env.__NEXT_PRIVATE_STANDALONE_CONFIG = JSON.stringify(config);
await require("next/dist/server/lib/start-server").startServer({ dir: root, isDev: false, hostname, port });

/** Next.js answers what it was asked before it ends. Without a limit, it would also wait for idle connections. */
function limitPatience() {
  const giveUp = () => process.exit(128 + os.constants.signals.SIGKILL);
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => setTimeout(giveUp, 5_000).unref());
  process.on("SIGHUP", () => process.kill(process.pid, "SIGTERM"));
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
