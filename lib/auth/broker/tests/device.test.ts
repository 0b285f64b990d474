import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { BrokerInProcess, tokensOf } from "@/dev/testing/broker-in-process.ts";
import { startScriptedProvider } from "@/dev/testing/fresh-process.ts";
import { MemoryStore, unavailable } from "@/dev/testing/memory-store.ts";
import { nowInSeconds } from "@/lib/clock.ts";

const cookies = vi.hoisted(() => new Map<string, string>());
vi.mock("next/headers", async () => (await import("@/dev/testing/next-headers.ts")).nextHeaders(cookies));

const op = await startScriptedProvider();
let store: MemoryStore;
let app: BrokerInProcess;

/** The provider's device code, which no program may see. */
const SECRET = "device-code-of-the-provider";
let atProvider: Record<string, unknown>;

beforeEach(async () => {
  op.metadata = { device_authorization_endpoint: `${op.issuer}/device` };
  atProvider = {
    device_code: SECRET,
    user_code: "BCDF-GHJK",
    verification_uri: `${op.issuer}/activate`,
    verification_uri_complete: `${op.issuer}/activate?user_code=BCDF-GHJK`,
    expires_in: 600,
    interval: 5,
  };
  op.answers["/device"] = () => ({ json: atProvider });
  op.claims = { nonce: undefined };
  store = new MemoryStore();
  app = await BrokerInProcess.start(op, store);
});
afterEach(() => vi.useRealTimers());

const later = (seconds: number) => vi.useFakeTimers({ now: Date.now() + seconds * 1000, toFake: ["Date"] });
const begin = async () => String((await app.post("device")).body?.device_code);
const poll = (code: string) => app.post("token", { "device-code": code });
const refuse = (error: string, status = 400) => {
  op.answers["/token"] = () => ({ status, json: { error } });
};
const pollsAtProvider = () => op.asked.filter((path) => path === "/token").length;

describe("the device endpoint [P5]", () => {
  test.each([
    ["no body and no content type", undefined],
    ["an empty form", ""],
    ["a scope, which is ignored", "scope=admin"],
  ])("a program can begin a login with %s", async (_, form) => {
    const { status, headers, body } = await app.post("device", form);
    expect([status, headers.get("cache-control")]).toEqual([200, "private, no-store"]);
    expect(body).toEqual({
      device_code: expect.any(String),
      user_code: "BCDF-GHJK",
      verification_uri: `${op.issuer}/activate`,
      verification_uri_complete: `${op.issuer}/activate?user_code=BCDF-GHJK`,
      expires_in: 600,
      interval: 5,
    });
    const sent = new URLSearchParams(op.requestTo("/device")?.body);
    expect(sent.get("scope")).toBe("openid profile email offline_access");
  });

  test.each([
    [undefined, 5],
    [null, 5],
    [1, 1],
    [2.5, 3],
  ])(
    "the interval is a whole number of seconds, even if the provider states %s",
    async (interval, expected) => {
      atProvider = { ...atProvider, interval, verification_uri_complete: undefined };
      const { body } = await app.post("device");
      expect(body?.interval).toBe(expected);
      expect(body).not.toHaveProperty("verification_uri_complete");
    },
  );

  test("if the provider has no device flow, a program gets 503, and logs in with the browser instead", async () => {
    op.metadata = {};
    app = await BrokerInProcess.start(op, store);
    const { status, body } = await app.post("device");
    expect(status).toBe(503);
    expect(body).toMatchObject({
      error: "temporarily_unavailable",
      detail: expect.stringContaining("no device flow"),
    });
  });

  test("if the provider fails or sends an incomplete answer, a program gets 502", async () => {
    op.answers["/device"] = () => ({ status: 500 });
    expect((await app.post("device")).status).toBe(502);
    op.answers["/device"] = () => ({ json: { device_code: SECRET } });
    const { status, body } = await app.post("device");
    expect([status, body?.error]).toEqual([502, "server_error"]);
  });

  test("the provider gets the program's User-Agent, shortened and in ASCII, to show to the person (RFC 8628, 5.4)", async () => {
    await app.post("device", undefined, { "user-agent": `caf\u00e9/1.0 ${"x".repeat(1_000)}` });
    const agent = op.requestTo("/device")?.headers["user-agent"];
    expect(agent).toMatch(/^caf\/1\.0 x{290,295}$/);
    await poll(await begin());
    expect(op.requestTo("/token")?.headers["user-agent"]).not.toContain("caf");
  });

  test("a process begins 300 device logins a minute, and then answers 429 without asking the provider", async () => {
    vi.useFakeTimers({ now: Date.now(), toFake: ["Date"] });
    for (let count = 0; count < 300; count += 1) expect((await app.post("device")).status).toBe(200);
    const asked = op.asked.length;
    const { status, headers, body } = await app.post("device");
    expect([status, headers.get("retry-after"), body?.error]).toEqual([429, "60", "slow_down"]);
    expect(op.asked.length).toBe(asked);
    const other = await BrokerInProcess.start(op, store);
    expect((await other.post("device")).status).toBe(200);
    later(61);
    expect((await app.post("device")).status).toBe(200);
  });

  test("device logins that have only begun have no entry in the store", async () => {
    for (let count = 0; count < 20; count += 1) await begin();
    expect(store.entries.size).toBe(0);
  });
});

describe("a program that polls for a device login", () => {
  test("a program gets its tokens after the person has approved the login", async () => {
    const code = await begin();
    refuse("authorization_pending");
    expect(await poll(code)).toMatchObject({ status: 400, body: { error: "authorization_pending" } });
    delete op.answers["/token"];
    later(5);
    const tokens = tokensOf(await poll(code));
    expect(await app.whoCalls(tokens.access_token)).toEqual([200, "alice"]);
    expect(Object.fromEntries(new URLSearchParams(op.requestTo("/token")?.body))).toMatchObject({
      grant_type: "urn:ietf:params:oauth:grant-type:device_code",
      device_code: SECRET,
    });
    tokensOf(await app.refresh(tokens));
  });

  test("a program may use the parameter names of RFC 8628", async () => {
    const grant_type = "urn:ietf:params:oauth:grant-type:device_code";
    tokensOf(await app.post("token", { grant_type, device_code: await begin() }));
  });

  test.each(["authorization_pending", "slow_down", "access_denied", "expired_token"])(
    "a program gets the provider's error %s, at the top level of the body",
    async (error) => {
      refuse(error);
      expect(await poll(await begin())).toMatchObject({
        status: 400,
        body: { error, error_description: expect.any(String), detail: expect.any(String) },
      });
    },
  );

  test("a program gets invalid_grant if the provider answers invalid_grant", async () => {
    refuse("invalid_grant");
    expect(await poll(await begin())).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
  });

  test.each([{ status: 500 }, { status: 503 }, "reset"] as const)(
    "a program gets 502 while the provider fails (%j), because 503 would make it use the browser",
    async (fault) => {
      const code = await begin();
      op.answers["/token"] = () => fault;
      expect(await poll(code)).toMatchObject({ status: 502, body: { error: "temporarily_unavailable" } });
    },
  );

  test("a program gets 502 while the store is unavailable, because 503 would make it use the browser", async () => {
    const code = await begin();
    store.before = unavailable;
    expect(await poll(code)).toMatchObject({ status: 502, body: { error: "temporarily_unavailable" } });
  });

  test("a program that polls too often, at any instance, gets slow_down, and the provider is not asked", async () => {
    const other = await BrokerInProcess.start(op, store);
    refuse("authorization_pending");
    const code = await begin();
    await poll(code);
    expect(pollsAtProvider()).toBe(1);
    expect(await poll(code)).toMatchObject({ status: 400, body: { error: "slow_down" } });
    const elsewhere = await other.post("token", { device_code: code });
    expect(elsewhere).toMatchObject({ status: 400, body: { error: "slow_down" } });
    expect(pollsAtProvider()).toBe(1);
    later(5);
    expect(await poll(code)).toMatchObject({ body: { error: "authorization_pending" } });
    expect(pollsAtProvider()).toBe(2);
  });

  test("a program may poll a fraction of a second too early", async () => {
    refuse("authorization_pending");
    const code = await begin();
    const full = Math.ceil(Date.now() / 1000) * 1000;
    vi.useFakeTimers({ now: full, toFake: ["Date"] });
    await poll(code);
    vi.setSystemTime(full + 4_800);
    expect(await poll(code)).toMatchObject({ body: { error: "authorization_pending" } });
  });

  test("a program that polls with an expired code gets expired_token, and the provider is not asked", async () => {
    const code = await begin();
    later(601);
    expect(await poll(code)).toMatchObject({ status: 400, body: { error: "expired_token" } });
    expect(pollsAtProvider()).toBe(0);
  });

  test("a program gets no tokens if auth_time is missing or older than max_age (OpenID Connect Core 3.1.3.7)", async () => {
    app = await BrokerInProcess.start(op, store, { OIDC_AUTHORIZATION_PARAMS: "max_age=60" });
    op.claims = { nonce: undefined, auth_time: nowInSeconds() };
    tokensOf(await poll(await begin()));
    expect(new URLSearchParams(op.requestTo("/device")?.body).get("max_age")).toBe("60");
    for (const auth_time of [nowInSeconds() - 600, undefined]) {
      op.claims = { nonce: undefined, auth_time };
      expect(await poll(await begin())).toMatchObject({ status: 502, body: { error: "server_error" } });
    }
  });

  test("a program gets no tokens if the ID token is for another client", async () => {
    op.claims = { nonce: undefined, aud: "somebody-else" };
    expect(await poll(await begin())).toMatchObject({ status: 502, body: { error: "server_error" } });
    expect(store.keys("program")).toEqual([]);
  });
});

describe("a device code that the app issues", () => {
  test("the app's device code does not reveal the provider's device code", async () => {
    const code = await begin();
    expect(code).not.toContain(SECRET);
    expect(Buffer.from(code, "base64url").toString()).not.toContain(SECRET);
    expect(await begin()).not.toBe(code);
  });

  test("a guessed or changed device code is refused, and the provider is not asked", async () => {
    const code = await begin();
    const middle = Math.floor(code.length / 2);
    const changed = code.slice(0, middle) + (code[middle] === "A" ? "B" : "A") + code.slice(middle + 1);
    for (const guess of [SECRET, "BCDF-GHJK", "x", changed, `${code}x`, "a".repeat(20_000)]) {
      expect(await poll(guess)).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
    }
    expect(pollsAtProvider()).toBe(0);
    expect(store.keys("polled")).toEqual([]);
  });

  test("a device code of an app with another secret is refused", async () => {
    const SESSION_SECRET = "another-secret-of-the-tests-0123456789";
    const other = await BrokerInProcess.start(op, new MemoryStore(), { SESSION_SECRET });
    const answered = await other.post("token", { device_code: await begin() });
    expect(answered).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
  });
});
