import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Answered, BrokerInProcess, tokensOf } from "@/dev/testing/broker-in-process.ts";
import { startScriptedProvider } from "@/dev/testing/fresh-process.ts";
import { MemoryStore, unavailable } from "@/dev/testing/memory-store.ts";
import { decodeJwt } from "@/lib/auth/provider/index.ts";

const cookies = vi.hoisted(() => new Map<string, string>());
vi.mock("next/headers", async () => (await import("@/dev/testing/next-headers.ts")).nextHeaders(cookies));

const op = await startScriptedProvider();
let store: MemoryStore;
let one: BrokerInProcess;
let other: BrokerInProcess;

beforeEach(async () => {
  cookies.clear();
  store = new MemoryStore();
  one = await BrokerInProcess.start(op, store);
  other = await BrokerInProcess.start(op, store);
});
afterEach(() => vi.useRealTimers());

const later = (seconds: number) => vi.useFakeTimers({ now: Date.now() + seconds * 1000, toFake: ["Date"] });
const kidsOf = ({ body }: Answered) => ((body?.keys ?? []) as { kid: string }[]).map(({ kid }) => kid);
const publishedBy = async (app: BrokerInProcess) => kidsOf(await app.get(".well-known/jwks.json"));
const signerOf = (token: string) => decodeJwt(token)?.header.kid;
const tokenRequests = () => op.asked.filter((path) => path === "/token").length;

describe("two instances of the broker with one store", () => {
  test("two instances that start at the same time agree on one key", async () => {
    const [first, second] = await Promise.all([publishedBy(one), publishedBy(other)]);
    expect(first).toHaveLength(1);
    expect(second).toEqual(first);
  });

  test("ten instances that start at the same time agree on one key, even if the store is slow", async () => {
    store.before = () => new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
    const apps = [one, other];
    while (apps.length < 10) apps.push(await BrokerInProcess.start(op, store));
    const published = await Promise.all(apps.map(publishedBy));
    expect(new Set(published.flat()).size).toBe(1);
  });

  test("each step of a program's login may reach a different instance", async () => {
    const atProvider = await one.begin();
    const { headers } = await other.comeBack(atProvider);
    const tokens = tokensOf(await one.redeem(new URL(headers.get("location") ?? "")));
    expect(await other.whoCalls(tokens.access_token)).toEqual([200, "alice"]);
    const next = tokensOf(await other.refresh(tokens));
    expect(await one.whoCalls(next.access_token)).toEqual([200, "alice"]);
    tokensOf(await one.refresh(next));
  });

  test("two instances never exchange the same code twice", async () => {
    const atProgram = await one.authorize();
    const answers = await Promise.all([one.redeem(atProgram), other.redeem(atProgram)]);
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
  });

  test("two instances that get the same refresh token at once refresh once, and both answers work", async () => {
    const tokens = await one.logIn();
    op.tokenResponse = { refresh_token: "refresh-2" };
    const before = tokenRequests();
    const [first, second] = (await Promise.all([one.refresh(tokens), other.refresh(tokens)])).map(tokensOf);
    expect(tokenRequests() - before).toBe(1);
    expect(second?.refresh_token).toBe(first?.refresh_token);
    expect(await one.whoCalls(second?.access_token ?? "")).toEqual([200, "alice"]);
    tokensOf(await other.refresh(first ?? expect.fail()));
  });

  test("if the store fails to save new tokens, a program gets them by trying again at the other instance", async () => {
    const tokens = await one.logIn();
    op.tokenResponse = { refresh_token: "refresh-2" };
    store.before = (name, [key = ""]) =>
      name === "set" && key.includes(":program:") ? unavailable() : undefined;
    expect((await one.refresh(tokens)).status).toBe(502);
    const before = tokenRequests();
    const retry = other.refresh(tokens);
    store.before = () => undefined;
    const next = tokensOf(await retry);
    expect(tokenRequests()).toBe(before);
    later(60); // the old refresh token still works, because the first attempt ended with an error
    expect(tokensOf(await other.refresh(tokens)).refresh_token).toBe(next.refresh_token);
    tokensOf(await one.refresh(next));
    expect(new URLSearchParams(op.requestTo("/token")?.body).get("refresh_token")).toBe("refresh-2");
  });

  test("a refresh token that is used again at another instance ends the login at both instances", async () => {
    const tokens = await one.logIn();
    const next = tokensOf(await one.refresh(tokens));
    later(11);
    expect((await other.refresh(tokens)).status).toBe(400);
    expect((await one.refresh(next)).status).toBe(400);
  });

  test("if an instance is killed during a refresh, the other instance can refresh the login", async () => {
    const tokens = await one.logIn();
    const killed = Promise.withResolvers<void>();
    op.answers["/token"] = () => killed.promise.then(() => "reset");
    const lost = one.refresh(tokens); // `one` is killed while it waits for the provider, so its lock stays
    await vi.waitUntil(() => store.keys("lock").length === 1, 10_000);
    delete op.answers["/token"];
    for (const key of store.keys("lock")) {
      const lock = store.entries.get(key);
      if (lock) store.entries.set(key, { ...lock, expiresAt: 0 }); // nobody extends the lock, so it expires
    }
    tokensOf(await other.refresh(tokens));
    killed.resolve();
    expect((await lost).status).toBe(502);
  });
});

describe("the broker's keys [P7]", () => {
  test("the published keys are RSA keys without the private part", async () => {
    const { status, headers, body } = await one.get(".well-known/jwks.json");
    expect([status, headers.get("cache-control")]).toEqual([200, "public, max-age=300"]);
    expect(body).toEqual({
      keys: [
        { kty: "RSA", n: expect.any(String), e: "AQAB", kid: expect.any(String), use: "sig", alg: "RS256" },
      ],
    });
  });

  test("the keys are encrypted in the store", async () => {
    await publishedBy(one);
    const [key = ""] = store.keys("keys");
    const { value = "" } = store.entries.get(key) ?? {};
    expect(value.split(".")).toHaveLength(5);
    expect(Buffer.from(value, "base64url").toString()).not.toContain("RSA");
  });

  test("an access token is still accepted after a restart", async () => {
    const { access_token } = await one.logIn();
    const restarted = await BrokerInProcess.start(op, store);
    expect(await restarted.whoCalls(access_token)).toEqual([200, "alice"]);
  });

  test("a new key is published before it signs, and the old key is still published afterwards", async () => {
    const first = (await one.logIn()).access_token;
    later(86_400 - 600);
    const before = await publishedBy(one);
    expect(before).toHaveLength(2);
    expect(before[1]).toBe(signerOf(first));
    expect(signerOf((await one.logIn()).access_token)).toBe(signerOf(first));
    later(901);
    const second = (await one.logIn()).access_token;
    expect(signerOf(second)).toBe(before[0]);
    expect(await publishedBy(one)).toEqual(before);
    expect(await other.whoCalls(second)).toEqual([200, "alice"]);
  });

  test("access tokens stay valid at every instance while the keys rotate", async () => {
    later(86_400 - 1_000);
    const tokens = await one.logIn();
    for (let step = 0; step < 6; step += 1) {
      later(500);
      expect(await one.whoCalls(tokens.access_token)).toEqual([200, "alice"]);
      expect(await other.whoCalls(tokens.access_token)).toEqual([200, "alice"]);
      const { access_token } = await other.logIn();
      expect(await one.whoCalls(access_token)).toEqual([200, "alice"]);
    }
  });

  test("two instances that rotate the keys at the same time publish the same keys", async () => {
    await Promise.all([publishedBy(one), publishedBy(other)]);
    later(86_400);
    const [first, second] = await Promise.all([publishedBy(one), publishedBy(other)]);
    expect(first).toHaveLength(2);
    expect(second).toEqual(first);
  });

  test("after a month without any login, the old key still signs and is still published", async () => {
    const { access_token } = await one.logIn();
    later(30 * 86_400);
    const now = (await one.logIn()).access_token;
    expect(signerOf(now)).toBe(signerOf(access_token));
    expect(await publishedBy(other)).toContain(signerOf(now));
    expect(await other.whoCalls(now)).toEqual([200, "alice"]);
  });

  test("at most three keys are published, however long the app runs", async () => {
    for (let day = 0; day < 10; day += 1) {
      later(86_400);
      await one.logIn();
      expect((await publishedBy(one)).length).toBeLessThanOrEqual(3);
    }
  });

  test("some minutes after a key was deleted from the store, its access tokens are refused", async () => {
    const { access_token } = await one.logIn();
    expect(await other.whoCalls(access_token)).toEqual([200, "alice"]);
    for (const key of store.keys("keys")) store.entries.delete(key);
    later(301);
    await other.whoCalls(access_token); // makes the instance read the keys in the background
    await vi.waitUntil(async () => (await other.whoCalls(access_token))[0] === 401, 10_000);
  });

  test("the app makes new keys if the secret that encrypted the old ones was removed", async () => {
    const before = await publishedBy(one);
    const SESSION_SECRET = "another-secret-of-the-tests-0123456789";
    const app = await BrokerInProcess.start(op, store, { SESSION_SECRET });
    const after = await publishedBy(app);
    expect(after).toHaveLength(1);
    expect(after).not.toEqual(before);
  });
});
