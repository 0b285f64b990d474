/**
 * `npm run dev` and `npm run demo`: start the app, an OpenID provider and a message API. If the settings contain the
 * URL of another provider or API, that server is used instead. Everything stops at Ctrl-C, or when the app ends.
 *
 *   node dev/start/start.ts dev     the app in development
 *   node dev/start/start.ts demo    the app's production build
 *
 * Both commands accept `--port N`, which takes precedence over PORT.
 */

import { createRequire } from "node:module";
import path from "node:path";
import { SITE } from "../../lib/site.ts";
import { findUnreadableEnvFiles } from "../../scripts/check-settings.ts";
import { readPortArgument, SettingError } from "../../scripts/command-line.mjs";
import { untilItAnswers } from "../node-child.ts";
import { banner } from "./banner.ts";
import { type Child, runChild } from "./child.ts";
import {
  appEnvironment,
  brokerSettings, // part: broker
  type Environment,
  type Mode,
  makePlan,
  type Plan,
  readEnvironment,
  stateFolder, // part: broker
} from "./environment.ts";
import { checkNotRunning, checkPorts } from "./ports.ts";
import { loadLocalState, startServices } from "./services.ts";

const root = path.resolve(import.meta.dirname, "../..");
const next = createRequire(import.meta.url).resolve("next/dist/bin/next");
// A copy without the values of .env files: Next.js loads these files itself, and loads them again when they change.
const ownEnvironment = { ...process.env };

let child: Child | undefined;
let stopping = false;

// npm also receives Ctrl-C and forwards it, so the signal arrives twice. Every signal after the first is ignored.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => void stop(0));

// If only npm is killed, npm cannot forward the signal. This process then gets another parent, and stops.
const parent = process.ppid;
if (process.env.npm_lifecycle_event)
  setInterval(() => process.ppid !== parent && void stop(0), 1_000).unref();

try {
  const [mode, ...args] = process.argv.slice(2);
  if (mode !== "dev" && mode !== "demo") throw new SettingError("Usage: node dev/start/start.ts dev | demo");
  await start(mode, args);
} catch (error) {
  if (!stopping) console.error(error instanceof SettingError ? error.message : error);
  await stop(1);
}

async function start(mode: Mode, args: readonly string[]): Promise<void> {
  const port = readPortArgument(`npm run ${mode}`, args);
  const environment: Environment = { ...readEnvironment(root, mode), ...(port && { PORT: String(port) }) };
  checkEnvironment(environment, mode);
  const broker = brokerSettings(stateFolder(root), environment); // part: broker
  Object.assign(environment, broker); // part: broker
  const plan = makePlan(environment);
  await checkPorts(plan, mode).catch(async (taken) => {
    await checkNotRunning(root); // throws a clearer error if the app already runs
    throw taken;
  });
  if (mode === "dev") await checkNotRunning(root); // an app that already runs may use another port
  console.log(mode === "dev" ? `Starting ${SITE.name} …` : `Building ${SITE.name} …`);
  const { signingKeys, sessionSecret } = await loadLocalState(root);
  const services = startServices(plan, { signingKeys, allowProduction: mode === "demo" });
  const env = {
    ...ownEnvironment,
    ...broker, // part: broker
    ...appEnvironment({ mode, plan, environment, sessionSecret }),
  };
  await Promise.all([services, runApp(mode, plan, env)]);
  if (!stopping) console.log(banner(plan, environment));
}

/** @throws SettingError if `npm run dev` gets a production environment, or a .env file cannot be read */
function checkEnvironment({ NODE_ENV }: Environment, mode: Mode): void {
  if (mode === "dev" && NODE_ENV === "production") {
    const fix = "unset NODE_ENV, or use npm run build and npm start.";
    throw new SettingError(`NODE_ENV is "production", but npm run dev is for development: ${fix}`);
  }
  const unreadable = findUnreadableEnvFiles(root, mode === "dev" ? "development" : "production");
  if (unreadable.length > 0) throw new SettingError(`${unreadable.join(".\n")}.`);
}

async function runApp(mode: Mode, plan: Plan, env: NodeJS.ProcessEnv): Promise<void> {
  if (mode === "dev")
    return startApp([next, "dev", "--port", String(plan.appPort), "--hostname", "localhost"], plan, env);
  child = runChild([next, "build"], { cwd: root, env });
  const code = await child.exit;
  if (stopping) return;
  if (code !== 0) return stop(code);
  await startApp(["scripts/start.mjs"], plan, env);
}

/**
 * Runs the app, and waits until it answers its first request. In development, this request also compiles the home page.
 * When the app ends, everything else is stopped, and this process exits with the app's exit code.
 */
async function startApp(args: string[], { appPort }: Plan, env: NodeJS.ProcessEnv): Promise<void> {
  child = runChild(args, { cwd: root, env });
  void child.exit.then(stop);
  await untilItAnswers(`http://localhost:${appPort}/`, () => stopping, Number.POSITIVE_INFINITY);
}

/** Stops everything, then exits. */
async function stop(code: number): Promise<void> {
  if (stopping) return;
  stopping = true;
  await child?.stop();
  process.exit(code);
}
