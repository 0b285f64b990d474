import { type EventEmitter, once } from "node:events";
import type { Backend, TimeLimits } from "./store.ts";

/** A script for compare-and-set. Scripts are atomic: no other command runs between the comparison and the write. */
const REPLACE = `
  if redis.call("GET", KEYS[1]) ~= ARGV[1] then return 0 end
  if ARGV[2] then redis.call("SET", KEYS[1], ARGV[2], "EXAT", ARGV[3]) else redis.call("DEL", KEYS[1]) end
  return 1`;

/** The longest pause between two attempts to reconnect, in milliseconds. A pause varies at random by a quarter. */
const MAX_RECONNECT_DELAY = 1_000;

/** The methods of a client of node-redis, version 4 or newer, that are used here. */
export interface RedisClient {
  readonly isReady: boolean;
  sendCommand(args: string[]): Promise<unknown>;
  on(event: "error", listener: (error: unknown) => void): unknown;
}

type OwnClient = RedisClient & EventEmitter & { connect(): Promise<unknown>; destroy(): void };
type RedisDriver = { createClient(options: object): OwnClient };

/** Loads the driver. */
export const loadRedis = (): Promise<RedisDriver> =>
  import(/* turbopackOptional: true */ "@redis/client" as string);

/** @param url a URL for node-redis */
export async function openRedis(url: string, limits: TimeLimits): Promise<Backend> {
  const driver = await loadRedis();
  let connection: ReturnType<typeof connect> | undefined;
  function end(): void {
    connection?.end();
    connection = undefined;
  }
  async function ready(): Promise<RedisClient> {
    connection ??= connect(driver, url, limits);
    return connection.ready();
  }
  // All operations share one connection. A timeout closes this connection, and the next operation opens a new one.
  return { ...redisOperations(ready), onTimeout: end, close: async () => end() };
}

/** The store in Redis, with an existing client. The code that created the client must connect and close it. */
export function redisStore(client: RedisClient): Backend {
  client.on("error", () => {}); // without a listener, an error would end the process
  const ready = async () => {
    if (!client.isReady) throw new Error("the client passed to provideStoreClient is not connected");
    return client;
  };
  return { ...redisOperations(ready), close: async () => {} };
}

/** Redis 6.2 or newer, or Valkey. Each entry is a string, which the server removes when it expires (`EXAT`). */
function redisOperations(ready: () => Promise<RedisClient>): Omit<Backend, "close"> {
  const send = async (...args: string[]) => (await ready()).sendCommand(args);
  return {
    async get(keys) {
      const values = (await send("MGET", ...keys)) as unknown[];
      return values.map((value) => (value === null ? null : String(value)));
    },
    async set(key, value, expiresAt) {
      await send("SET", key, value, "EXAT", String(expiresAt));
    },
    async add(key, value, expiresAt) {
      return (await send("SET", key, value, "NX", "EXAT", String(expiresAt))) !== null;
    },
    async replace(key, expected, next) {
      const written = next ? [next.value, String(next.expiresAt)] : [];
      return Number(await send("EVAL", REPLACE, "1", key, expected, ...written)) === 1;
    },
    async delete(keys) {
      await send("DEL", ...keys);
    },
  };
}

/** Creates a client that reconnects automatically. While it is disconnected, commands fail instead of waiting. */
function connect({ createClient }: RedisDriver, url: string, limits: TimeLimits) {
  const client = createClient({
    url,
    disableOfflineQueue: true,
    socket: {
      connectTimeout: limits.connect,
      // Random, so that not all instances reconnect at the same moment.
      reconnectStrategy: (attempt: number) =>
        Math.min(50 * 2 ** attempt, MAX_RECONNECT_DELAY) * (0.75 + Math.random() / 2),
    },
  });
  let failure: unknown = null;
  let isConnected = false;
  let waiting: Promise<unknown> | undefined;
  const ended = new AbortController();
  client.on("ready", () => {
    isConnected = true;
    failure = null;
  });
  client.on("error", (error: unknown) => {
    failure = isConnected ? null : error;
    isConnected = false;
  });
  client.connect().catch(() => {}); // the "error" event has reported the reason
  return {
    /** Waits until the client has connected or reconnected. Throws immediately if the last attempt failed. */
    async ready(): Promise<RedisClient> {
      if (client.isReady) return client;
      if (failure) throw failure;
      waiting ??= once(client, "ready", ended).finally(() => {
        waiting = undefined;
      });
      await waiting;
      return client;
    },
    end(): void {
      client.destroy();
      ended.abort(); // makes operations that wait for the connection fail
    },
  };
}
