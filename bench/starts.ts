import { ask, keepAlive } from "./load.ts";
import { referenceFolder } from "./references.ts";
import { type Server, startApp, startReference } from "./server.ts";
import type { Stage } from "./stage.ts";

/** One measured start of a server, in milliseconds. */
export interface Start {
  /** Time from the start of the server until its first page is complete. */
  readonly time: number;
  /** CPU time that the server has used when its first page is complete. */
  readonly cpu: number;
}

/** Starts the app and a new Next.js project in turn. Does not count the first start of each, which fills caches. */
export async function measureStarts(
  { cookies }: Stage,
  times: number,
): Promise<Record<"app" | "plain", Start[]>> {
  const { app, env } = cookies;
  await app.stop(); // frees its port for the starts below
  const starts = { app: [] as Start[], plain: [] as Start[] };
  for (let time = 0; time <= times; time += 1) {
    const own = await startOf(() => startApp(env, Number(new URL(app.url).port)));
    const plain = await startOf(() => startReference(referenceFolder("plain"), env));
    if (time > 0) starts.app.push(own);
    if (time > 0) starts.plain.push(plain);
  }
  return starts;
}

async function startOf(start: () => Promise<Server>): Promise<Start> {
  const begunAt = performance.now();
  const server = await start();
  const agent = keepAlive(1);
  try {
    const { status } = await ask({ url: `${server.url}/`, headers: {}, agent });
    if (status !== 200) throw new Error(`${server.url} answered ${status}.`);
    return { time: performance.now() - begunAt, cpu: await server.cpuTime() };
  } finally {
    agent.destroy();
    await server.stop();
  }
}
