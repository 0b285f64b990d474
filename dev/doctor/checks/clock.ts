import type { Context } from "../context.ts";
import { error, ok, type Result, skipped, warning } from "../report/finding.ts";
import type { Exchange } from "./wire.ts";

/** If clocks differ by more than this many seconds, the check warns or fails. For ID tokens, the app tolerates 30 s. */
const WARN_FROM = 5;
const FAIL_FROM = 30;

/** The check "Clock": compares this machine's clock with the header `Date` of all answers (RFC 9110, 6.6.1). */
export function checkClock({ wire, settings }: Context): Result {
  const { apiServerUrl: api } = settings;
  const skews = [
    { whose: "the provider's", skew: skewOf(wire.exchanges.filter(({ url }) => url.origin !== api)) },
    { whose: "the API's", skew: skewOf(wire.exchanges.filter(({ url }) => url.origin === api)) },
  ].filter(({ skew }) => !Number.isNaN(skew));
  const [worst] = skews.toSorted((a, b) => Math.abs(b.skew) - Math.abs(a.skew));
  if (!worst) return skipped("No server has sent a date.");
  const { skew, whose } = worst;
  const seconds = Math.round(Math.abs(skew));
  if (seconds <= WARN_FROM)
    return ok(`The clock agrees with ${skews.map((one) => one.whose).join(" and ")}, within ${WARN_FROM} s.`);
  const seen = `This machine's clock is ${seconds} s ${skew < 0 ? "ahead of" : "behind"} ${whose}.`;
  const fix =
    "Synchronise the clock with NTP (timedatectl set-ntp true, or the time settings of the system or virtual machine).";
  return seconds <= FAIL_FROM
    ? warning(`${seen} If the difference exceeds ${FAIL_FROM} s, tokens are rejected.`, fix)
    : error(`${seen} Tokens are rejected as expired, or as not yet valid.`, fix);
}

/** @returns the seconds that a server's clock is ahead, or NaN. Cached answers are old: the value nearest 0 counts. */
function skewOf(exchanges: readonly Exchange[]): number {
  const skews = exchanges.flatMap(({ headers, time }) => {
    const date = Date.parse(headers.get("date") ?? "");
    const age = Number(headers.get("age") ?? 0) || 0;
    // `Date` contains whole seconds, rounded down. On average, the exact time is half a second later.
    return Number.isNaN(date) ? [] : [(date + 500 + age * 1000 - time) / 1000];
  });
  return skews.toSorted((a, b) => Math.abs(a) - Math.abs(b))[0] ?? Number.NaN;
}
