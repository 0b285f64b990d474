import { ask, load, sendVariedRequests, type Target } from "./load.ts";
import type { Server } from "./server.ts";
import { median, quantile } from "./statistics.ts";

/** A page that is measured. */
export interface Contestant extends Target {
  readonly name: string;
  readonly server: Server;
}

/** The measurements of a page in one {@link Heat}. */
export interface Score {
  readonly name: string;
  /** Requests per second. */
  readonly rate: number;
  /** CPU time that the server spends on one request, in milliseconds. */
  readonly cpu: number;
  /** Bytes of the response's body. */
  readonly bytes: number;
  /** How long each request took, until the last byte of the response, in milliseconds. */
  readonly latencies: readonly number[];
}

/** One comparison of two pages, which were under load in turn: the reference, and the page compared with it. */
export interface Heat {
  readonly reference: Score;
  readonly challenger: Score;
}

/** The measurements of a page, combined from several heats. See {@link Heat}. */
export interface Result {
  readonly name: string;
  /** Requests per second: the median of the heats. */
  readonly rate: number;
  /** 99 of 100 requests take fewer milliseconds than this. */
  readonly p99: number;
  /** CPU time that the server spends on one request, in milliseconds: the median of the heats. */
  readonly cpu: number;
  readonly bytes: number;
  /** For each heat: the page's rate, divided by the rate of the reference. */
  readonly shares: readonly number[];
  /** For each heat: the page's CPU time per request, divided by that of the reference. */
  readonly cpuShares: readonly number[];
}

/** How long one comparison of two pages takes. */
export interface Timing {
  /** How many rounds run first without being measured, because a server is slower just after its start. */
  readonly warmUp: number;
  readonly rounds: number;
  /** How long each page is under load in one round, in milliseconds. */
  readonly slice: number;
}

/**
 * Puts load on two pages in turn, for a short time each, and reverses the order in every other round. Other programs on
 * the machine then slow both pages equally, and no server is idle for long. An idle server returns memory, and collects
 * garbage at its next request, which makes some processes a third slower and others not at all.
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

/** Combines the heats of one page. Each heat started new processes, because processes of one app differ in speed. */
export function summarise(heats: readonly Heat[]): Result {
  const ratio = (of: (score: Score) => number) =>
    heats.map((heat) => of(heat.challenger) / of(heat.reference));
  const scores = heats.map(({ challenger }) => challenger);
  return { ...total(scores), shares: ratio(({ rate }) => rate), cpuShares: ratio(({ cpu }) => cpu) };
}

/** Combines what all heats measured for the reference: the page that the others are compared with. */
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
  /** CPU time that the page's server had used before the first measurement, in milliseconds. */
  readonly cpuBefore: number;
  /** How long the page has been under load, in milliseconds. */
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
