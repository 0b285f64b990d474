import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import {
  type PreparedStore,
  RUN,
  SERVERS,
  SQLITE,
  type StoreUnderTest,
} from "@/dev/testing/store-servers.ts";
import { nowInSeconds } from "../clock.ts";
import { createStore } from "./open-store.ts";
import type { Store } from "./store.ts";

vi.setConfig({ testTimeout: 20_000 });

const MEMORY: StoreUnderTest = {
  title: "sqlite, in memory",
  skipped: false,
  prepare: async () => ({ url: "sqlite::memory:", remove: async () => {} }),
};

const HOUR = 3_600;
const inAnHour = () => nowInSeconds() + HOUR;

/** jongodb, a substitute for MongoDB, deletes a document that matched even if it was changed before the deletion. */
const isJongodb = process.env.TEST_MONGODB_SERVER === "jongodb";

let count = 0;
const newKey = () => `${RUN}:${count++}`;

for (const { title, skipped, prepare } of [SQLITE, MEMORY, ...SERVERS]) {
  describe.skipIf(skipped)(`the store in ${title}`, () => {
    const deletesAtomically = title !== "mongodb" || !isJongodb;
    let prepared: PreparedStore;
    let store: Store;
    /** Stores with their own connections, like other instances of the app. For SQLite in memory, all are one store. */
    let others: Store[];

    beforeAll(async () => {
      prepared = await prepare();
      store = createStore(prepared.url);
      others = Array.from({ length: 5 }, () => (title === MEMORY.title ? store : createStore(prepared.url)));
    });
    afterEach(() => void vi.useRealTimers());
    afterAll(async () => {
      for (const each of [store, ...others]) await each.close();
      await prepared.remove();
    });

    /** Lets an entry with a lifetime of one second expire. Redis uses its own clock, and other stores use the app's. */
    async function letExpire(key: string): Promise<void> {
      if (title === "redis") await expect.poll(() => store.get([key]), { timeout: 5_000 }).toEqual([null]);
      else vi.useFakeTimers({ now: Date.now() + 1_000, toFake: ["Date"] });
    }

    test("get returns the values in the order of the keys, and null for an absent key", async () => {
      const [a, b, c] = [newKey(), newKey(), newKey()];
      await store.set(a, "value of a", inAnHour());
      await store.set(c, "value of c", inAnHour());
      expect(await store.get([c, b, a, c])).toEqual(["value of c", null, "value of a", "value of c"]);
      expect(await store.get([])).toEqual([]);
    });

    test("the store returns 400 KB and every character unchanged", async () => {
      const [long, strange] = [newKey(), newKey()];
      const text = "0123456789abcdef".repeat(25_600);
      const characters = "' \" \\ % _ ; -- $1 ? :a \r\n\t é 漢字 🔑 \u{10FFFF}";
      await store.set(long, text, inAnHour());
      await store.set(strange, characters, inAnHour());
      expect(await store.get([long, strange])).toEqual([text, characters]);
    });

    test("the store compares every character of a key, and accepts long keys", async () => {
      const key = newKey().padEnd(118, "x");
      await store.set(`${key}ab`, "lower case", inAnHour());
      expect(await store.get([`${key}AB`, `${key}a`, `${key}ab`])).toEqual([null, null, "lower case"]);
    });

    test("set replaces a value and its expiry", async () => {
      const [key, brief] = [newKey(), newKey()];
      await store.set(key, "first", nowInSeconds() + 1);
      await store.set(key, "second", inAnHour());
      await store.set(brief, "value", nowInSeconds() + 1);
      await letExpire(brief);
      expect(await store.get([key])).toEqual(["second"]);
    });

    test("delete removes entries, and ignores absent keys", async () => {
      const [a, b, c] = [newKey(), newKey(), newKey()];
      for (const key of [a, b, c]) await store.set(key, "value", inAnHour());
      await store.delete([a, newKey(), c]);
      await store.delete([newKey()]);
      await store.delete([]);
      expect(await store.get([a, b, c])).toEqual([null, "value", null]);
    });

    test("an instance reads what another instance has written", async () => {
      const key = newKey();
      await store.set(key, "value", inAnHour());
      for (const other of others) expect(await other.get([key])).toEqual(["value"]);
    });

    test("eight instances can start on an empty store at the same time", async () => {
      const empty = await prepare();
      const instances = Array.from({ length: 8 }, () => createStore(empty.url));
      const keys = instances.map(newKey);
      await Promise.all(instances.map((each, index) => each.set(keys[index] ?? "", "value", inAnHour())));
      for (const [index, each] of instances.entries()) {
        expect(await each.get([keys[index] ?? ""])).toEqual(["value"]);
        await each.close();
      }
      await empty.remove();
    });

    test("get returns null for an expired entry", async () => {
      const [brief, lasting] = [newKey(), newKey()];
      await store.set(lasting, "value", inAnHour());
      await store.set(brief, "value", nowInSeconds() + 1);
      await letExpire(brief);
      expect(await store.get([brief, lasting])).toEqual([null, "value"]);
    });

    test("add succeeds only if the key has no entry or an expired entry", async () => {
      const key = newKey();
      expect(await store.add(key, "first", nowInSeconds() + 1)).toBe(true);
      await letExpire(key);
      expect(await store.add(key, "second", inAnHour())).toBe(true);
      expect(await store.add(key, "third", inAnHour())).toBe(false);
      expect(await store.get([key])).toEqual(["second"]);
      await store.delete([key]);
      expect(await store.add(key, "fourth", inAnHour())).toBe(true);
    });

    test("replace changes or deletes a value only if it equals the expected value in every character", async () => {
      const key = newKey();
      expect(await store.replace(key, "Mine", { value: "x", expiresAt: inAnHour() })).toBe(false);
      expect(await store.replace(key, "Mine", null)).toBe(false);
      expect(await store.get([key])).toEqual([null]);
      await store.set(key, "Mine", inAnHour());
      for (const other of ["mine", "Mine ", "M\u00edne", "", "Min"]) {
        expect(await store.replace(key, other, { value: "x", expiresAt: inAnHour() })).toBe(false);
        expect(await store.replace(key, other, null)).toBe(false);
      }
      expect(await store.get([key])).toEqual(["Mine"]);
      const long = "0123456789abcdef".repeat(25_600);
      expect(await store.replace(key, "Mine", { value: long, expiresAt: inAnHour() })).toBe(true);
      expect(await store.replace(key, long, { value: "last", expiresAt: inAnHour() })).toBe(true);
      expect(await store.get([key])).toEqual(["last"]);
      expect(await store.replace(key, "last", null)).toBe(true);
      expect(await store.get([key])).toEqual([null]);
    });

    test("replace does not change an expired value", async () => {
      const brief = newKey();
      await store.set(brief, "value", nowInSeconds() + 1);
      await letExpire(brief);
      expect(await store.replace(brief, "value", { value: "new", expiresAt: inAnHour() })).toBe(false);
      expect(await store.replace(brief, "value", null)).toBe(false);
      expect(await store.get([brief])).toEqual([null]);
    });

    test("replace can extend the lifetime of the same value several times", async () => {
      const key = newKey();
      await store.set(key, "value", inAnHour());
      for (const later of [1, 2, 3]) {
        const next = { value: "value", expiresAt: inAnHour() + later };
        expect(await store.replace(key, "value", next)).toBe(true);
      }
      expect(await store.get([key])).toEqual(["value"]);
    });

    test("if 50 operations replace the same value at once, one of them succeeds", async () => {
      const key = newKey();
      await store.set(key, "value", inAnHour());
      const replaced = Array.from({ length: 50 }, async (_, index) => {
        const next =
          index % 2 || !deletesAtomically ? { value: `value ${index}`, expiresAt: inAnHour() } : null;
        return others[index % others.length]?.replace(key, "value", next);
      });
      expect((await Promise.all(replaced)).filter(Boolean)).toHaveLength(1);
    });

    test.each(["is absent", "has expired"])(
      "if 50 operations add an entry that %s at once, one of them succeeds",
      async (was) => {
        for (let round = 0; round < 5; round++) {
          const key = newKey();
          if (was === "has expired") await store.set(key, "old", nowInSeconds() - 1);
          const adds = Array.from({ length: 50 }, async (_, index) => {
            const added = await others[index % others.length]?.add(key, `value ${index}`, inAnHour());
            return added ? `value ${index}` : null;
          });
          const winners = (await Promise.all(adds)).filter(Boolean);
          expect(winners).toHaveLength(1);
          expect(await store.get([key])).toEqual(winners);
        }
      },
    );
  });
}
