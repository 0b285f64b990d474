import { Worker, type WorkerOptions } from "node:worker_threads";
import type { EmbeddedProvider } from "../dev/provider/provider.ts";
import type { Deployment } from "./deployments.ts";
import { ask, keepAlive } from "./load.ts";
import { Visitor } from "./login.ts";
import type { Server } from "./server.ts";
import { quantile } from "./statistics.ts";

const PARALLEL = 50;
const BATCH = 25;

/** The input of a worker thread that opens a session. */
export interface OpeningTask {
  readonly cookieHeader: string;
  readonly times: number;
}

/** How long it takes to open a session for the first time in a process, and to open it again: medians, in µs. */
export interface Opening {
  readonly first: number;
  readonly again: number;
}

/** What sessions cost in one running app. */
export interface Figures {
  readonly opening: Opening;
  /** Bytes of the `Cookie` header that a browser sends to `/` after a login. */
  readonly cookieBytes: number;
  /** CPU time that the app spends on one login and the page after it, in milliseconds. See {@link cpuOf}. */
  readonly login: number;
  readonly refreshes: Refreshes;
}

/** @param repeats `logins`: how many logins to measure; `openings`: how many times to open the session */
export async function measureDeployment(
  deployment: Deployment,
  provider: EmbeddedProvider,
  repeats: { readonly logins: number; readonly openings: number },
): Promise<Figures> {
  return {
    opening: await costOfOpening(deployment, repeats.openings),
    cookieBytes: deployment.cookieHeader.length,
    login: await cpuOfLogin(deployment, repeats.logins),
    refreshes: await refreshesOfParallelRequests(deployment, provider),
  };
}

/** Measures in a worker thread how long the app's own code takes to open a session. */
function costOfOpening({ env, cookieHeader }: Deployment, times: number): Promise<Opening> {
  const workerData: OpeningTask = { cookieHeader, times };
  return runWorker(new URL("./opening.ts", import.meta.url), { env, workerData });
}

/** Runs a worker thread. @returns its first message @throws Error if the worker fails, or ends without a message */
export function runWorker<T>(file: URL, options: WorkerOptions): Promise<T> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(file, options);
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", () => reject(new Error(`${file.pathname} ended without a result.`)));
  });
}

/** Measures the CPU time of a visitor's login, from `/auth/login` to the page after the callback. */
async function cpuOfLogin({ app }: Deployment, times: number): Promise<number> {
  const agent = keepAlive(1);
  const logIn = async (): Promise<void> => {
    const visitor = Visitor.newcomer();
    await visitor.logIn(app.url);
    const headers = { cookie: visitor.cookieHeader(app.url) };
    const { status } = await ask({ url: `${app.url}/profile`, headers, agent });
    if (status !== 200) throw new Error(`The page after a login answered ${status}.`);
  };
  const [cost = Number.NaN] = await cpuOf(app, [logIn], times);
  agent.destroy();
  return cost;
}

/** Measures the app's CPU time for one call of each function, in milliseconds: the 20th percentile of the batches. */
export async function cpuOf(
  app: Server,
  works: readonly (() => Promise<unknown>)[],
  times: number,
): Promise<number[]> {
  const costs = works.map(() => [] as number[]);
  for (const work of works) for (let time = 0; time < times; time += 1) await work(); // warm-up
  for (let batch = 0; batch < times / BATCH; batch += 1) {
    for (const [index, work] of works.entries()) {
      const before = await app.cpuTime();
      for (let time = 0; time < BATCH; time += 1) await work();
      costs[index]?.push(((await app.cpuTime()) - before) / BATCH);
    }
  }
  return costs.map((each) => quantile(each, 0.2)); // a low one: other programs only make batches slower
}

/** What happened to parallel requests with the same expired access token. */
interface Refreshes {
  readonly sent: number;
  /** How many requests were answered with the page. */
  readonly good: number;
  /** How many refreshes the provider received. */
  readonly refreshes: number;
}

/** Logs in with an access token that lasts a second, waits until it has expired, and sends many parallel requests. */
async function refreshesOfParallelRequests(
  { app }: Deployment,
  provider: EmbeddedProvider,
): Promise<Refreshes> {
  const visitor = new Visitor();
  const { accessTokenTtl } = provider;
  provider.accessTokenTtl = 1;
  await visitor.logIn(app.url);
  provider.accessTokenTtl = accessTokenTtl;
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  provider.resetCounts();
  const headers = { cookie: visitor.cookieHeader(app.url) };
  const agent = keepAlive(PARALLEL);
  const visits = Array.from({ length: PARALLEL }, () => ask({ url: `${app.url}/profile`, headers, agent }));
  const answers = await Promise.all(visits);
  agent.destroy();
  const good = answers.filter(({ status }) => status === 200).length;
  return { sent: PARALLEL, good, refreshes: provider.counts.token.refresh_token };
}
