import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { allText, DoctorStage, only } from "@/dev/doctor/test-stage.ts";
import { freshProcess } from "@/dev/testing/fresh-process.ts";

let stage: DoctorStage;
let folder: string;
beforeAll(async () => {
  stage = await DoctorStage.start();
  folder = await mkdtemp(path.join(os.tmpdir(), "oidc-doctor-store-"));
});
afterAll(async () => {
  await stage.close();
  await rm(folder, { recursive: true });
});

test("a working session store is ok, and the check leaves no entry in the store", async () => {
  const file = path.join(folder, "sessions.db");
  const found = await stage.examine({ SESSION_STORE_URL: `sqlite:${file}` });
  expect(only(found, "session-store")).toMatchObject({
    status: "ok",
    seen: expect.stringContaining("written, read and deleted"),
  });
  const database = new DatabaseSync(file, { readOnly: true });
  const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
  const rows = tables.flatMap(({ name }) => database.prepare(`SELECT * FROM "${name}"`).all());
  database.close();
  expect(tables.length).toBeGreaterThan(0);
  expect(JSON.stringify(rows)).not.toContain("doctor");
});

test("a store whose driver is not installed is an error, which names the command to run", async () => {
  vi.doMock("pg", () => {
    throw new Error("Cannot find package 'pg'");
  });
  const found = await stage.examine({ SESSION_STORE_URL: "postgres://me:p4ssw0rd@127.0.0.1:1/hello" });
  vi.doUnmock("pg");
  expect(only(found, "session-store")).toMatchObject({
    status: "error",
    seen: expect.stringContaining('run "npm install --save-prod pg"'),
  });
});

test("an unreachable store is an error, which does not show the store's password", async () => {
  const found = await stage.examine({ SESSION_STORE_URL: "redis://me:p4ssw0rd@127.0.0.1:1" });
  expect(only(found, "session-store")).toMatchObject({
    status: "error",
    seen: expect.stringContaining("redis at 127.0.0.1:1"),
  });
  expect(allText(found)).not.toContain("p4ssw0rd");
});

test("a Redis user that may not run scripts is an error, because lists of sessions need a script", async () => {
  const values = new Map<string, string>();
  const redis = {
    isReady: true,
    on: () => undefined,
    async sendCommand([command = "", key = "", value = ""]: string[]) {
      if (command === "SET") values.set(key, value);
      if (command === "MGET") return [values.get(key) ?? null];
      if (command === "EVAL") throw new Error("NOPERM User me has no permissions to run the 'eval' command");
      return command === "SET" ? "OK" : 1;
    },
  };
  freshProcess();
  const { provideStoreClient } = await import("@/lib/store/open-store.ts");
  const { checkSessionStore } = await import("./session-store.ts");
  provideStoreClient({ redis });
  const settings = { sessionStoreUrl: "redis://cache.example.com" };
  expect(await checkSessionStore({ settings, tell: String })).toMatchObject({
    status: "error",
    seen: expect.stringContaining("NOPERM"),
  });
});

test("an app without a session store is ok", async () => {
  expect(only(await stage.examine(), "session-store")).toMatchObject({
    status: "ok",
    seen: expect.stringContaining("cookies"),
  });
});
