/**
 * `npm run dev` and `npm run demo`: the app, and beside it an OpenID provider and a message API where the user has
 * none. Everything ends together.
 *
 *   node dev/start/start.ts dev     the app in development
 *   node dev/start/start.ts demo    the app's production build
 *
 * Both take `--port N`, which counts more than PORT.
 */

import { createRequire } from "node:module";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { findUnreadableEnvFiles } from "../../lib/env-files.ts";
import { SITE } from "../../lib/site.ts";
import { readPortArgument, SettingError } from "../../scripts/command-line.mjs";
import { checkNotRunning } from "./already-running.ts";
import { banner } from "./banner.ts";
import { type Child, runChild } from "./child.ts";
import {
  appEnvironment,
  type Environment,
  type Mode,
  makePlan,
  type Plan,
  readEnvironment,
} from "./environment.ts";
import { loadLocalState } from "./local-state.ts";
import { checkPorts } from "./ports.ts";
import { type Service, startServices } from "./services.ts";

const root = path.resolve(import.meta.dirname, "../..");
const next = createRequire(import.meta.url).resolve("next/dist/bin/next");
// Taken before the .env files are read into it: Next.js reads them itself, and again whenever one changes.
const ownEnvironment = { ...process.env };

let child: Child | undefined;
let services: Promise<Service[]> = Promise.resolve([]);
let stopping = false;

// Ctrl-C reaches npm too, which passes it on: from the second signal on there is nothing left to do.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => void stop(0));

try {
  const [mode, ...args] = process.argv.slice(2);
  await start(readMode(mode), args);
} catch (error) {
  if (!stopping) console.error(error instanceof SettingError ? error.message : error);
  await stop(1);
}

async function start(mode: Mode, args: readonly string[]): Promise<void> {
  const port = readPortArgument(`npm run ${mode}`, args);
  const environment: Environment = { ...readEnvironment(root, mode), ...(port && { PORT: String(port) }) };
  checkEnvironment(environment, mode);
  const plan = makePlan(environment);
  await checkPorts(plan, mode).catch(async (taken) => {
    await checkNotRunning(root); // the likeliest reason
    throw taken;
  });
  if (mode === "dev") await checkNotRunning(root); // on other ports
  console.log(mode === "dev" ? `Starting ${SITE.name} …` : `Building ${SITE.name} …`);
  const state = await loadLocalState(root);
  services = startServices(plan, { signingKeys: state.signingKeys, allowProduction: mode === "demo" });
  const env = {
    ...ownEnvironment,
    ...appEnvironment({ mode, plan, environment, sessionSecret: state.sessionSecret }),
  };
  await Promise.all([services, mode === "dev" ? startDevelopment(plan, env) : startProduction(plan, env)]);
  if (!stopping) console.log(banner(plan, environment));
}

/** @throws SettingError where the services could not start, or would start without what the user has set */
function checkEnvironment({ NODE_ENV }: Environment, mode: Mode): void {
  if (mode === "dev" && NODE_ENV === "production") {
    throw new SettingError(
      'NODE_ENV is "production", but npm run dev is for development: leave NODE_ENV out, or use npm run build and npm start.',
    );
  }
  const unreadable = findUnreadableEnvFiles(root, mode === "dev" ? "development" : "production");
  if (unreadable.length > 0) throw new SettingError(`${unreadable.join(".\n")}.`);
}

async function startDevelopment(plan: Plan, env: NodeJS.ProcessEnv): Promise<void> {
  startApp([next, "dev", "--port", String(plan.appPort), "--hostname", "localhost"], env);
  await appAnswers(plan);
}

async function startProduction(plan: Plan, env: NodeJS.ProcessEnv): Promise<void> {
  child = runChild([next, "build"], { cwd: root, env });
  const code = await child.exit;
  if (stopping) return;
  if (code !== 0) return stop(code);
  startApp(["scripts/start.mjs"], env);
  await appAnswers(plan);
}

/** Runs the app; should it end, so does everything else, with its exit code. */
function startApp(args: string[], env: NodeJS.ProcessEnv): void {
  child = runChild(args, { cwd: root, env });
  void child.exit.then(stop);
}

/** Settles when the app answers its first request; in development that takes until the home page is compiled. */
async function appAnswers({ appPort }: Plan): Promise<void> {
  while (!stopping) {
    const response = await fetch(`http://localhost:${appPort}/`, {
      method: "HEAD",
      redirect: "manual",
    }).catch(() => {});
    if (response) return;
    await setTimeout(100);
  }
}

/** Ends everything, then this process. */
async function stop(code: number): Promise<void> {
  if (stopping) return;
  stopping = true;
  const running = await services.catch(() => []);
  await Promise.all([child?.stop(), ...running.map((service) => service.stop())]);
  process.exit(code);
}

function readMode(argument: string | undefined): Mode {
  if (argument === "dev" || argument === "demo") return argument;
  throw new SettingError("Say what to start: node dev/start/start.ts dev, or node dev/start/start.ts demo.");
}
