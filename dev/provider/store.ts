import type { Adapter, AdapterPayload } from "oidc-provider";

interface Entry {
  readonly model: string;
  readonly payload: AdapterPayload;
  readonly expiresAt: number;
}

/**
 * The provider's storage for sessions, interactions, grants, codes and tokens, in memory. A test can stop the provider
 * and start it again without losing entries. Writing an entry removes all expired entries.
 */
export class Store {
  readonly #entries = new Map<string, Entry>();

  /** The adapter through which oidc-provider stores one kind of entry, such as `Session`. */
  adapter(model: string): Adapter {
    const find = (id: string) => {
      const entry = this.#entries.get(`${model}:${id}`);
      return entry && !isExpired(entry) ? entry.payload : undefined;
    };
    const findBy = async (member: "uid" | "userCode", value: string) => {
      const isFound = (entry: Entry) => entry.model === model && entry.payload[member] === value;
      return copy([...this.#entries.values()].find((entry) => isFound(entry) && !isExpired(entry))?.payload);
    };
    return {
      upsert: async (id, payload, expiresIn = Number.POSITIVE_INFINITY) => {
        this.remove(isExpired);
        const expiresAt = Date.now() + expiresIn * 1000;
        this.#entries.set(`${model}:${id}`, { model, payload: copy(payload), expiresAt });
      },
      find: async (id) => copy(find(id)),
      findByUid: (uid) => findBy("uid", uid),
      findByUserCode: (userCode) => findBy("userCode", userCode),
      consume: async (id) => {
        const payload = find(id);
        if (payload) payload.consumed = Math.floor(Date.now() / 1000);
      },
      destroy: async (id) => void this.#entries.delete(`${model}:${id}`),
      revokeByGrantId: async (grantId) => {
        this.#entries.delete(`Grant:${grantId}`);
        this.remove(({ payload }) => payload.grantId === grantId);
      },
    };
  }

  /** Deletes the entries that match. */
  remove(matches: (entry: Entry) => boolean): void {
    for (const [key, entry] of this.#entries) if (matches(entry)) this.#entries.delete(key);
  }
}

function isExpired({ expiresAt }: Entry): boolean {
  return expiresAt <= Date.now();
}

/** Copies a payload through JSON, as a database would, so that no caller has a reference into the store. */
function copy<Payload extends AdapterPayload | undefined>(payload: Payload): Payload {
  return payload && JSON.parse(JSON.stringify(payload));
}
