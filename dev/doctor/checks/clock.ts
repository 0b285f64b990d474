import type { Context } from "../context.ts";
import { error, ok, type Result, skipped, warning } from "../report/finding.ts";
import type { Exchange } from "./wire.ts";

/** Differences between the clocks, in seconds. The app accepts ID tokens up to a difference of 30 seconds. */
const WARN_FROM = 5;
const FAIL_FROM = 30;

/** The check "Clock": this machine's clock agrees with the provider's and the API's (`Date`, RFC 9110, 6.6.1). */
export function checkClock({ wire, settings }: Context): Result {
  const { apiServerUrl: api } = settings;
  const skews = [
    { whose: "the provider's", skew: skewOf(wire.exchanges.filter(({ url }) => url.origin !== api)) },
    { whose: "the API's", skew: skewOf(wire.exchanges.filter(({ url }) => url.origin === api)) },
  ].filter(({ skew }) => !Number.isNaN(skew));
  const [worst] = skews.toSorted((a, b) => Math.abs(b.skew) - Math.abs(a.skew));
  if (!worst) return skipped("No answer contains a date.");
  const { skew, whose } = worst;
  const seconds = Math.round(Math.abs(skew));
  if (seconds <= WARN_FROM)
    return ok(`It agrees with ${skews.map((one) => one.whose).join(" and ")}, within ${WARN_FROM} s.`);
  const seen = `This machine's clock is ${seconds} s ${skew < 0 ? "ahead of" : "behind"} ${whose}.`;
  const fix =
    "Synchronise the clock by NTP (timedatectl set-ntp true, or the time settings of the system or virtual machine).";
  return seconds <= FAIL_FROM
    ? warning(`${seen} From ${FAIL_FROM} s on, tokens are rejected.`, fix)
    : error(`${seen} Tokens are rejected as expired, or as not yet valid.`, fix);
}

/** How many seconds another clock is ahead, or NaN. Uses the smallest difference: cached answers have old dates. */
function skewOf(exchanges: readonly Exchange[]): number {
  const skews = exchanges.flatMap(({ headers, time }) => {
    const date = Date.parse(headers.get("date") ?? "");
    const age = Number(headers.get("age") ?? 0) || 0;
    // The header contains whole seconds, rounded down. On average, the exact time is half a second later.
    return Number.isNaN(date) ? [] : [(date + 500 + age * 1000 - time) / 1000];
  });
  return skews.toSorted((a, b) => Math.abs(a) - Math.abs(b))[0] ?? Number.NaN;
}
