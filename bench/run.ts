/**
 * `npm run bench`: what a login costs. Puts load on the app's guarded page and on the same page without a login, in
 * turn and in one run, and prints how they compare.
 *
 *   npm run bench                 takes minutes; the machine should have nothing else to do
 *   npm run bench -- --quick      is over soon, and says less
 *   npm run bench -- --rounds 40  as many rounds as are wanted
 *
 * Redis is measured where BENCH_REDIS_URL or TEST_REDIS_URL names a server. The columns about CPU time need Linux. It
 * talks to localhost and to that server only, and leaves nothing but builds.
 */
import { parseArgs } from "node:util";
import { contestants } from "./contestants.ts";
import { measureDeployment } from "./measures.ts";
import { busyness, deploymentTable, LEGEND, machine, pageTable } from "./report.ts";
import { compare, type Timing } from "./rounds.ts";
import { type Stage, setStage } from "./stage.ts";

/** How long it takes, and how often what is not about pages is repeated. */
type Effort = Timing & { readonly logins: number; readonly openings: number };

const FULL: Effort = { warmUp: 10_000, rounds: 20, slice: 1_000, logins: 200, openings: 2_000 };
const QUICK: Effort = { warmUp: 3_000, rounds: 5, slice: 500, logins: 50, openings: 300 };

const { values } = parseArgs({
  options: { quick: { type: "boolean", default: false }, rounds: { type: "string" } },
});
const interruption = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => interruption.abort(new Error(`Ended by ${signal}.`)));
}
try {
  await bench(effort(), interruption.signal);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

function effort(): Effort {
  const chosen = values.quick ? QUICK : FULL;
  const rounds = Number(values.rounds ?? chosen.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error("--rounds takes a number, at least 1.");
  return { ...chosen, rounds };
}

async function bench(effort: Effort, signal: AbortSignal): Promise<void> {
  console.log(`${machine()}\n${busyness()}`);
  const stage = await setStage(signal, tell);
  try {
    // An interruption does not wait for what is being measured: that fails once its servers are gone.
    await Promise.race([measure(stage, effort), aborted(signal)]);
  } finally {
    await stage.stop();
  }
}

async function measure(stage: Stage, effort: Effort): Promise<void> {
  const results = await compare(contestants(stage), effort, tell);
  console.log(`\n${LEGEND}\n\n${pageTable(results)}\n`);
  const { cookies, SQLite, Redis } = stage.deployments;
  tell("logins, refreshes, sessions");
  const figures = {
    cookies: await measureDeployment(cookies, stage.provider, effort),
    SQLite: await measureDeployment(SQLite, stage.provider, effort),
    Redis: Redis && (await measureDeployment(Redis, stage.provider, effort)),
  };
  console.log(deploymentTable(figures));
  if (!Redis) console.log("\nRedis was not measured: neither BENCH_REDIS_URL nor TEST_REDIS_URL is set.");
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** On the error output, so that the figures can be piped without it. */
function tell(what: string): void {
  console.error(`… ${what}`);
}
