import { ask, load, sendVariedRequests, type Target } from "./load.ts";
import type { Server } from "./server.ts";
import { median, quantile } from "./statistics.ts";

/** A page that is measured. */
export interface Contestant extends Target {
  readonly name: string;
  readonly server: Server;
}

/** The measurements of a page in one heat. */
export interface Score {
  readonly name: string;
  /** Requests a second. */
  readonly rate: number;
  /** Milliseconds of CPU time that the server spends on one request. */
  readonly cpu: number;
  /** Bytes of the answer's body. */
  readonly bytes: number;
  /** Milliseconds until the last byte of each answer. */
  readonly latencies: readonly number[];
}

/** Two pages that were under load alternately: the reference, and the page that is compared with it. */
export interface Heat {
  readonly reference: Score;
  readonly challenger: Score;
}

/** The measurements of a page over all heats. */
export interface Result {
  readonly name: string;
  /** Requests a second, the median of the heats. */
  readonly rate: number;
  /** 99 of 100 answers take fewer milliseconds than this. */
  readonly p99: number;
  /** Milliseconds of CPU time that the server spends on one request, the median of the heats. */
  readonly cpu: number;
  readonly bytes: number;
  /** The page's rate divided by the reference's, for each heat. */
  readonly shares: readonly number[];
  /** The page's CPU time per request divided by the reference's, for each heat. */
  readonly cpuShares: readonly number[];
}

/** How long a heat takes. */
export interface Timing {
  /** Rounds that are not measured, because a server is slower just after its start. */
  readonly warmUp: number;
  readonly rounds: number;
  /** Milliseconds that one page is under load in one round. */
  readonly slice: number;
}

/**
 * Puts load on two pages alternately, a short time each, and reverses the order in every other round. Other work on the
 * machine then slows both equally, and no server is idle for long. An idle server returns memory and collects garbage
 * when it is needed again, which makes some processes a third slower and others not at all.
 */
export async function compare(
  reference: Contestant,
  challenger: Contestant,
  { warmUp, rounds, slice }: Timing,
): Promise<Heat> {
  for (const each of [reference, challenger]) await sendVariedRequests(each);
  await alternate([await begin(reference), await begin(challenger)], warmUp, slice);
  const measured = [await begin(reference), await begin(challenger)] as const;
  await alternate(measured, rounds, slice);
  return { reference: await score(measured[0]), challenger: await score(measured[1]) };
}

/** Combines the heats of one page. Each heat has new processes, because processes of the same app differ in speed. */
export function summarise(heats: readonly Heat[]): Result {
  const ratio = (of: (score: Score) => number) =>
    heats.map((heat) => of(heat.challenger) / of(heat.reference));
  const scores = heats.map(({ challenger }) => challenger);
  return { ...total(scores), shares: ratio(({ rate }) => rate), cpuShares: ratio(({ cpu }) => cpu) };
}

/** Combines the reference's measurements of all heats. */
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

/** The measurements of a page so far. */
interface Tally {
  readonly contestant: Contestant;
  /** CPU time of the page's server before the first measurement. */
  readonly cpuBefore: number;
  /** Milliseconds under load. */
  time: number;
  readonly latencies: number[];
}

async function begin(contestant: Contestant): Promise<Tally> {
  return { contestant, cpuBefore: await contestant.server.cpuTime(), time: 0, latencies: [] };
}

async function alternate(tallies: readonly Tally[], rounds: number, slice: number): Promise<void> {
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
