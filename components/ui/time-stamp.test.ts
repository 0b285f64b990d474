import { renderToStaticMarkup } from "react-dom/server";
import { expect, test, vi } from "vitest";
import { TimeStamp } from "./time-stamp.tsx";

const zone = vi.hoisted(() => ({ value: "" }));
vi.mock("next/headers", () => ({ cookies: async () => new Map([["zone", zone]]) }));

test.each([
  ["Asia/Tokyo", "1 Jan 2026, 08:30", "23:30 UTC, "],
  ["UTC", "31 Dec 2025, 23:30 UTC", ""],
  ["Nowhere/Land", "31 Dec 2025, 23:30 UTC", ""],
])(
  "a visitor with the time zone %s sees a time in this zone if it exists, and in UTC",
  async (value, time, utc) => {
    zone.value = value;
    const html = renderToStaticMarkup(await TimeStamp({ seconds: Date.UTC(2025, 11, 31, 23, 30) / 1_000 }));
    expect(html).toContain(`>${time}</time><small>${utc}`);
  },
);
