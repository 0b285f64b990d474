/**
 * `npm run bench`: what a login costs. Puts load on the app's guarded page and on the same page without a login, in
 * turn and in one run, and prints how they compare.
 *
 *   npm run bench                takes a quarter of an hour; the machine should have nothing else to do
 *   npm run bench -- --quick     is over soon, and says less
 *   npm run bench -- --heats 15  as often from new processes as is wanted
 *
 * Redis is measured where BENCH_REDIS_URL or TEST_REDIS_URL names a server. The columns about CPU time need Linux. It
 * talks to localhost and to that server only, and leaves nothing but builds.
 */
import { parseArgs } from "node:util";
import { contestants } from "./contestants.ts";
import { measureDeployment } from "./measures.ts";
import { busyness, deploymentTable, LEGEND, machine, pageTable } from "./report.ts";
import { compare, type Score, summarise, type Timing } from "./rounds.ts";
import { type Stage, setStage } from "./stage.ts";

/** How long it takes, and how often what is not about pages is repeated. */
type Effort = Timing & { readonly heats: number; readonly logins: number; readonly openings: number };

const FULL: Effort = { heats: 5, warmUp: 10_000, rounds: 16, slice: 400, logins: 500, openings: 2_000 };
const QUICK: Effort = { heats: 1, warmUp: 8_000, rounds: 8, slice: 300, logins: 100, openings: 300 };

const { values } = parseArgs({
  options: { quick: { type: "boolean", default: false }, heats: { type: "string" } },
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
  const heats = Number(values.heats ?? chosen.heats);
  if (!Number.isInteger(heats) || heats < 1) throw new Error("--heats takes a number, at least 1.");
  return { ...chosen, heats };
}

async function bench(effort: Effort, signal: AbortSignal): Promise<void> {
  console.log(`${machine()}\n${busyness()}`);
  const heats: Score[][] = [];
  for (let heat = 1; heat <= effort.heats; heat += 1) {
    tell(`heat ${heat} of ${effort.heats}`);
    await onStage(signal, async (stage) => {
      heats.push(await compare(contestants(stage), effort, tell));
      if (heat < effort.heats) return;
      console.log(`\n${LEGEND}\n\n${pageTable(summarise(heats))}\n`);
      await measureSessions(stage, effort);
    });
  }
}

/** Does something with all servers running. */
async function onStage<T>(signal: AbortSignal, work: (stage: Stage) => Promise<T>): Promise<T> {
  const stage = await setStage(signal, tell);
  try {
    // An interruption does not wait for what is being measured: that fails once its servers are gone.
    return await Promise.race([work(stage), aborted(signal)]);
  } finally {
    await stage.stop();
  }
}

async function measureSessions({ deployments, provider }: Stage, effort: Effort): Promise<void> {
  const { cookies, SQLite, Redis } = deployments;
  tell("logins, refreshes, sessions");
  const figures = {
    cookies: await measureDeployment(cookies, provider, effort),
    SQLite: await measureDeployment(SQLite, provider, effort),
    Redis: Redis && (await measureDeployment(Redis, provider, effort)),
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
