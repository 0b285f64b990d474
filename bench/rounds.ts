import { ask, askForAllSorts, load, type Target } from "./load.ts";
import type { Server } from "./server.ts";
import { quantile, type Spread, spread } from "./statistics.ts";

/** A page that takes part. */
export interface Contestant extends Target {
  readonly name: string;
  readonly server: Server;
}

/** How a contestant did in one heat. */
export interface Score {
  readonly name: string;
  /** Requests a second, in its better rounds. */
  readonly rate: number;
  /** CPU milliseconds of the server for one request, in its better rounds. */
  readonly cpu: number;
  /** Bytes of the answer's body. */
  readonly bytes: number;
  /** Milliseconds that each answer took. */
  readonly latencies: readonly number[];
}

/** How a contestant did in all heats. */
export interface Result {
  readonly name: string;
  /** Requests a second, the median of the heats. */
  readonly rate: number;
  /** Milliseconds that 99 of 100 answers stay below. */
  readonly p99: number;
  /** CPU milliseconds of the server for one request, the median of the heats. */
  readonly cpu: number;
  readonly bytes: number;
  /** Requests a second in each heat. */
  readonly rates: readonly number[];
  /** CPU milliseconds for one request in each heat. */
  readonly cpus: readonly number[];
}

/** How long a heat takes; times in milliseconds. */
export interface Timing {
  /** Of each contestant. */
  readonly warmUp: number;
  readonly rounds: number;
  /** Of one contestant in one round. */
  readonly slice: number;
}

/**
 * Puts load on the contestants in turn, a short while each, round after round and every other round backwards: a
 * machine that is busy with something else for a while slows them all alike. It can slow them only, so the
 * {@link best} rounds count.
 *
 * @param tell told what is under way
 */
export async function compare(
  contestants: readonly Contestant[],
  { warmUp, rounds, slice }: Timing,
  tell: (what: string) => void,
): Promise<Score[]> {
  const tallies: Tally[] = [];
  tell("warming up");
  const warm = new Set<Server>();
  for (const contestant of contestants) {
    await askForAllSorts(contestant);
    // A server that has warmed up for another page needs little more for this one.
    await load(contestant, warm.has(contestant.server) ? warmUp / 5 : warmUp);
    warm.add(contestant.server);
    const bytes = (await ask(contestant)).body.length;
    tallies.push({ contestant, bytes, rates: [], cpus: [], latencies: [] });
  }
  for (let round = 0; round < rounds; round += 1) {
    tell(`round ${round + 1} of ${rounds}`);
    for (const tally of round % 2 ? tallies.toReversed() : tallies) {
      const { server } = tally.contestant;
      const before = await server.cpuTime();
      const { rate, latencies } = await load(tally.contestant, slice);
      tally.cpus.push(((await server.cpuTime()) - before) / latencies.length);
      tally.rates.push(rate);
      for (const latency of latencies) tally.latencies.push(latency);
    }
  }
  return tallies.map(({ contestant, bytes, rates, cpus, latencies }) => ({
    name: contestant.name,
    rate: best(rates, "most"),
    cpu: best(cpus, "least"),
    bytes,
    latencies,
  }));
}

/**
 * Puts heats together, in each of which the same contestants had new processes: one process may be a tenth faster than
 * the next with the same code, all its life.
 */
export function summarise(heats: readonly (readonly Score[])[]): Result[] {
  return (heats[0] ?? []).map(({ name, bytes }) => {
    const scores = heats.flatMap((heat) => heat.filter((score) => score.name === name));
    const [rates, cpus] = [scores.map(({ rate }) => rate), scores.map(({ cpu }) => cpu)];
    const latencies = scores.flatMap((score) => score.latencies);
    const [rate, cpu, p99] = [quantile(rates, 0.5), quantile(cpus, 0.5), quantile(latencies, 0.99)];
    return { name, rate, p99, cpu, bytes, rates, cpus };
  });
}

/** A measurement that four of five were worse than: what else the machine does makes them worse, and nothing better. */
export function best(figures: readonly number[], wanted: "most" | "least"): number {
  return quantile(figures, wanted === "most" ? 0.8 : 0.2);
}

/** One contestant's figures as a share of another's, heat by heat. */
export function ratio(one: readonly number[], other: readonly number[]): Spread {
  return spread(one.map((figure, heat) => figure / (other[heat] ?? Number.NaN)));
}

interface Tally {
  readonly contestant: Contestant;
  readonly bytes: number;
  readonly rates: number[];
  readonly cpus: number[];
  readonly latencies: number[];
}
