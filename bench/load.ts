import { Agent, type IncomingHttpHeaders, request } from "node:http";
import { setTimeout as pause } from "node:timers/promises";

/** A URL that is requested repeatedly over keep-alive connections. */
export interface Target {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The expected status. Any other status ends the measurement with an error. */
  readonly status: number;
  readonly agent: Agent;
}

/** The measurements of one run of {@link load}. */
interface Sample {
  /** How long the run took, in milliseconds. */
  readonly time: number;
  /** How long each request took, until the last byte of the response, in milliseconds. */
  readonly latencies: number[];
}

/** A complete response. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A connection pauses before its next request, for at most this share of the time that its last request took. */
const LONGEST_PAUSE = 0.5;

/** How often {@link sendVariedRequests} sends each request. */
const REPEATS = 60;

/** Makes an HTTP agent with a fixed number of keep-alive connections. */
export function keepAlive(connections: number): Agent {
  return new Agent({ keepAlive: true, maxSockets: connections, maxFreeSockets: connections });
}

/**
 * Keeps every connection of the target busy. A connection sends its next request after a short random pause. Without
 * this pause, all connections would send at the same moment, and the server would render their pages in lockstep. This
 * would make some servers a tenth slower, and others not at all.
 *
 * @throws Error if a response does not have the status `target.status`
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
 * Sends other kinds of requests that a server receives in normal use, and ignores the responses. If a server received
 * only one kind of request, V8 would optimise the code for it, and the server would be up to a fifth faster than usual.
 */
export async function sendVariedRequests({ url, headers, agent }: Target): Promise<void> {
  const { origin } = new URL(url);
  const requests: SingleRequest[] = [
    { url: `${origin}/nothing-here`, headers, agent },
    { url: `${origin}/nothing-here?and=a-query`, headers: {}, agent },
    { url: `${origin}/icon.svg`, headers: {}, agent },
    { url, headers, agent, method: "HEAD" },
    { url, headers: { ...headers, rsc: "1" }, agent },
    { url, headers: { ...headers, "accept-encoding": "gzip", "accept-language": "de" }, agent },
  ];
  for (let time = 0; time < REPEATS; time += 1) for (const each of requests) await ask(each);
}

type SingleRequest = Pick<Target, "url" | "headers" | "agent"> & { readonly method?: string };

/** Sends one request and reads the complete response. */
export function ask({ url, headers, agent, method = "GET" }: SingleRequest): Promise<Answer> {
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
