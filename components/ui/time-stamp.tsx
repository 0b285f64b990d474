const UTC = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  timeZone: "UTC",
});

const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

const UNITS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
] as const;

interface TimeStampProps {
  /** Unix seconds. The value may come from a claim: anything but a valid date is shown as "Unknown". */
  seconds: unknown;
}

export function TimeStamp({ seconds }: TimeStampProps) {
  const date = new Date(typeof seconds === "number" ? seconds * 1000 : Number.NaN);
  if (Number.isNaN(date.getTime())) return "Unknown";
  return (
    <>
      <time dateTime={date.toISOString()}>{formatUtc(date)}</time>
      <span className="block text-soft">{formatRelative(date, new Date())}</span>
    </>
  );
}

/** For example "21 Nov 2026, 09:30 UTC". */
function formatUtc(date: Date): string {
  return `${UTC.format(date)} UTC`;
}

/** For example "in 7 days", "2 hours ago", "now": in the largest unit that gives at least one. */
function formatRelative(date: Date, now: Date): string {
  const seconds = (date.getTime() - now.getTime()) / 1000;
  for (const [unit, size] of UNITS) {
    const count = Math.round(seconds / size);
    if (Math.abs(count) >= 1) return RELATIVE.format(count, unit);
  }
  return RELATIVE.format(0, "second");
}
