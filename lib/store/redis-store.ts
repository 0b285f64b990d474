import { once } from "node:events";
import { createClient } from "@redis/client";
import { SITE } from "../site.ts";
import type { Backend, TimeLimits } from "./store.ts";

const PREFIX = `${SITE.id}:`;

/** A script is atomic: no other command runs between its comparison and its write. */
const REPLACE = `
  if redis.call("GET", KEYS[1]) ~= ARGV[1] then return 0 end
  if ARGV[2] then redis.call("SET", KEYS[1], ARGV[2], "EXAT", ARGV[3]) else redis.call("DEL", KEYS[1]) end
  return 1`;

/** In milliseconds. */
const LONGEST_PAUSE = 1_000;

/** What the store wants of a client: what node-redis has since version 4. */
export interface RedisClient {
  readonly isReady: boolean;
  sendCommand(args: string[]): Promise<unknown>;
  on(event: "error", listener: (error: unknown) => void): unknown;
}

/**
 * The store in Redis or Valkey, 6.2 or newer: each entry a string that the server lets expire (`EXAT`).
 *
 * @param url a URL as node-redis takes it
 */
export function openRedis(url: string, limits: TimeLimits): Backend {
  let connection: Connection | undefined;
  function end(): void {
    connection?.end();
    connection = undefined;
  }
  async function ready(): Promise<RedisClient> {
    connection ??= connect(url, limits);
    return connection.ready();
  }
  // One connection serves all: where it has hung once, it hangs for everybody. The next operation makes another.
  return { ...redisOperations(ready), onDeadline: end, close: async () => end() };
}

/** The store in Redis, over a client that its owner connects and closes. */
export function redisStore(client: RedisClient): Backend {
  client.on("error", () => {}); // without a listener it would end the process
  const ready = async () => {
    if (!client.isReady) throw new Error("the client that was passed in is not connected");
    return client;
  };
  return { ...redisOperations(ready), close: async () => {} };
}

function redisOperations(ready: () => Promise<RedisClient>): Omit<Backend, "close"> {
  const send = async (...args: string[]) => (await ready()).sendCommand(args);
  const prefixed = (keys: readonly string[]) => keys.map((key) => PREFIX + key);
  return {
    async get(keys) {
      const values = (await send("MGET", ...prefixed(keys))) as unknown[];
      return values.map((value) => (value === null ? null : String(value)));
    },
    async set(key, value, expiresAt) {
      await send("SET", PREFIX + key, value, "EXAT", String(expiresAt));
    },
    async add(key, value, expiresAt) {
      return (await send("SET", PREFIX + key, value, "NX", "EXAT", String(expiresAt))) !== null;
    },
    async replace(key, expected, next) {
      const written = next ? [next.value, String(next.expiresAt)] : [];
      return Number(await send("EVAL", REPLACE, "1", PREFIX + key, expected, ...written)) === 1;
    },
    async delete(keys) {
      await send("DEL", ...prefixed(keys));
    },
  };
}

interface Connection {
  /**
   * The client, once it is connected. A connection that was just lost is being made anew, which is waited for; while
   * that fails, throws at once what the last attempt met with.
   */
  ready(): Promise<RedisClient>;
  end(): void;
}

/** A client that connects by itself, again and again, and queues nothing meanwhile. */
function connect(url: string, limits: TimeLimits): Connection {
  const client = createClient({
    url,
    disableOfflineQueue: true,
    socket: {
      connectTimeout: limits.connect,
      // Spread, so that not all instances come at the same moment.
      reconnectStrategy: (attempt) => Math.min(50 * 2 ** attempt, LONGEST_PAUSE) * (0.75 + Math.random() / 2),
    },
  });
  let failure: unknown = null;
  let connected = false;
  let attempt: Promise<unknown> | undefined;
  const ended = new AbortController();
  client.on("ready", () => {
    connected = true;
    failure = null;
  });
  client.on("error", (error: unknown) => {
    failure = connected ? null : error;
    connected = false;
  });
  client.connect().catch(() => {}); // its events tell
  return {
    async ready() {
      if (client.isReady) return client;
      if (failure) throw failure;
      attempt ??= once(client, "ready", ended).finally(() => {
        attempt = undefined;
      });
      await attempt;
      return client;
    },
    end() {
      client.destroy();
      ended.abort(); // who waits for it waits in vain
    },
  };
}
