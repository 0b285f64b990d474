/** The middle of some numbers, with the least and the greatest of them. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** @returns NaN three times for no numbers */
export function spread(numbers: readonly number[]): Spread {
  return { median: median(numbers), min: quantile(numbers, 0), max: quantile(numbers, 1) };
}

/** The number in the middle, or between the two there; NaN for no numbers. */
export function median(numbers: readonly number[]): number {
  return quantile(numbers, 0.5);
}

/** The number that a share of the others lies below, e.g. 0.99 of them; NaN for no numbers. */
export function quantile(numbers: readonly number[], share: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}
