import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { allText, DoctorStage, only } from "@/dev/testing/doctor.ts";

let stage: DoctorStage;
let folder: string;
beforeAll(async () => {
  stage = await DoctorStage.start();
  folder = await mkdtemp(path.join(os.tmpdir(), "hello-oidc-doctor-store-"));
});
afterAll(async () => {
  await stage.close();
  await rm(folder, { recursive: true });
});

test("a store that works is told so, and nothing stays behind in it", async () => {
  const file = path.join(folder, "sessions.db");
  const found = await stage.examine({ SESSION_STORE_URL: `sqlite:${file}` });
  expect(only(found, "session-store")).toMatchObject({
    status: "ok",
    seen: expect.stringContaining("written, read and taken away"),
  });
  const database = new DatabaseSync(file, { readOnly: true });
  const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
  const rows = tables.flatMap(({ name }) => database.prepare(`SELECT * FROM "${name}"`).all());
  database.close();
  expect(tables.length).toBeGreaterThan(0);
  expect(JSON.stringify(rows)).not.toContain("doctor");
});

test("a store that is away is an error, without its password", async () => {
  const found = await stage.examine({ SESSION_STORE_URL: "redis://me:p4ssw0rd@127.0.0.1:1" });
  expect(only(found, "session-store")).toMatchObject({
    status: "error",
    seen: expect.stringContaining("redis at 127.0.0.1:1"),
  });
  expect(allText(found)).not.toContain("p4ssw0rd");
});

test("no store is no fault", async () => {
  expect(only(await stage.examine(), "session-store")).toMatchObject({
    status: "ok",
    seen: expect.stringContaining("cookies"),
  });
});
