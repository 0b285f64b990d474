/**
 * A worker thread that measures how long the app's own code takes to check and to issue an access token of the token
 * broker, and to open a session from the store. The worker's environment contains the app's settings.
 */
import { parentPort, workerData } from "node:worker_threads";
import { issueAccessToken, verifyAccessToken } from "../../lib/auth/broker/access-token.ts";
import { sessions } from "../../lib/auth/session-storage.ts";
import { openStore } from "../../lib/store/open-store.ts";
import { jarWith } from "../login.ts";
import type { OpeningTask } from "../measures.ts";
import { quantile } from "../statistics.ts";

/** How long each operation takes: the median, in microseconds. */
export interface Checks {
  readonly checkToken: number;
  readonly issueToken: number;
  readonly openSession: number;
}

const { cookieHeader, times } = workerData as OpeningTask;
const person = { preferred_username: "alice", email: "alice@example.com", roles: [] };
const grant = { sub: "alice", scope: "openid profile email", person, program: "program" };
const { accessToken } = await issueAccessToken(grant);
const checks: Checks = {
  checkToken: await microsecondsFor(() => verifyAccessToken(accessToken)),
  issueToken: await microsecondsFor(() => issueAccessToken(grant)),
  openSession: await microsecondsFor(() => sessions().open(jarWith(cookieHeader))),
};
await openStore(process.env.SESSION_STORE_URL ?? "").close();
parentPort?.postMessage(checks);

async function microsecondsFor(work: () => Promise<unknown>): Promise<number> {
  const durations: number[] = [];
  for (let time = 0; time < times; time += 1) {
    const start = performance.now();
    if (!(await work())) throw new Error("The token or the session was refused.");
    durations.push((performance.now() - start) * 1000);
  }
  return quantile(durations, 0.5);
}
