import { nowInSeconds } from "../../clock.ts";
import { log } from "../../log.ts";
import { sharedState } from "../../shared-state.ts";
import { toLoginError } from "./errors.ts";

/** Something plain that the provider publishes: fetched once, kept, and renewed while the old copy goes on serving. */
interface Published<T> {
  value: T | undefined;
  fetchedAt: number;
  /** From when on a renewal is tried. */
  renewAt: number;
  pending: Promise<T> | undefined;
}

/** Seconds that an old copy serves after a vain attempt to renew it, so that not every login waits for a time-out. */
const RETRY_AFTER = 30;

/** Seconds after which an old copy is worth nothing: a key that was withdrawn must not be trusted for ever. */
const MAX_AGE = 86_400;

/** What to fetch, and for how long it counts as fresh, in seconds. */
interface Publication<T> {
  readonly name: string;
  readonly lifetime: number;
  readonly fetch: () => Promise<T>;
}

/**
 * Gives what the provider publishes from this process's memory, fetching it where there is nothing yet. Everybody who
 * asks meanwhile shares one request. A copy past its lifetime is renewed; while that fails the old one goes on serving.
 *
 * @throws LoginError where there is no copy and the provider gives none
 */
export async function published<T>({ name, lifetime, fetch }: Publication<T>): Promise<T> {
  const entry = entryOf<T>(name);
  const renewAt = Math.max(entry.renewAt, entry.fetchedAt + lifetime);
  if (entry.value !== undefined && nowInSeconds() < renewAt) return entry.value;
  entry.pending ??= fetch()
    .then((value) => remember(name, value))
    .catch((error: unknown) => {
      if (entry.value === undefined || nowInSeconds() - entry.fetchedAt > MAX_AGE) throw error;
      const { message, detail } = toLoginError(error, name);
      log.warn(detail, `${message}; the copy in memory goes on serving`);
      entry.renewAt = nowInSeconds() + RETRY_AFTER;
      return entry.value;
    })
    .finally(() => {
      entry.pending = undefined;
    });
  return entry.pending;
}

/** Puts a fresh copy into memory and returns it. */
export function remember<T>(name: string, value: T): T {
  const entry = entryOf<T>(name);
  entry.value = value;
  entry.fetchedAt = nowInSeconds();
  return value;
}

/** The copy in memory, fresh or not, without asking anybody. */
export function peek<T>(name: string): T | undefined {
  return entryOf<T>(name).value;
}

/** How old the copy in memory is, in seconds: more than its lifetime where it could not be renewed. */
export function ageOf(name: string): number {
  return nowInSeconds() - entryOf(name).fetchedAt;
}

function entryOf<T>(name: string): Published<T> {
  return sharedState<Published<T>>(`published ${name}`, () => ({
    value: undefined,
    fetchedAt: 0,
    renewAt: 0,
    pending: undefined,
  }));
}
