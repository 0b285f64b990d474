import { Agent, type IncomingHttpHeaders, request } from "node:http";
import { setTimeout as pause } from "node:timers/promises";

/** What is asked, again and again, over connections that stay open. */
export interface Target {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The answer's status; any other ends the run. */
  readonly status: number;
  readonly agent: Agent;
}

/** What came of it. */
export interface Sample {
  /** Milliseconds from the first request to the last answer. */
  readonly time: number;
  /** Milliseconds that each answer took, to its last byte. */
  readonly latencies: number[];
}

/** One answer, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Of the time that the last answer took: how long a connection pauses at most before it asks anew. */
const LONGEST_PAUSE = 0.5;

/** How often each thing of {@link askForAllSorts} is asked for. */
const TIMES = 60;

/** Connections of its own for one target. */
export function keepAlive(connections: number): Agent {
  return new Agent({ keepAlive: true, maxSockets: connections, maxFreeSockets: connections });
}

/**
 * Keeps every connection of the target busy: each asks anew soon after it is answered. How soon is left to chance, as
 * with visitors: connections that all ask at the same moment have their pages drawn in lockstep, which costs a tenth of
 * the rate at one server and nothing at the next.
 *
 * @throws Error when an answer has another status than the target's
 */
export async function load(target: Target, milliseconds: number): Promise<Sample> {
  const latencies: number[] = [];
  const start = performance.now();
  const visitor = async (): Promise<void> => {
    while (performance.now() - start < milliseconds) {
      const asked = performance.now();
      const { status } = await ask(target);
      if (status !== target.status) throw new Error(`${target.url} answered ${status}, not ${target.status}`);
      const latency = performance.now() - asked;
      latencies.push(latency);
      await pause(latency * LONGEST_PAUSE * Math.random());
    }
  };
  await Promise.all(Array.from({ length: target.agent.maxSockets }, visitor));
  return { time: performance.now() - start, latencies };
}

/**
 * Asks a server for what servers are asked for beside their pages, whatever it answers. One that has never seen anything
 * but a single kind of request is compiled for that alone, and is up to a fifth faster than any server in use.
 */
export async function askForAllSorts({ url, headers, agent }: Target): Promise<void> {
  const { origin } = new URL(url);
  const questions: Question[] = [
    { url: `${origin}/nothing-here`, headers, agent },
    { url: `${origin}/nothing-here?and=a-query`, headers: {}, agent },
    { url: `${origin}/icon.svg`, headers: {}, agent },
    { url, headers, agent, method: "HEAD" },
    { url, headers: { ...headers, rsc: "1" }, agent },
    { url, headers: { ...headers, "accept-encoding": "gzip", "accept-language": "de" }, agent },
  ];
  for (let time = 0; time < TIMES; time += 1) for (const each of questions) await ask(each);
}

/** What one request needs. */
type Question = Pick<Target, "url" | "headers" | "agent"> & { readonly method?: string };

/** Asks once. */
export function ask({ url, headers, agent, method = "GET" }: Question): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent, headers, method }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.once("error", reject);
      answer.once("end", () => {
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) });
      });
    });
    sent.once("error", reject);
    sent.end();
  });
}
