import { formatRelative, formatUtc } from "@/components/format-time";

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
