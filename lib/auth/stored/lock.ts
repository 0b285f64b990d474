import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { nowInSeconds } from "../../clock.ts";
import { keyOf, store } from "./records.ts";

/**
 * A lock expires after this time if the process that holds the lock has died. A live process extends the lock before
 * then, even if the store needs 2 s to add the lock and 2 s to extend it.
 */
const LIFETIME = 10; // seconds
const EXTEND_EVERY = 2_000; // ms
const PATIENCE = 15_000; // ms
const SHORTEST_PAUSE = 20; // ms
const LONGEST_PAUSE = 250; // ms

/**
 * Waits for a lock, then runs work that must not run twice at the same time, not even in two processes.
 *
 * @param name      identifies the lock
 * @param work      runs while the lock is held
 * @param meanwhile called repeatedly while another caller holds the lock; a result other than undefined ends the wait
 * @returns the result of `work` or `meanwhile`; undefined if other callers held the lock for 15 s
 * @throws SessionsUnavailableError if the store is unavailable
 */
export async function withLock<T>(
  name: string,
  work: () => Promise<T>,
  meanwhile: () => Promise<T | undefined> = async () => undefined,
): Promise<T | undefined> {
  const key = keyOf("lock", name);
  const owner = randomUUID();
  const giveUpAt = performance.now() + PATIENCE;
  for (let wait = SHORTEST_PAUSE; ; wait = Math.min(2 * wait, LONGEST_PAUSE)) {
    if (await store().add(key, owner, nowInSeconds() + LIFETIME)) return runLocked(key, owner, work);
    const result = await meanwhile();
    if (result !== undefined) return result;
    if (performance.now() > giveUpAt) return undefined;
    await pause(wait * (0.5 + Math.random())); // random, so that waiting processes do not all retry at the same moment
  }
}

/**
 * Extends the lock during the work, and releases it afterwards. Uses compare-and-set, because a process that was paused
 * for longer than the lock's lifetime must not change the lock of the next owner.
 */
async function runLocked<T>(key: string, owner: string, work: () => Promise<T>): Promise<T> {
  const extend = () => store().replace(key, owner, { value: owner, expiresAt: nowInSeconds() + LIFETIME });
  const timer = setInterval(() => void extend().catch(() => undefined), EXTEND_EVERY).unref();
  try {
    return await work();
  } finally {
    clearInterval(timer);
    await store()
      .replace(key, owner, null)
      .catch(() => undefined); // if the store fails, the lock expires later
  }
}
