import { canListen } from "../../../dev/loopback.ts";

// These ports are below the ephemeral range, so no outgoing connection takes the port of a server that a test has
// stopped. None of them is on a browser's list of unsafe ports.
const COUNT = 2_500;
// Each worker has ports of its own, because a port that is free now may be in use by the time its server starts.
const LOWEST = 20_000 + COUNT * (Number(process.env.TEST_PARALLEL_INDEX ?? 0) % 4);
const given = new Set<number>();

/** Finds a free port on localhost that this function has not returned before in this process. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 1_000; attempt += 1) {
    const port = LOWEST + Math.floor(Math.random() * COUNT);
    if (given.has(port)) continue;
    given.add(port);
    if ((await canListen(port, "127.0.0.1")) && (await canListen(port, "::1"))) return port;
  }
  throw new Error("No free port was found in 1,000 attempts.");
}

/** Finds several different free ports. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}
