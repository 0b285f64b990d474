import { nowInSeconds } from "../clock.ts";
import { APP, type Backend, TABLE, type TimeLimits } from "./store.ts";

const MAX_CONNECTIONS = 10;
const DUPLICATE_KEY = 11_000;

/** The methods of the driver's `MongoClient` and `Collection` that are used here. */
export interface MongodbClient {
  connect(): Promise<unknown>;
  db(): { collection(name: string, options: object): MongodbCollection };
  close(): Promise<void>;
}

interface MongodbCollection {
  find(filter: object): { toArray(): Promise<{ readonly _id: unknown; readonly value?: unknown }[]> };
  updateOne(filter: object, update: object, options?: object): Promise<{ readonly matchedCount: number }>;
  deleteOne(filter: object): Promise<{ readonly deletedCount: number }>;
  deleteMany(filter: object): Promise<unknown>;
  createIndex(fields: { expiresAt: 1 }, options: object): Promise<unknown>;
}

/** Loads the driver. */
export const loadMongodb = (): Promise<{
  readonly MongoClient: new (url: string, options: object) => MongodbClient;
}> => import(/* turbopackOptional: true */ "mongodb" as string);

/** @param url a URL for MongoDB's driver; its path is the name of the database, "test" by default */
export async function openMongodb(url: string, limits: TimeLimits): Promise<Backend> {
  const { MongoClient } = await loadMongodb();
  const client = new MongoClient(url, {
    appName: APP,
    maxPoolSize: MAX_CONNECTIONS,
    connectTimeoutMS: limits.connect,
    serverSelectionTimeoutMS: limits.connect,
    socketTimeoutMS: limits.operation, // closes a connection that hangs
  });
  return { ...mongodbStore(client), close: () => client.close() };
}

/**
 * The store in MongoDB, in the client's default database. Each entry is a document, which the server removes when it
 * expires. The code that opened the client must close it.
 */
export function mongodbStore(client: MongodbClient): Backend {
  // Always read from the primary, because a secondary may not have the latest write yet.
  const collection = client.db().collection(TABLE, { readPreference: "primary" });
  let isIndexed = false;

  /** Calls `connect` each time, because a client that failed to connect does not retry on its own. */
  async function connected(): Promise<MongodbCollection> {
    await client.connect();
    return collection;
  }

  /**
   * Creates the index that makes the server remove expired entries. A failure is harmless, because reads ignore expired
   * entries. The next write tries again.
   */
  function ensureIndex(): void {
    if (isIndexed) return;
    isIndexed = true;
    collection.createIndex({ expiresAt: 1 }, { expireAfterSeconds: 0 }).catch(() => {
      isIndexed = false;
    });
  }

  async function write(filter: object, value: string, expiresAt: number): Promise<void> {
    const entries = await connected();
    ensureIndex();
    await entries.updateOne(filter, { $set: { value, expiresAt: dateOf(expiresAt) } }, { upsert: true });
  }

  const expired = () => ({ expiresAt: { $lte: dateOf(nowInSeconds()) } });
  const notExpired = () => ({ expiresAt: { $gt: dateOf(nowInSeconds()) } });

  return {
    async get(keys) {
      const found = await (await connected()).find({ _id: { $in: [...keys] }, ...notExpired() }).toArray();
      const values = new Map(found.map(({ _id, value }) => [_id, String(value)]));
      return keys.map((key) => values.get(key) ?? null);
    },
    set: (key, value, expiresAt) => write({ _id: key }, value, expiresAt),
    async add(key, value, expiresAt) {
      try {
        await write({ _id: key, ...expired() }, value, expiresAt);
        return true;
      } catch (error) {
        // If the entry has not expired, the filter does not match it. MongoDB then tries to insert a duplicate `_id`.
        if ((Object(error) as { code?: unknown }).code === DUPLICATE_KEY) return false;
        throw error;
      }
    },
    async replace(key, expected, next) {
      const filter = { _id: key, value: expected, ...notExpired() };
      const entries = await connected();
      if (!next) return (await entries.deleteOne(filter)).deletedCount === 1;
      const entry = { value: next.value, expiresAt: dateOf(next.expiresAt) };
      return (await entries.updateOne(filter, { $set: entry })).matchedCount === 1;
    },
    async delete(keys) {
      await (await connected()).deleteMany({ _id: { $in: [...keys] } });
    },
    close: async () => {},
  };
}

function dateOf(seconds: number): Date {
  return new Date(seconds * 1000);
}
