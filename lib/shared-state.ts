const SHARED = Symbol.for("hello-oidc.shared-state");

/**
 * One value per process and name. Next bundles the middleware apart from pages and routes, so a module's own
 * variables exist twice in one process; only `globalThis` is common to both. Share plain data and promises of plain
 * data alone: an instance of a class made by one bundle is foreign to the other.
 *
 * @param name   what the value is called; the same name gives the same value everywhere in the process
 * @param create makes the value the first time it is asked for
 */
export function sharedState<T>(name: string, create: () => T): T {
  const holder = globalThis as { [SHARED]?: Map<string, unknown> };
  holder[SHARED] ??= new Map();
  const values = holder[SHARED];
  if (!values.has(name)) values.set(name, create());
  return values.get(name) as T;
}

/** A map that forgets its oldest entries beyond `limit`, so that no visitor can make it grow. */
export class BoundedMap<K, V> {
  readonly #entries = new Map<K, V>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(key: K): V | undefined {
    return this.#entries.get(key);
  }

  set(key: K, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#limit) return;
    const oldest = this.#entries.keys().next();
    if (!oldest.done) this.#entries.delete(oldest.value);
  }

  delete(key: K): void {
    this.#entries.delete(key);
  }

  get size(): number {
    return this.#entries.size;
  }
}
