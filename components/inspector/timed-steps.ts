import { LOGIN_STEPS } from "@/components/demo/login-sequence";
import type { Step } from "@/components/demo/sequence";
import type { LoginTimes } from "@/lib/auth/inspector/recording";

const CUT = 14; // percent of the axis: the fixed width of the provider's bar. Drawn to scale, the bar would often be too long

/** Returns the steps of a login with their times and links to the inspector, without the API call after the login. */
export function timedSteps(
  { ms }: LoginTimes,
  sealTook: number | null,
  page = "/inspector",
): readonly Step[] {
  const [begin, ...others] = ms;
  const took = [begin, null, ...others, sealTook];
  const isAway = (index: number) => index === 2;
  const scale = (100 - CUT) / Math.max(machineTime(ms, sealTook), 1);
  let start = 0;
  return LOGIN_STEPS.slice(0, took.length).map((step, index) => {
    const time = took[index] ?? null;
    const href = `${page}#step-${index + 1}`;
    if (time === null) return { ...step, href };
    const length = isAway(index) ? CUT : time * scale;
    const bar = [start, length] as const;
    start += length;
    return { ...step, href, time: duration(time), bar };
  });
}

/** Formats a duration: "41 ms", "3.2 s", "2 min 5 s". @param ms milliseconds */
export function duration(ms: number): string {
  if (ms < 1_000) return `${ms} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** Adds up a login's milliseconds, except the time that the person spent at the provider. @param ms see `LoginTimes` */
export function machineTime([begin, , ...others]: LoginTimes["ms"], sealTook: number | null): number {
  return [begin, ...others, sealTook].reduce<number>((sum, each) => sum + (each ?? 0), 0);
}
