import type { Adapter, AdapterPayload } from "oidc-provider";

interface Entry {
  readonly model: string;
  readonly id: string;
  readonly payload: AdapterPayload;
  readonly expiresAt: number;
}

const SWEEP_INTERVAL = 60_000;

/**
 * The provider's storage for sessions, interactions, grants, codes and tokens. It is kept in memory while the provider is
 * stopped and started. Expired entries are removed once a minute.
 */
export class Store {
  readonly #entries = new Map<string, Entry>();
  #nextSweep = 0;

  /** oidc-provider's adapter for one model. */
  adapter(model: string): Adapter {
    const find = (matches: (payload: AdapterPayload) => boolean) =>
      this.#all().find((entry) => entry.model === model && matches(entry.payload))?.payload;
    return {
      upsert: async (id, payload, expiresIn) => this.#put({ model, id, payload, expiresIn }),
      find: async (id) => copy(this.#get(model, id)?.payload),
      findByUid: async (uid) => copy(find((payload) => payload.uid === uid)),
      findByUserCode: async (userCode) => copy(find((payload) => payload.userCode === userCode)),
      consume: async (id) => this.#consume(model, id),
      destroy: async (id) => void this.#entries.delete(key(model, id)),
      revokeByGrantId: async (grantId) => this.revokeGrant(grantId),
    };
  }

  /** Deletes a grant and everything that was issued under it. */
  revokeGrant(grantId: string): void {
    this.#remove(
      (entry) => entry.payload.grantId === grantId || (entry.model === "Grant" && entry.id === grantId),
    );
  }

  /** Deletes every grant of an account, so that its tokens stop working. */
  revokeGrantsOf(accountId: string): void {
    for (const { model, id, payload } of this.#all()) {
      if (model === "Grant" && payload.accountId === accountId) this.revokeGrant(id);
    }
  }

  /** Deletes all entries of one model. */
  removeAll(model: string): void {
    this.#remove((entry) => entry.model === model);
  }

  #consume(model: string, id: string): void {
    const payload = this.#get(model, id)?.payload;
    if (payload) payload.consumed = Math.floor(Date.now() / 1000);
  }

  #put({
    model,
    id,
    payload,
    expiresIn,
  }: Omit<Entry, "expiresAt"> & { expiresIn: number | undefined }): void {
    if (Date.now() > this.#nextSweep) {
      this.#remove(isExpired);
      this.#nextSweep = Date.now() + SWEEP_INTERVAL;
    }
    const expiresAt = Date.now() + (expiresIn ?? Number.POSITIVE_INFINITY) * 1000;
    const stored = copy(payload);
    if (stored) this.#entries.set(key(model, id), { model, id, payload: stored, expiresAt });
  }

  #get(model: string, id: string): Entry | undefined {
    const entry = this.#entries.get(key(model, id));
    return entry && !isExpired(entry) ? entry : undefined;
  }

  #all(): Entry[] {
    return [...this.#entries.values()].filter((entry) => !isExpired(entry));
  }

  #remove(matches: (entry: Entry) => boolean): void {
    for (const [id, entry] of this.#entries) if (matches(entry)) this.#entries.delete(id);
  }
}

function key(model: string, id: string): string {
  return `${model}:${id}`;
}

function isExpired(entry: Entry): boolean {
  return entry.expiresAt <= Date.now();
}

/** Copies by way of JSON, as a database would, so that no caller holds a reference into the store. */
function copy(payload: AdapterPayload | undefined): AdapterPayload | undefined {
  return payload && JSON.parse(JSON.stringify(payload));
}
