import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { AppInProcess } from "@/dev/testing/app-in-process.ts";
import { FakeCookieJar } from "@/dev/testing/cookie-jar.ts";
import type { Answer } from "@/dev/testing/local-server.ts";
import { ScriptedProvider } from "@/dev/testing/scripted-provider.ts";

vi.mock("next/headers", () => ({}));

/** With LOAD_TESTS=1 in full: 10,000 logins that fail, and the time of a login amid 1,000 others. */
const FULL = process.env.LOAD_TESTS === "1";
const FAULTY_LOGINS = FULL ? 10_000 : 500;
const TIME = 600_000; // ms; it takes as long as it takes

let op: ScriptedProvider;
let app: AppInProcess;

beforeAll(async () => {
  op = await ScriptedProvider.start();
});
afterAll(() => op.close());

beforeEach(async () => {
  op.reset();
  app = await AppInProcess.start(op);
  await app.logIn(); // what is fetched once is there
});

/** How much the process remembers between requests: every collection that its bundles share, by name. */
function sharedSizes(): Record<string, number> {
  const shared = (globalThis as Record<symbol, unknown>)[Symbol.for("hello-oidc.shared-state")];
  const entries = [...(shared as Map<string, unknown>)].filter(([name]) => name !== "reachable"); // comes and goes
  return Object.fromEntries(entries.map(([name, value]) => [name, sizeOf(value)]));
}

function sizeOf(value: unknown): number {
  const { size } = Object(value) as { size?: unknown };
  return typeof size === "number" ? size : JSON.stringify(value)?.length;
}

/** A login begun in a browser of its own. */
async function beginElsewhere(): Promise<{ jar: FakeCookieJar; state: string }> {
  const jar = new FakeCookieJar();
  const { searchParams } = await app.begin("", jar);
  return { jar, state: searchParams.get("state") ?? "" };
}

describe("1,000 logins that nobody finishes", { timeout: TIME }, () => {
  test("begun by one client, which keeps no cookie, leave nothing on the server", async () => {
    const before = sharedSizes();
    for (let count = 0; count < 10; count += 1) {
      await Promise.all(Array.from({ length: 100 }, beginElsewhere));
    }
    expect(sharedSizes()).toEqual(before);
    expect(op.asked.filter((path) => path === "/jwks")).toHaveLength(1);
  });

  test("begun in one browser leave five cookies there", async () => {
    for (let count = 0; count < 1_000; count += 1) await app.begin();
    expect(app.jar.names().filter((name) => name.includes("login."))).toHaveLength(5);
  });

  test("with as many answers that were made up leave nothing, and cost the provider nothing", async () => {
    const before = sharedSizes();
    const asked = op.asked.length;
    for (let count = 0; count < 1_000; count += 1) {
      const state = String(count).padStart(43, "x");
      expect(await app.finish({ code: "c", state }, new FakeCookieJar())).toContain("login_expired");
      if (count % 100 === 0) app.forgetWarnings();
    }
    expect(sharedSizes()).toEqual(before);
    expect(op.asked).toHaveLength(asked);
  });
});

test(`${FAULTY_LOGINS} logins that fail in every way leave no memory behind`, {
  timeout: 600_000,
}, async () => {
  // What is left of a request until its time is up: with the shortest time, next to nothing.
  app = await AppInProcess.start(op, { OIDC_TIMEOUT: "1" });
  await app.logIn();
  const collectGarbage = garbageCollector();
  const warmUp = 300;
  let before = 0;
  for (let count = 0; count < FAULTY_LOGINS + warmUp; count += 1) {
    if (count === warmUp) {
      collectGarbage();
      before = process.memoryUsage().heapUsed;
    }
    await failToLogIn(count);
  }
  collectGarbage();
  const grown = process.memoryUsage().heapUsed - before;
  if (FULL) console.info({ grown });
  expect(grown).toBeLessThan(2_000_000); // bytes: a sealed login kept for each would be more
});

/** The ways in which a login fails, each in its turn. */
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
  app.forgetWarnings();
  const jar = new FakeCookieJar();
  const { searchParams } = await app.begin("", jar);
  if (path && answer) op.answers[path] = () => answer;
  op.claims = { nonce: searchParams.get("nonce"), ...claims };
  const location = await app.finish({ code: "c", state: made ?? searchParams.get("state") ?? "" }, jar);
  if (!location?.startsWith("/auth/error")) throw new Error(`login ${count} did not fail: ${location}`);
}

/** Node.js keeps it to itself unless asked. */
function garbageCollector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}

test.runIf(FULL)(
  "a login amid 1,000 others takes its own time and that of the queue in front of it, no more",
  { timeout: TIME },
  async () => {
    const timeOf = async (work: () => Promise<unknown>) => {
      const start = performance.now();
      await work();
      return performance.now() - start;
    };
    const flood = () => Promise.all(Array.from({ length: 1_000 }, beginElsewhere));
    await flood(); // warm
    const alone = await timeOf(() => app.logIn());
    const queue = await timeOf(flood);
    const running = flood();
    const amid = await timeOf(() => app.logIn());
    await running;
    console.info({ alone, queue, amid });
    expect(amid).toBeLessThan(2 * (queue + alone)); // it stands in the queue once for each of its two requests
  },
);
