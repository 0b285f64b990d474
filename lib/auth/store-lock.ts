import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { nowInSeconds } from "../clock.ts";
import { keyOf, store } from "./session-records.ts";

/**
 * A process that dies holds nobody up for longer than this. Where a store takes 2 s to take the lock, and 2 s to extend
 * it, a process that lives still comes in time.
 */
const LIFETIME = 10; // seconds
const EXTEND_EVERY = 2_000; // ms
/** Counted from before the store was asked, and a second less: expiry is in whole seconds. */
const SAFE_FOR = (LIFETIME - 1) * 1_000; // ms
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
  const giveUpAt = performance.now() + PATIENCE;
  for (let wait = SHORTEST_PAUSE; ; wait = Math.min(2 * wait, LONGEST_PAUSE)) {
    const askedAt = performance.now();
    if (await store().add(key, randomUUID(), nowInSeconds() + LIFETIME)) return holding(key, askedAt, work);
    const result = await meanwhile();
    if (result !== undefined) return result;
    if (performance.now() > giveUpAt) return undefined;
    await pause(wait * (0.5 + Math.random())); // those who came together do not come back together
  }
}

async function holding<T>(key: string, lockedAt: number, work: () => Promise<T>): Promise<T> {
  let safeUntil = lockedAt + SAFE_FOR;
  let extended: Promise<unknown> = Promise.resolve();
  const extend = async () => {
    const begun = performance.now();
    if (begun > safeUntil) return; // held up for too long: by now the lock is another's
    await store().set(key, randomUUID(), nowInSeconds() + LIFETIME);
    safeUntil = begun + SAFE_FOR;
  };
  const timer = setInterval(() => {
    extended = extend().catch(() => undefined);
  }, EXTEND_EVERY).unref();
  try {
    return await work();
  } finally {
    clearInterval(timer);
    await extended; // or it would come after the deletion
    if (performance.now() < safeUntil) {
      await store()
        .delete([key])
        .catch(() => undefined); // it expires by itself
    }
  }
}
