/**
 * A worker thread that opens one session repeatedly with the app's own code, and reports how long this takes. The
 * worker's environment contains the app's settings.
 */

import { parentPort, workerData } from "node:worker_threads";
import { sessions } from "../lib/auth/session-storage.ts";
import { SITE } from "../lib/site.ts";
import { openStore } from "../lib/store/open-store.ts"; // part: store
import { jarWith } from "./login.ts";
import type { Opening, OpeningTask } from "./measures.ts";
import { quantile } from "./statistics.ts";

const { cookieHeader, times } = workerData as OpeningTask;
const { SESSION_STORE_URL } = process.env; // part: store

const first: number[] = [];
const again: number[] = [];
for (let time = 0; time < times; time += 1) {
  forgetSessions();
  first.push(await microsecondsToOpen());
  again.push(await microsecondsToOpen());
}
if (SESSION_STORE_URL) await openStore(SESSION_STORE_URL).close(); // part: store
parentPort?.postMessage({ first: quantile(first, 0.5), again: quantile(again, 0.5) } satisfies Opening);

async function microsecondsToOpen(): Promise<number> {
  const jar = jarWith(cookieHeader);
  const start = performance.now();
  const session = await sessions().open(jar);
  const microseconds = (performance.now() - start) * 1000;
  if (!session) throw new Error("The cookies of the login contain no session.");
  return microseconds;
}

/** Makes this thread forget all that it has cached, as if it had just started. Keeps the connection to the store. */
function forgetSessions(): void {
  const shared: Map<string, unknown> | undefined = Reflect.get(
    globalThis,
    Symbol.for(`${SITE.id}.shared-state`),
  );
  for (const name of shared?.keys() ?? []) if (name !== "stores") shared?.delete(name);
}
