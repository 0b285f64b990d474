import { ask, askForAllSorts, load, type Target } from "./load.ts";
import type { Server } from "./server.ts";
import { median, quantile } from "./statistics.ts";

/** A page that takes part. */
export interface Contestant extends Target {
  readonly name: string;
  readonly server: Server;
}

/** How a contestant did in one heat. */
export interface Score {
  readonly name: string;
  /** Requests a second. */
  readonly rate: number;
  /** CPU milliseconds of the server for one request. */
  readonly cpu: number;
  /** Bytes of the answer's body. */
  readonly bytes: number;
  /** Milliseconds that each answer took. */
  readonly latencies: readonly number[];
}

/** Two pages that were under load in turn: the one that everything is compared with, and another. */
export interface Heat {
  readonly reference: Score;
  readonly challenger: Score;
}

/** How a page did in all heats. */
export interface Result {
  readonly name: string;
  /** Requests a second, the median of the heats. */
  readonly rate: number;
  /** Milliseconds that 99 of 100 answers stay below. */
  readonly p99: number;
  /** CPU milliseconds of the server for one request, the median of the heats. */
  readonly cpu: number;
  readonly bytes: number;
  /** Its requests as a share of the reference's, in each heat. */
  readonly shares: readonly number[];
  /** Its CPU time for a request as a share of the reference's, in each heat. */
  readonly cpuShares: readonly number[];
}

/** How long a heat takes. */
export interface Timing {
  /** Rounds that do not count: just started, a server is slower. */
  readonly warmUp: number;
  readonly rounds: number;
  /** Milliseconds of one contestant in one round. */
  readonly slice: number;
}

/**
 * Puts load on two pages in turn, a short while each, round after round and every other round backwards: what else the
 * machine does slows both alike, and neither server idles for longer than the other's turn. One that does gives memory
 * back and collects garbage anew afterwards, some by a third slower, others not at all.
 */
export async function compare(
  reference: Contestant,
  challenger: Contestant,
  { warmUp, rounds, slice }: Timing,
): Promise<Heat> {
  for (const each of [reference, challenger]) await askForAllSorts(each);
  await takeTurns([await begin(reference), await begin(challenger)], warmUp, slice);
  const counted = [await begin(reference), await begin(challenger)] as const;
  await takeTurns(counted, rounds, slice);
  return { reference: await score(counted[0]), challenger: await score(counted[1]) };
}

/** Puts the heats of one challenger together. In each all processes are new: one may be faster than the next. */
export function summarise(heats: readonly Heat[]): Result {
  const ratio = (of: (score: Score) => number) =>
    heats.map((heat) => of(heat.challenger) / of(heat.reference));
  const scores = heats.map(({ challenger }) => challenger);
  return { ...total(scores), shares: ratio(({ rate }) => rate), cpuShares: ratio(({ cpu }) => cpu) };
}

/** Puts together what the reference did in all heats, whoever the challenger. */
export function summariseReference(heats: readonly Heat[]): Result {
  return { ...total(heats.map(({ reference }) => reference)), shares: [1], cpuShares: [1] };
}

function total(scores: readonly Score[]): Omit<Result, "shares" | "cpuShares"> {
  return {
    name: scores[0]?.name ?? "",
    rate: median(scores.map(({ rate }) => rate)),
    p99: quantile(
      scores.flatMap(({ latencies }) => latencies),
      0.99,
    ),
    cpu: median(scores.map(({ cpu }) => cpu)),
    bytes: scores[0]?.bytes ?? Number.NaN,
  };
}

/** What a contestant has done so far. */
interface Tally {
  readonly contestant: Contestant;
  /** CPU time of its server before that. */
  readonly cpuBefore: number;
  /** Milliseconds under load. */
  time: number;
  readonly latencies: number[];
}

async function begin(contestant: Contestant): Promise<Tally> {
  return { contestant, cpuBefore: await contestant.server.cpuTime(), time: 0, latencies: [] };
}

async function takeTurns(tallies: readonly Tally[], rounds: number, slice: number): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    for (const tally of round % 2 ? tallies.toReversed() : tallies) {
      const { time, latencies } = await load(tally.contestant, slice);
      tally.time += time;
      tally.latencies.push(...latencies);
    }
  }
}

async function score({ contestant, cpuBefore, time, latencies }: Tally): Promise<Score> {
  const cpu = ((await contestant.server.cpuTime()) - cpuBefore) / latencies.length;
  const bytes = (await ask(contestant)).body.length;
  return { name: contestant.name, rate: (latencies.length / time) * 1000, cpu, bytes, latencies };
}
