/** The median, minimum and maximum of some numbers. */
interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** @returns NaN in all three fields for an empty list */
export function spread(numbers: readonly number[]): Spread {
  return { median: median(numbers), min: quantile(numbers, 0), max: quantile(numbers, 1) };
}

/** The number in the middle, or halfway between the two in the middle; NaN for an empty list. */
export function median(numbers: readonly number[]): number {
  return quantile(numbers, 0.5);
}

/** The number below which a share of all numbers lies, e.g. 0.99 of them; NaN for an empty list. */
export function quantile(numbers: readonly number[], share: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}
