import { setTimeout } from "node:timers/promises";
import { getHeapSpaceStatistics, queryObjects, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { AppInProcess } from "@/dev/testing/app-in-process.ts";
import { FakeCookieJar } from "@/dev/testing/cookie-jar.ts";
import type { Answer } from "@/dev/testing/local-server.ts";
import { ScriptedProvider } from "@/dev/testing/scripted-provider.ts";

vi.mock("next/headers", () => ({}));

/** The number of failing logins. LOAD_TESTS=1 makes the test larger. */
const FAULTY_LOGINS = process.env.LOAD_TESTS === "1" ? 10_000 : 240;
const TIME = 600_000; // ms, long enough for every test

/** The memory that 1,000 logins may leave, due to measuring and compiling. One object or `state` per login is more. */
const NEXT_TO_NOTHING = { objects: 100, bytes: 64_000 };
const collectGarbage = garbageCollector();

let op: ScriptedProvider;
let app: AppInProcess;

beforeAll(async () => {
  op = await ScriptedProvider.start();
  vi.spyOn(process, "emitWarning").mockReturnValue(undefined); // hides the warning that queryObjects is experimental
  queryObjects(Object, { format: "count" });
}, TIME);
afterAll(() => op.close());

beforeEach(async () => {
  op.reset();
  app = await AppInProcess.start(op);
  await app.logIn(); // so that the app caches metadata and keys
});

/** Measures the memory of the process: shared state and the variables of modules, but not compiled code. */
function memory(): { objects: number; bytes: number } {
  app.warnings.length = 0;
  collectGarbage();
  const objects = queryObjects(Object, { format: "count" }); // also collects garbage
  const spaces = getHeapSpaceStatistics().filter(({ space_name }) => /^(new|old|.*large)/.test(space_name));
  return { objects, bytes: spaces.reduce((sum, { space_used_size }) => sum + space_used_size, 0) };
}

/**
 * Expects that `times` repetitions of the work leave less memory than `limit`. The engine's own memory varies, but a
 * leak is the same each time. It is therefore enough if one of three measurements is below the limit.
 */
async function expectLeft(
  limit: { objects: number; bytes: number },
  times: number,
  work: (times: number) => Promise<unknown>,
): Promise<void> {
  await work(200);
  memory(); // the first garbage collection discards compiled code, which the next work compiles again
  await work(200);
  const all: (typeof limit)[] = [];
  for (let before = memory(); all.length < 3; before = memory()) {
    await work(times);
    const { objects, bytes } = memory();
    all.push({ objects: objects - before.objects, bytes: bytes - before.bytes });
    if (objects - before.objects < limit.objects && bytes - before.bytes < limit.bytes) return;
  }
  expect.fail(`more is left than ${JSON.stringify(limit)}: ${JSON.stringify(all)}`);
}

/** Begins logins at the same time, each in its own browser. */
function beginTogether(number: number): Promise<{ jar: FakeCookieJar; state: string }[]> {
  const begin = async () => {
    const jar = new FakeCookieJar();
    const { searchParams } = await app.begin("", jar);
    return { jar, state: searchParams.get("state") ?? "" };
  };
  return Promise.all(Array.from({ length: number }, begin));
}

describe("a flood of logins that nobody finishes", { timeout: TIME }, () => {
  test("1,000 unfinished logins of a client without cookies leave nothing in the server's memory", async () => {
    await expectLeft(NEXT_TO_NOTHING, 1_000, async (times) => {
      for (let count = 0; count < times; count += 100) await beginTogether(100);
    });
    expect(op.asked.filter((path) => path === "/jwks")).toHaveLength(1);
  });

  test("1,000 unfinished logins of one browser leave five cookies in that browser", async () => {
    for (let count = 0; count < 1_000; count += 1) await app.begin();
    expect(app.jar.names().filter((name) => name.includes("login."))).toHaveLength(5);
  });

  test("1,000 invented answers leave nothing in memory, and cause no request to the provider", async () => {
    const asked = op.asked.length;
    await expectLeft(NEXT_TO_NOTHING, 1_000, async (times) => {
      for (let count = 0; count < times; count += 1) {
        const state = String(count).padStart(43, "x");
        expect(await app.finish({ code: "c", state }, new FakeCookieJar())).toContain("login_expired");
        if (count % 100 === 0) app.warnings.length = 0;
      }
    });
    expect(op.asked).toHaveLength(asked);
  });
});

test(`${FAULTY_LOGINS} logins that fail in different ways do not leak memory`, {
  timeout: TIME,
}, async () => {
  // A request to the provider keeps some memory until its time limit has passed, so each measurement waits so long.
  app = await AppInProcess.start(op, { OIDC_TIMEOUT: "1" });
  await app.logIn();
  // The app may keep the `state` of each answered login, but not the whole login, which is several times as long.
  const limit = { objects: FAULTY_LOGINS / 2, bytes: FAULTY_LOGINS * 300 };
  await expectLeft(limit, FAULTY_LOGINS, async (times) => {
    for (let count = 0; count < times; count += 1) await failToLogIn(count);
    op.reset();
    await setTimeout(1_100);
  });
});

/** Each row: one way in which a login fails. The logins take turns with the rows. */
const FAULTS: readonly {
  path?: string;
  answer?: Answer;
  claims?: Record<string, unknown>;
  state?: string;
}[] = [
  { path: "/token", answer: { status: 400, json: { error: "invalid_grant" } } },
  { path: "/token", answer: { status: 500, text: "<h1>Down</h1>" } },
  { path: "/token", answer: { headers: { "content-type": "application/json" }, text: "{" } },
  { path: "/token", answer: "reset" },
  { claims: { nonce: "another" } },
  { claims: { iss: "https://evil.example" } },
  { path: "/userinfo", answer: { json: { sub: "mallory" } } },
  { state: "y".repeat(43) },
];

async function failToLogIn(count: number): Promise<void> {
  const { path, answer, claims = {}, state: made } = FAULTS[count % FAULTS.length] ?? {};
  op.reset();
  app.warnings.length = 0;
  const jar = new FakeCookieJar();
  const { searchParams } = await app.begin("", jar);
  if (path && answer) op.answers[path] = () => answer;
  op.claims = { nonce: searchParams.get("nonce"), ...claims };
  const location = await app.finish({ code: "c", state: made ?? searchParams.get("state") ?? "" }, jar);
  if (!location?.startsWith("/auth/error")) throw new Error(`login ${count} did not fail: ${location}`);
}

test("a login does not slow down or wait while 1,000 other logins are unfinished", {
  timeout: TIME,
}, async () => {
  await cheapestLoginOf(20); // loads and compiles modules
  const alone = await cheapestLoginOf(60);
  const others = await beginTogether(1_000);
  const before = op.asked.length;
  const { promise, resolve } = Promise.withResolvers<Answer>();
  op.answers["/token"] = () => promise;
  const waiting = others.slice(0, 10).map(({ jar, state }) => app.finish({ code: "c", state }, jar));
  await expect.poll(() => op.asked.length, { timeout: 10_000 }).toBe(before + waiting.length);
  delete op.answers["/token"];
  await expect.poll(() => cheapestLoginOf(20), { timeout: 10_000 }).toBeLessThan(3 * alone);
  resolve({ status: 503 });
  await Promise.all(waiting);
});

/**
 * Returns the CPU time of the cheapest of several logins, in µs. Other programs disturb the cheapest login least.
 * Linux measures the sum of `user` and `system`, but only estimates each of them, so one of them may be 0.
 */
async function cheapestLoginOf(number: number): Promise<number> {
  const costs: number[] = [];
  for (let count = 0; count < number; count += 1) {
    const before = process.threadCpuUsage();
    expect(await app.logIn()).toBe("/profile");
    const { user, system } = process.threadCpuUsage();
    costs.push(user + system - before.user - before.system);
  }
  return Math.min(...costs);
}

/** Returns the garbage collector, which Node.js offers only with a flag. */
function garbageCollector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}
