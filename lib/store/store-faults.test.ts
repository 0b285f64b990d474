import { afterAll, afterEach, beforeAll, describe, type ExpectStatic, test, vi } from "vitest";
import { FaultProxy } from "@/dev/testing/fault-proxy.ts";
import { thrownBy } from "@/dev/testing/fresh-process.ts";
import { type PreparedStore, RUN, SERVERS } from "@/dev/testing/store-servers.ts";
import { nowInSeconds } from "../clock.ts";
import { createStore } from "./open-store.ts";
import type { Store } from "./store.ts";

/** Time limits, in milliseconds. They are shorter than in production. Tests that wait for a limit use BRIEF. */
const LIMITS = { operation: 5_000, connect: 1_500 };
const BRIEF = { operation: 2_000, connect: 1_000 };
const SLOW = 250;

const PATIENTLY = { timeout: 5_000 };

const inAnHour = () => nowInSeconds() + 3_600;
const KEY = `${RUN}:faults`;

vi.setConfig({ testTimeout: 20_000 });

// The tests mostly wait, so all servers are tested in parallel. The tests of one server run one after the other.
for (const { title, skipped, prepare } of SERVERS) {
  describe.skipIf(skipped)(`faults of ${title}`, { concurrent: true }, () => {
    const oneAtATime = { concurrent: false };
    let prepared: PreparedStore;
    let proxy: FaultProxy;
    /** The URL of the store through the proxy. */
    let url: string;
    const opened: Store[] = [];

    function open(address = url, limits = LIMITS): Store {
      const store = createStore(address, limits);
      opened.push(store);
      return store;
    }

    async function openWith(value: string, limits = LIMITS): Promise<Store> {
      const store = open(url, limits);
      await store.set(KEY, value, inAnHour());
      return store;
    }

    /** Reads from a store that fails. @returns the error, and after how many milliseconds it was thrown */
    async function failureOf(store: Store): Promise<{ error: unknown; after: number }> {
      const start = performance.now();
      const error = await thrownBy(store.get([KEY]));
      return { error, after: performance.now() - start };
    }

    // The global `expect.poll` cannot tell which of the running tests calls it, so each test passes its own `expect`.
    const worksAgain = (expect: ExpectStatic, store: Store, value: string) =>
      expect.poll(() => store.get([KEY]).catch(String), PATIENTLY).toEqual([value]);
    const canBeWritten = (expect: ExpectStatic, store: Store) =>
      expect
        .poll(() => store.set(KEY, "up", inAnHour()).then(() => "written", String), PATIENTLY)
        .toBe("written");

    beforeAll(async () => {
      prepared = await prepare();
      // Load the driver and create the table first, so that the tests measure only the server.
      const direct = createStore(prepared.url);
      await direct.set(KEY, "value", inAnHour());
      await direct.close();
      const address = new URL(prepared.url);
      proxy = await FaultProxy.start(address.hostname, Number(address.port));
      address.port = String(proxy.port);
      if (title === "mongodb") address.searchParams.set("directConnection", "true");
      url = address.href;
    });
    afterEach(async () => {
      await proxy.goUp();
      await Promise.all(opened.splice(0).map((store) => store.close()));
    });
    afterAll(async () => {
      await proxy.goDown();
      await prepared.remove();
    });

    test(
      "operations fail while a server is down from the start, and work when it is up",
      oneAtATime,
      async ({ expect }) => {
        await proxy.goDown();
        const store = open();
        for (let attempt = 0; attempt < 2; attempt++) {
          const { error } = await failureOf(store);
          expect(error).toMatchObject({ name: "StoreError" });
          expect(String(error)).toContain(`${title} at 127.0.0.1:${proxy.port}: `);
          expect(String(error)).not.toContain("no answer");
        }
        await proxy.goUp();
        await canBeWritten(expect, store);
        expect(await store.get([KEY])).toEqual(["up"]);
      },
    );

    test(
      "operations fail while a server is down, and work when it is up again",
      oneAtATime,
      async ({ expect }) => {
        const store = await openWith("before");
        for (let time = 0; time < 2; time++) {
          await proxy.goDown();
          for (let attempt = 0; attempt < 2; attempt++) {
            const { error } = await failureOf(store);
            expect(error).toMatchObject({ name: "StoreError" });
            expect(String(error)).not.toContain("no answer");
          }
          await proxy.goUp();
          await worksAgain(expect, store, "before");
        }
      },
    );

    test.skipIf(title === "mongodb")(
      "operations fail at once while a server is down",
      oneAtATime,
      async ({ expect }) => {
        const store = await openWith("before");
        await proxy.goDown();
        await failureOf(store);
        const start = performance.now();
        for (let attempt = 0; attempt < 15; attempt++) await failureOf(store);
        expect(performance.now() - start).toBeLessThan(3_000);
      },
    );

    test(
      "many operations fail within the time limit while a server hangs, and work afterwards",
      oneAtATime,
      async ({ expect }) => {
        const store = await openWith("before", BRIEF);
        const ask = () => Array.from({ length: 30 }, () => store.get([KEY]));
        await Promise.all(ask()); // the pool is full
        proxy.hang();
        const start = performance.now();
        const failures = await Promise.all(ask().map(thrownBy));
        expect(performance.now() - start).toBeLessThan(BRIEF.operation * 2);
        for (const error of failures) expect(error).toMatchObject({ name: "StoreError" });
        await proxy.goUp();
        expect(await store.get([KEY])).toEqual(["before"]);
        await Promise.all(ask());
      },
    );

    test(
      "an operation fails within the time limit if a server hangs from the start, and works afterwards",
      oneAtATime,
      async ({ expect }) => {
        proxy.hang();
        const store = open(url, BRIEF);
        const { error, after } = await failureOf(store);
        expect(error).toMatchObject({ name: "StoreError" });
        expect(after).toBeLessThan(BRIEF.operation * 2);
        await proxy.goUp();
        await store.set(KEY, "up", inAnHour());
      },
    );

    test(
      "unfinished operations fail when the connection is cut, and later operations succeed",
      oneAtATime,
      async ({ expect }) => {
        const store = await openWith("before");
        proxy.hang();
        const underWay = Array.from({ length: 5 }, () => thrownBy(store.get([KEY])));
        await proxy.goDown();
        for (const error of await Promise.all(underWay)) expect(error).toMatchObject({ name: "StoreError" });
        await proxy.goUp();
        await worksAgain(expect, store, "before");
      },
    );

    test("operations succeed slowly if the server is slow", oneAtATime, async ({ expect }) => {
      const store = await openWith("before");
      proxy.delay(SLOW);
      const start = performance.now();
      expect(await store.get([KEY])).toEqual(["before"]);
      expect(performance.now() - start).toBeGreaterThan(SLOW * 0.9);
      await store.set(KEY, "slowly", inAnHour());
      expect(await store.add(KEY, "not at all", inAnHour())).toBe(false);
      expect(await store.get([KEY])).toEqual(["slowly"]);
      expect(await Promise.all(Array.from({ length: 5 }, () => store.get([KEY])))).toHaveLength(5);
      await store.delete([KEY]);
    });

    test(
      "the error for a wrong password contains neither user name nor password",
      oneAtATime,
      async ({ expect }) => {
        const wrong = new URL(prepared.url);
        wrong.username = "mallory";
        wrong.password = "wr%40ng";
        const { error } = await failureOf(open(wrong.href));
        expect(error).toMatchObject({ name: "StoreError" });
        expect(error).not.toHaveProperty("cause");
        expect(String(error)).not.toMatch(/mallory|wr%40ng|wr@ng/);
        // jongodb, a substitute for MongoDB, has no passwords. It rejects the command that sends one.
        expect(String(error)).toMatch(
          /WRONGPASS|28P01|ACCESS_DENIED|Authentication|no such command: saslStart/i,
        );
      },
    );
  });
}
