/** The median, minimum and maximum of some numbers. */
interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** @returns NaN in all three fields if the list is empty */
export function spread(numbers: readonly number[]): Spread {
  return { median: median(numbers), min: quantile(numbers, 0), max: quantile(numbers, 1) };
}

/** The number in the middle, or halfway between the two in the middle. NaN if the list is empty. */
export function median(numbers: readonly number[]): number {
  return quantile(numbers, 0.5);
}

/** The number below which this share of the list lies: 0.99 gives the 99th percentile. NaN if the list is empty. */
export function quantile(numbers: readonly number[], share: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}
