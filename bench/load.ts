import { Agent, type IncomingHttpHeaders, request } from "node:http";

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
  /** Requests a second. */
  readonly rate: number;
  /** Milliseconds that each answer took, to its last byte. */
  readonly latencies: number[];
}

/** One answer, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Connections of its own for one target. */
export function keepAlive(connections: number): Agent {
  return new Agent({ keepAlive: true, maxSockets: connections, maxFreeSockets: connections });
}

/**
 * Keeps every connection of the target busy: each asks anew as soon as it is answered.
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
      latencies.push(performance.now() - asked);
    }
  };
  await Promise.all(Array.from({ length: target.agent.maxSockets }, visitor));
  const seconds = (performance.now() - start) / 1000;
  return { rate: latencies.length / seconds, latencies };
}

/** Asks once. */
export function ask({ url, headers, agent }: Pick<Target, "url" | "headers" | "agent">): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent, headers }, (answer) => {
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
