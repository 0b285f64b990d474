import { type Collection, type Filter, MongoClient } from "mongodb";
import { nowInSeconds } from "../clock.ts";
import { SITE } from "../site.ts";
import type { Backend, TimeLimits } from "./store.ts";

const COLLECTION = `${SITE.id.replaceAll("-", "_")}_sessions`;
const MAX_CONNECTIONS = 10;
const DUPLICATE_KEY = 11_000;

interface Entry {
  _id: string;
  value: string;
  expiresAt: Date;
}

/**
 * The store in MongoDB: a document for each entry, which the server takes away some time after it has expired.
 *
 * @param url a URL as MongoDB's driver takes it; its path names the database, "test" without one
 */
export function openMongodb(url: string, limits: TimeLimits): Backend {
  const client = new MongoClient(url, {
    appName: SITE.id,
    maxPoolSize: MAX_CONNECTIONS,
    connectTimeoutMS: limits.connect,
    serverSelectionTimeoutMS: limits.connect,
    socketTimeoutMS: limits.operation, // a connection that hangs is closed
  });
  return { ...mongodbStore(client), close: () => client.close() };
}

/** The store in MongoDB, in the client's own database. The client stays its owner's. */
export function mongodbStore(client: MongoClient): Backend {
  // A secondary may not know yet what was written a moment ago, whatever the client prefers otherwise.
  const collection = client.db().collection<Entry>(COLLECTION, { readPreference: "primary" });
  const ensureIndex = indexedOnce(collection);

  /** A client that failed to connect the first time connects again if told to, and not by itself. */
  async function connected(): Promise<Collection<Entry>> {
    await client.connect();
    return collection;
  }

  async function write(filter: Filter<Entry>, value: string, expiresAt: number): Promise<void> {
    const entries = await connected();
    ensureIndex();
    const entry = { value, expiresAt: dateOf(expiresAt) };
    await entries.updateOne(filter, { $set: entry }, { upsert: true });
  }

  return {
    async get(keys) {
      const living = { _id: { $in: [...keys] }, expiresAt: { $gt: dateOf(nowInSeconds()) } };
      const found = await (await connected()).find(living).toArray();
      const values = new Map(found.map((entry) => [entry._id, entry.value]));
      return keys.map((key) => values.get(key) ?? null);
    },
    set: (key, value, expiresAt) => write({ _id: key }, value, expiresAt),
    async add(key, value, expiresAt) {
      const expired = { _id: key, expiresAt: { $lte: dateOf(nowInSeconds()) } };
      try {
        await write(expired, value, expiresAt);
        return true;
      } catch (error) {
        // A living entry does not match; inserting then meets its `_id`.
        if ((Object(error) as { code?: unknown }).code === DUPLICATE_KEY) return false;
        throw error;
      }
    },
    async replace(key, expected, next) {
      const filter = { _id: key, value: expected, expiresAt: { $gt: dateOf(nowInSeconds()) } };
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

/** Has the server take expired entries away by itself. Asking again does no harm, and failing can wait. */
function indexedOnce(entries: Collection<Entry>): () => void {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    entries.createIndex({ expiresAt: 1 }, { expireAfterSeconds: 0 }).catch(() => {
      asked = false;
    });
  };
}

function dateOf(seconds: number): Date {
  return new Date(seconds * 1000);
}
