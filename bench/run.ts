/**
 * `npm run bench` measures what a login costs. It puts load on the app's guarded page and on the same page without a
 * login, in turn, and prints how they compare.
 *
 *   npm run bench                about a quarter of an hour, on a machine that does nothing else
 *   npm run bench -- --quick     a few minutes, with less certain results
 *   npm run bench -- --heats 9   compares each page nine times instead of three, for more certain results
 *
 * Redis is measured if BENCH_REDIS_URL or TEST_REDIS_URL is the URL of a server. The columns about CPU time need Linux.
 * The bench connects only to localhost and to that server. It leaves builds behind, and sessions in Redis for an hour.
 */
import { parseArgs } from "node:util";
import { brokerTable, measureBroker } from "./broker/broker.ts"; // part: broker
import { challengers, type Entrant, empty, plain } from "./contestants.ts";
import {
  type Deployment,
  type Place, // part: store
  redisUrl, // part: store
} from "./deployments.ts";
import { type Figures, measureDeployment } from "./measures.ts";
import { measurePageLoads } from "./page-loads.ts";
import { busyness, deploymentTable, LEGEND, loadTable, machine, pageTable, startTable } from "./report.ts";
import { compare, type Heat, summarise, summariseReference, type Timing } from "./rounds.ts";
import { buildAll, type Stage, startStage } from "./stage.ts";
import { measureStarts } from "./starts.ts";

/** How long one comparison of two pages takes, and how often each measurement is repeated. */
type Effort = Timing & {
  readonly heats: number;
  readonly logins: number;
  readonly openings: number;
  readonly starts: number;
};

const FULL: Effort = {
  heats: 3,
  warmUp: 20,
  rounds: 10,
  slice: 400,
  logins: 200,
  openings: 1_000,
  starts: 9,
};
const QUICK: Effort = { ...FULL, heats: 1, logins: 100, openings: 300, starts: 5 };

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
  if (!Number.isInteger(heats) || heats < 1) throw new Error("--heats must be a whole number, at least 1.");
  return { ...chosen, heats };
}

async function bench(effort: Effort, signal: AbortSignal): Promise<void> {
  console.log(`${machine()}\n${busyness()}`);
  await buildAll(signal, report);
  const entrants = [plain, ...challengers()];
  const heats: Heat[][] = entrants.map(() => []);
  for (let heat = 1; heat <= effort.heats; heat += 1) {
    for (const [index, entrant] of entrants.entries()) {
      report(`heat ${heat} of ${effort.heats}: page ${index + 1} of ${entrants.length}`);
      heats[index]?.push(await withStage(signal, (stage) => oneHeat(stage, entrant, effort)));
    }
  }
  const [ofPlain, ...others] = heats.map(summarise);
  if (ofPlain)
    console.log(`\n${LEGEND}\n\n${pageTable(summariseReference(heats.flat()), ofPlain, others)}\n`);
  report("starts");
  console.log(`${startTable(await withStage(signal, (stage) => measureStarts(stage, effort.starts)))}\n`);
  report("page loads");
  console.log(`${loadTable(await withStage(signal, (stage) => measurePageLoads(stage, effort.starts)))}\n`);
  await measureSessions(effort, signal);
  // part: broker
  report("programs");
  console.log(`\n${brokerTable(await withStage(signal, (stage) => measureBroker(stage, effort)))}`);
  // end part: broker
}

async function oneHeat(stage: Stage, entrant: Entrant, timing: Timing): Promise<Heat> {
  return compare(await empty(stage), await entrant(stage), timing);
}

/** Runs `work` with a provider and an app that have just been started. */
async function withStage<T>(signal: AbortSignal, work: (stage: Stage) => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const stage = await startStage();
  try {
    // After an interruption, do not wait for the measurement: it fails anyway when the servers stop.
    return await Promise.race([work(stage), aborted(signal)]);
  } finally {
    await stage.stop();
  }
}

async function measureSessions(effort: Effort, signal: AbortSignal): Promise<void> {
  report("logins, refreshes, sessions");
  const measure = (deployment: (stage: Stage) => Promise<Deployment> | Deployment): Promise<Figures> =>
    withStage(signal, async (stage) => measureDeployment(await deployment(stage), stage.provider, effort));
  const measureIn = (place: Place): Promise<Figures> => measure((stage) => stage.deploy(place)); // part: store
  const figures = {
    cookies: await measure(({ cookies }) => cookies),
    SQLite: await measureIn("SQLite"), // part: store
    Redis: redisUrl() === undefined ? null : await measureIn("Redis"), // part: store
  };
  console.log(deploymentTable(figures));
  // part: store
  if (!figures.Redis) {
    console.log("\nRedis was not measured: neither BENCH_REDIS_URL nor TEST_REDIS_URL is set.");
  }
  // end part: store
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** Writes to standard error, so that standard output contains the figures only. */
function report(what: string): void {
  console.error(`… ${what}`);
}
