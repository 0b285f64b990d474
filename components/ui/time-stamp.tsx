import { cookies } from "next/headers";

const PARTS = {
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
} as const;

const UTC = new Intl.DateTimeFormat("en-GB", { ...PARTS, timeZone: "UTC" });
const UTC_TIME = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: "UTC" });
const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

const UNITS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
] as const;

interface TimeStampProps {
  /** Unix seconds, perhaps from a claim. A value that is not a valid date is shown as "Unknown". */
  seconds: unknown;
}

/** Shows a time in the visitor's time zone (if it is known), in UTC, and relative to now. */
export async function TimeStamp({ seconds }: TimeStampProps) {
  const date = new Date(typeof seconds === "number" ? seconds * 1000 : Number.NaN);
  if (Number.isNaN(date.getTime())) return "Unknown";
  const local = inZone((await cookies()).get("zone")?.value);
  const relative = formatRelative(date, new Date());
  return (
    <>
      <time dateTime={date.toISOString()}>{local ? local.format(date) : `${UTC.format(date)} UTC`}</time>
      <small>{local ? `${UTC_TIME.format(date)} UTC, ${relative}` : relative}</small>
    </>
  );
}

/** Creates the format for the browser's time zone. @returns null if the zone is UTC, unknown, or does not exist */
function inZone(timeZone: string | undefined): Intl.DateTimeFormat | null {
  if (!timeZone || timeZone === "UTC") return null;
  try {
    return new Intl.DateTimeFormat("en-GB", { ...PARTS, timeZone });
  } catch {
    return null;
  }
}

/** Returns e.g. "in 7 days", "2 hours ago" or "now". Uses the largest unit for which the number is at least one. */
export function formatRelative(date: Date, now: Date): string {
  const seconds = (date.getTime() - now.getTime()) / 1000;
  for (const [unit, size] of UNITS) {
    const count = Math.round(seconds / size);
    if (Math.abs(count) >= 1) return RELATIVE.format(count, unit);
  }
  return RELATIVE.format(0, "second");
}
