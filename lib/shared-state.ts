import { nowInSeconds } from "./clock.ts";
import { SITE } from "./site.ts";

const SMALLEST_SWEEP = 1_000; // in a smaller set, expired keys do no harm
const SHARED = Symbol.for(`${SITE.id}.shared-state`);

/**
 * The value with this name, created once per process. Next.js bundles the middleware and the pages separately, so each
 * module's variables exist twice. Only `globalThis` is shared. Avoid `instanceof`: classes exist twice, too.
 */
export function sharedState<T>(name: string, create: () => T): T {
  const holder = globalThis as { [SHARED]?: Map<string, unknown> };
  holder[SHARED] ??= new Map();
  const values = holder[SHARED];
  if (!values.has(name)) values.set(name, create());
  return values.get(name) as T;
}

/** A map of at most `limit` entries, so that visitors cannot fill the memory. A full map replaces its oldest entry. */
export class BoundedMap<K, V> extends Map<K, V> {
  readonly #limit: number;

  constructor(limit: number) {
    super();
    this.#limit = limit;
  }

  override set(key: K, value: V): this {
    this.delete(key);
    super.set(key, value);
    const oldest = this.keys().next();
    if (this.size > this.#limit && !oldest.done) this.delete(oldest.value);
    return this;
  }
}

/** A set of keys that expire, stored as a map from key to expiry time (Unix seconds). Keeps at most `limit` keys. */
export class ExpiringSet extends Map<string, number> {
  readonly #limit: number;
  #sweepAt: number; // `add` removes keys only above this size, so that most calls are fast

  constructor(limit: number) {
    super();
    this.#limit = limit;
    this.#sweepAt = Math.min(limit, SMALLEST_SWEEP);
  }

  /** @param expiresAt Unix seconds */
  add(key: string, expiresAt: number): void {
    this.set(key, expiresAt);
    if (this.size > this.#sweepAt) this.#sweep();
  }

  /** Removes expired keys. If more than `limit` remain, also removes those that expire soonest, a tenth of `limit`. */
  #sweep(): void {
    const now = nowInSeconds();
    for (const [key, expiresAt] of this) if (expiresAt <= now) this.delete(key);
    if (this.size > this.#limit) {
      const soonestFirst = [...this].sort(([, a], [, b]) => a - b);
      for (const [key] of soonestFirst.slice(0, Math.ceil(this.#limit / 10))) this.delete(key);
    }
    this.#sweepAt = Math.min(this.#limit, Math.max(SMALLEST_SWEEP, 2 * this.size));
  }
}
