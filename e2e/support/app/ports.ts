import { canListen } from "../../../dev/loopback.ts";

// These ports are below the ephemeral range, so no outgoing connection takes the port of a server that a test has
// stopped. None of them is on a browser's list of unsafe ports.
const LOWEST = 20_000;
const COUNT = 10_000;

/** Finds a free port on localhost. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = LOWEST + Math.floor(Math.random() * COUNT);
    if ((await canListen(port, "127.0.0.1")) && (await canListen(port, "::1"))) return port;
  }
  throw new Error("No free port was found in 100 attempts.");
}

/** Finds several different free ports. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}
