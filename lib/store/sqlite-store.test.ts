import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setImmediate } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { thrownBy } from "@/dev/testing/fresh-process.ts";
import { nowInSeconds } from "../clock.ts";
import { createStore } from "./open-store.ts";
import { sqlStore } from "./sql-store.ts";
import { sqliteDatabase } from "./sqlite-database.ts";
import { TABLE } from "./store.ts";

vi.setConfig({ testTimeout: 20_000 });

const inAnHour = () => nowInSeconds() + 3_600;
const modeOf = (file: string) => (statSync(file).mode & 0o777).toString(8);

describe("the file of an SQLite store", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "oidc-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test.skipIf(process.platform === "win32")(
    "the store creates its file and folders so that only their owner can read them",
    async () => {
      const store = createStore(`sqlite:${folder}/a/b/sessions.db`);
      await store.set("key", "value", inAnHour());
      const made = ["a", "a/b", "a/b/sessions.db", "a/b/sessions.db-wal"];
      expect(made.map((each) => modeOf(path.join(folder, each)))).toEqual(["700", "700", "600", "600"]);
      await store.close();
    },
  );

  test.skipIf(process.platform === "win32")(
    "the store does not change the mode of an existing file and folder",
    async () => {
      mkdirSync(path.join(folder, "data"));
      writeFileSync(path.join(folder, "data/sessions.db"), "");
      chmodSync(path.join(folder, "data"), 0o750);
      chmodSync(path.join(folder, "data/sessions.db"), 0o640);
      const store = createStore(`sqlite:${folder}/data/sessions.db`);
      await store.set("key", "value", inAnHour());
      expect([modeOf(path.join(folder, "data")), modeOf(path.join(folder, "data/sessions.db"))]).toEqual([
        "750",
        "640",
      ]);
      await store.close();
    },
  );

  test("the file keeps entries after a restart, and uses WAL so that it can be read during a write", async () => {
    const url = `sqlite:${folder}/sessions.db`;
    const before = createStore(url);
    await before.set("key", "value", inAnHour());
    await before.close();
    const after = createStore(url);
    expect(await after.get(["key"])).toEqual(["value"]);
    await after.close();
    const database = new DatabaseSync(path.join(folder, "sessions.db"));
    expect(database.prepare("pragma journal_mode").get()).toEqual({ journal_mode: "wal" });
    database.close();
  });

  test("operations fail while the file is not an SQLite database, and work once it is removed", async () => {
    const file = path.join(folder, "sessions.db");
    writeFileSync(file, "this is not a database, and long enough to be recognised\n".repeat(40));
    const store = createStore(`sqlite:${file}`);
    for (let attempt = 0; attempt < 2; attempt++) {
      const error = await thrownBy(store.get(["key"]));
      expect(error).toMatchObject({ name: "StoreError" });
      expect(String(error)).toContain(`sqlite at ${file}: `);
    }
    rmSync(file);
    await store.set("key", "value", inAnHour());
    expect(await store.get(["key"])).toEqual(["value"]);
    await store.close();
  });

  test("if three processes add the same entry at once, one of them succeeds", async () => {
    const script = `
      const { createStore } = await import(${JSON.stringify(pathToFileURL(path.resolve("lib/store/open-store.ts")).href)});
      const store = createStore(${JSON.stringify(`sqlite:${folder}/sessions.db`)});
      const added = [];
      for (let i = 0; i < 100; i++) if (await store.add("lock " + i, "value", ${inAnHour()})) added.push(i);
      console.log(JSON.stringify(added));`;
    const run = () => promisify(execFile)(process.execPath, ["--input-type=module", "-e", script]);
    const outputs = await Promise.all([run(), run(), run()]);
    const added = outputs.flatMap(({ stdout }) => JSON.parse(stdout) as number[]);
    expect(added.sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, index) => index));
  });
});

describe("the removal of expired entries in SQLite", () => {
  const NOW = 1_800_000_000;
  beforeEach(() => void vi.useFakeTimers({ now: NOW * 1_000, toFake: ["Date"] }));
  afterEach(() => void vi.useRealTimers());

  function countingStore() {
    const database = new DatabaseSync(":memory:");
    const store = sqlStore(sqliteDatabase(database));
    const count = () => database.prepare(`select count(*) as n from ${TABLE}`).get()?.n;
    return { store, count };
  }

  test("a write removes expired entries ten minutes after the last removal, and not earlier", async () => {
    const { store, count } = countingStore();
    await store.set("first", "value", NOW + 7_200); // the ten minutes until the next removal start here
    for (let i = 0; i < 450; i++) await store.set(`brief ${i}`, "value", NOW + 60);
    vi.setSystemTime((NOW + 599) * 1_000);
    await store.set("second", "value", NOW + 7_200);
    await store.get(["brief 1"]);
    expect(count()).toBe(452);
    vi.setSystemTime((NOW + 600) * 1_000);
    expect(await store.add("third", "value", NOW + 7_200)).toBe(true);
    await expect.poll(count).toBe(3);
    expect(await store.get(["first", "second", "third"])).toEqual(["value", "value", "value"]);
  });

  test("expired entries are removed in batches, so that requests continue in between", async () => {
    const { store, count } = countingStore();
    await store.set("first", "value", NOW + 7_200);
    for (let i = 0; i < 450; i++) await store.set(`brief ${i}`, "value", NOW + 60);
    vi.setSystemTime((NOW + 600) * 1_000);
    await store.set("second", "value", NOW + 7_200);
    const counts = new Set<unknown>();
    for (; count() !== 2; await setImmediate()) counts.add(count());
    expect([...counts]).toEqual(expect.arrayContaining([252, 52]));
  });
});
