import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { nowInSeconds } from "../../clock.ts";
import { keyOf, store } from "./records.ts";

/**
 * A process that dies holds nobody up for longer than this. Where a store takes 2 s to take the lock, and 2 s to extend
 * it, a process that lives still comes in time.
 */
const LIFETIME = 10; // seconds
const EXTEND_EVERY = 2_000; // ms
const PATIENCE = 15_000; // ms
const SHORTEST_PAUSE = 20; // ms
const LONGEST_PAUSE = 250; // ms

/**
 * Does something that only one of all processes may do at a time, as soon as it is this one's turn.
 *
 * @param name      what the turn is about
 * @param work      done while the turn is held
 * @param meanwhile asked while somebody else holds it: anything but undefined ends the waiting, with that as the result
 * @returns undefined where it takes longer than 15 s until it is our turn
 * @throws StoreError
 */
export async function inTurn<T>(
  name: string,
  work: () => Promise<T>,
  meanwhile: () => Promise<T | undefined> = async () => undefined,
): Promise<T | undefined> {
  const key = keyOf("lock", name);
  const owner = randomUUID();
  const giveUpAt = performance.now() + PATIENCE;
  for (let wait = SHORTEST_PAUSE; ; wait = Math.min(2 * wait, LONGEST_PAUSE)) {
    if (await store().add(key, owner, nowInSeconds() + LIFETIME)) return holding(key, owner, work);
    const result = await meanwhile();
    if (result !== undefined) return result;
    if (performance.now() > giveUpAt) return undefined;
    await pause(wait * (0.5 + Math.random())); // those who came together do not come back together
  }
}

/**
 * Extends the lock during the work and releases it afterwards, each only while it is still the owner's: a process that
 * was paused for longer than the lock lives leaves alone the lock of the one that came after it.
 */
async function holding<T>(key: string, owner: string, work: () => Promise<T>): Promise<T> {
  const extend = () => store().replace(key, owner, { value: owner, expiresAt: nowInSeconds() + LIFETIME });
  const timer = setInterval(() => void extend().catch(() => undefined), EXTEND_EVERY).unref();
  try {
    return await work();
  } finally {
    clearInterval(timer);
    await store()
      .replace(key, owner, null)
      .catch(() => undefined); // it expires by itself
  }
}
