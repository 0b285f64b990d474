import { ask, load, type Target } from "./load.ts";
import type { Server } from "./server.ts";
import { quantile, type Spread, spread } from "./statistics.ts";

/** A page that takes part. */
export interface Contestant extends Target {
  readonly name: string;
  readonly server: Server;
}

/** How a contestant did. */
export interface Result {
  readonly name: string;
  /** Requests a second, the median of the rounds. */
  readonly rate: number;
  /** Milliseconds that 99 of 100 answers stay below. */
  readonly p99: number;
  /** CPU milliseconds of the server for one request, the median of the rounds. */
  readonly cpu: number;
  /** Bytes of the answer's body. */
  readonly bytes: number;
  /** Requests a second in each round. */
  readonly rates: readonly number[];
  /** CPU milliseconds for one request in each round. */
  readonly cpus: readonly number[];
}

/** How long it all takes, in milliseconds. */
export interface Timing {
  readonly warmUp: number;
  readonly rounds: number;
  /** Of one contestant in one round. */
  readonly slice: number;
}

/**
 * Puts load on the contestants in turn, a short while each, round after round and every other round backwards: a
 * machine that is busy with something else for a while slows them all alike, and the rates of one round compare.
 *
 * @param tell told what is under way
 */
export async function compare(
  contestants: readonly Contestant[],
  { warmUp, rounds, slice }: Timing,
  tell: (what: string) => void,
): Promise<Result[]> {
  const scores: Score[] = [];
  tell("warming up");
  for (const contestant of contestants) {
    await load(contestant, warmUp);
    const bytes = (await ask(contestant)).body.length;
    scores.push({ contestant, bytes, rates: [], cpus: [], latencies: [] });
  }
  for (let round = 0; round < rounds; round += 1) {
    tell(`round ${round + 1} of ${rounds}`);
    for (const score of round % 2 ? scores.toReversed() : scores) {
      const { server } = score.contestant;
      const before = await server.cpuTime();
      const { rate, latencies } = await load(score.contestant, slice);
      score.cpus.push(((await server.cpuTime()) - before) / latencies.length);
      score.rates.push(rate);
      for (const latency of latencies) score.latencies.push(latency);
    }
  }
  return scores.map(({ contestant, bytes, rates, cpus, latencies }) => ({
    name: contestant.name,
    rate: quantile(rates, 0.5),
    p99: quantile(latencies, 0.99),
    cpu: quantile(cpus, 0.5),
    bytes,
    rates,
    cpus,
  }));
}

/** One contestant's figures as a share of another's, round by round. */
export function ratio(one: readonly number[], other: readonly number[]): Spread {
  return spread(one.map((figure, round) => figure / (other[round] ?? Number.NaN)));
}

interface Score {
  readonly contestant: Contestant;
  readonly bytes: number;
  readonly rates: number[];
  readonly cpus: number[];
  readonly latencies: number[];
}
