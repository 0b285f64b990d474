import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { FakeCookieJar } from "@/dev/testing/cookie-jar.ts";
import { freshProcess, startScriptedProvider, thrownBy } from "@/dev/testing/fresh-process.ts";
import { openSession, startSession } from "@/dev/testing/kept-sessions.ts";
import { keepSessionsIn, MemoryStore, STORE_URL, unavailable } from "@/dev/testing/memory-store.ts";
import { tokenSet, unsignedJwt } from "@/dev/testing/tokens.ts";

const NOW = 1_700_000_000;

const op = await startScriptedProvider();
let store: MemoryStore;
let backChannelLogout: typeof import("./backchannel-logout.ts").backChannelLogout;
let logged: object[];

async function load(settings: Record<string, string | undefined> = {}): Promise<void> {
  freshProcess({ OIDC_ISSUER: op.issuer, SESSION_STORE_URL: STORE_URL, ...settings });
  keepSessionsIn(store);
  ({ backChannelLogout } = await import("./backchannel-logout.ts"));
  const { log } = await import("../../log.ts");
  logged = [];
  for (const level of ["info", "warn", "error"] as const) {
    vi.spyOn(log, level).mockImplementation((entry: unknown, message?: unknown) => {
      logged.push({ ...(entry as object), message });
    });
  }
}

beforeEach(async () => {
  vi.useFakeTimers({ now: NOW * 1000, toFake: ["Date"] });
  store = new MemoryStore();
  await load();
  return () => vi.useRealTimers();
});

const at = (seconds: number) => vi.setSystemTime((NOW + seconds) * 1000);

/** A browser that is logged in. */
async function browserOf(sub: string, sid?: string): Promise<FakeCookieJar> {
  const { createSession } = await import("../session.ts");
  const jar = new FakeCookieJar();
  const idToken = unsignedJwt({ iss: op.issuer, sub, ...(sid === undefined ? {} : { sid }) });
  await startSession(jar, createSession(tokenSet({ idToken }), null));
  return jar;
}

const isLoggedIn = async (jar: FakeCookieJar) => (await openSession(jar)) !== null;

/** Sends the request that a provider sends to log out a user (Back-Channel Logout 1.0, 2.5). */
const post = (body: BodyInit) =>
  backChannelLogout(
    new Request("http://0.0.0.0:3000/auth/backchannel-logout", { method: "POST", body }),
    new FakeCookieJar(),
    "r",
  );
const send = (token: string) => post(new URLSearchParams({ logout_token: token }));

async function expectRefused(response: Response): Promise<void> {
  expect(response.status).toBe(400);
  expect(response.headers.get("cache-control")).toContain("no-store");
  expect(await response.json()).toMatchObject({ error: "invalid_request" });
}

describe("a logout token of the provider", () => {
  test("a logout token with sub ends all sessions of that person, and no others", async () => {
    const [one, two, bobs] = [
      await browserOf("alice", "s1"),
      await browserOf("alice"),
      await browserOf("bob"),
    ];
    const response = await send(await op.logoutToken({ sub: "alice" }));
    expect([response.status, await response.text()]).toEqual([200, ""]);
    expect(response.headers.get("cache-control")).toContain("no-store");
    expect(await Promise.all([one, two, bobs].map(isLoggedIn))).toEqual([false, false, true]);
    expect(logged).toContainEqual(expect.objectContaining({ step: "back-channel logout", sessions: 2 }));
    expect(logged).toContainEqual(expect.objectContaining({ message: "sessions ended by the provider" }));
  });

  test("a logout token runs onLogout for each session that it ends", async () => {
    await browserOf("alice", "s1");
    await browserOf("bob");
    const onLogout = vi.fn();
    const { hooks } = await import("../../hooks.ts");
    Object.assign(hooks, { onLogout });
    onTestFinished(() => void Reflect.deleteProperty(hooks, "onLogout"));
    await send(await op.logoutToken({ sub: "alice" }));
    await send(await op.logoutToken({ sub: "alice" })); // no session is left, so `onLogout` does not run
    expect(onLogout.mock.calls).toMatchObject([[{ user: { sub: "alice" }, claims: { sid: "s1" } }]]);
  });

  test.each([
    ["without", { sub: undefined, sid: "s1" }],
    ["with", { sub: "alice", sid: "s1" }],
  ])("a logout token with sid, and %s sub, ends only the sessions with that sid", async (_, claims) => {
    const [inIt, inItToo] = [await browserOf("alice", "s1"), await browserOf("alice", "s1")];
    const [other, without] = [await browserOf("alice", "s2"), await browserOf("alice")];
    expect((await send(await op.logoutToken(claims))).status).toBe(200);
    expect(await Promise.all([inIt, inItToo, other, without].map(isLoggedIn))).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });

  test("a logout token with the sid of one person and the sub of another ends no session", async () => {
    const [alice, bob] = [await browserOf("alice", "s1"), await browserOf("bob", "s2")];
    expect((await send(await op.logoutToken({ sub: "bob", sid: "s1" }))).status).toBe(200);
    expect(await Promise.all([alice, bob].map(isLoggedIn))).toEqual([true, true]);
  });

  test.each([{ sub: "alice" }, { sub: undefined, sid: "s1" }])(
    "a logout token with %j also ends a login that is being finished at the same moment",
    async (claims) => {
      const token = await op.logoutToken(claims);
      store.before = async (name, [key = ""]) => {
        if (name !== "add" || !key.includes(":subject:")) return;
        store.before = () => undefined;
        expect((await send(token)).status).toBe(200);
      };
      expect(await thrownBy(browserOf("alice", "s1"))).toMatchObject({ reason: "login_expired" });
      expect(store.keys("session")).toEqual([]);
    },
  );

  test("a logout token for a person without sessions gets 200", async () => {
    expect((await send(await op.logoutToken({ sub: "nobody" }))).status).toBe(200);
    expect((await send(await op.logoutToken({ sub: undefined, sid: "none" }))).status).toBe(200);
    const message = "logout token accepted; there was no browser session to end";
    expect(logged).toEqual(Array(2).fill(expect.objectContaining({ sessions: 0, message })));
  });

  test("a logout token does not make the app revoke the refresh token, which is left to the provider", async () => {
    op.metadata = { revocation_endpoint: `${op.issuer}/revoke` };
    await browserOf("alice");
    await send(await op.logoutToken());
    expect(op.asked).not.toContain("/revoke");
  });
});

describe("a logout token that was used", () => {
  test("a used logout token is refused, and the store remembers it until it expires", async () => {
    const token = await op.logoutToken({ exp: NOW + 120 });
    expect((await send(token)).status).toBe(200);
    const later = await browserOf("alice");
    await expectRefused(await send(token));
    at(149);
    await expectRefused(await send(token));
    expect(store.keys("jti")).toHaveLength(1);
    expect(await isLoggedIn(later)).toBe(true);
    at(150);
    await expectRefused(await send(token));
    expect(store.keys("jti")).toEqual([]);
  });

  test.each([NOW + 60.5, 1e300])("a used logout token is refused even if its exp is %d", async (exp) => {
    const token = await op.logoutToken({ exp });
    expect((await send(token)).status).toBe(200);
    const [entry] = store.keys("jti").map((key) => store.entries.get(key));
    expect(Number.isSafeInteger(entry?.expiresAt)).toBe(true);
    await expectRefused(await send(token));
  });

  test("a different logout token with a used jti is refused", async () => {
    await send(await op.logoutToken({ jti: "one" }));
    await expectRefused(await send(await op.logoutToken({ jti: "one", sub: "bob" })));
    expect((await send(await op.logoutToken({ jti: "two" }))).status).toBe(200);
  });

  test("of twenty copies of a logout token that are sent at once, one is accepted", async () => {
    const token = await op.logoutToken();
    const responses = await Promise.all(Array.from({ length: 20 }, () => send(token)));
    expect(responses.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(responses.every(({ status }) => [200, 400, 503].includes(status))).toBe(true);
    await expectRefused(await send(token));
  });

  test("a used logout token is also refused by a server that has just started", async () => {
    const token = await op.logoutToken();
    await send(token);
    await load();
    await expectRefused(await send(token));
  });

  test("a logout token that is refused does not use up its jti", async () => {
    await expectRefused(await send(await op.logoutToken({ jti: "one", nonce: "x" })));
    expect((await send(await op.logoutToken({ jti: "one" }))).status).toBe(200);
  });
});

describe("a back-channel logout request that is refused", () => {
  test.each([
    ["without a body", ""],
    ["without logout_token", "token=x"],
    ["with an empty logout_token", "logout_token="],
    ["with a text that is not a token", "logout_token=hello"],
    ["in JSON", JSON.stringify({ logout_token: "x" })],
    ["with a body that is not text", new Uint8Array([255, 254, 0, 1])],
    ["with a body of 200 KB", `logout_token=${"x".repeat(200_000)}`],
  ])("a request %s is refused", async (_, body) => expectRefused(await post(body)));

  test("a valid logout token in a body that is too long is refused", async () => {
    const browser = await browserOf("alice");
    await expectRefused(await post(`logout_token=${await op.logoutToken()}&x=${"x".repeat(40_000)}`));
    expect(await isLoggedIn(browser)).toBe(true);
  });

  test("the log, but not the answer, says why a logout token is refused, and the log does not contain the token", async () => {
    const browser = await browserOf("alice");
    const token = await op.logoutToken({ aud: "another" });
    const response = await send(token);
    expect(response.status).toBe(400);
    expect(await response.text()).not.toContain("aud");
    expect(JSON.stringify(logged)).toContain("invalid_response");
    expect(JSON.stringify(logged)).not.toContain(token.split(".")[1]);
    expect(await isLoggedIn(browser)).toBe(true);
  });

  test("an ID token is refused as a logout token", async () => {
    const browser = await browserOf("alice");
    await expectRefused(await send(await op.idToken()));
    expect(await isLoggedIn(browser)).toBe(true);
  });
});

describe("a logout token that must be sent again later", () => {
  test("a logout token gets 503 while the provider's keys are unavailable, and works later", async () => {
    const browser = await browserOf("alice");
    const token = await op.logoutToken();
    op.answers["/jwks"] = () => "reset";
    const response = await send(token);
    expect([response.status, response.headers.get("cache-control")]).toEqual([503, "private, no-store"]);
    expect(response.headers.get("retry-after")).toMatch(/^\d+$/);
    op.answers = {};
    expect((await send(token)).status).toBe(200);
    expect(await isLoggedIn(browser)).toBe(false);
  });

  test("a copy of a logout token gets 503 while the first one is being processed", async () => {
    const token = await op.logoutToken({ sub: "nobody" });
    const gate = Promise.withResolvers<void>();
    store.before = (name, [key = ""]) => (name === "set" && key.includes(":jti:") ? gate.promise : undefined);
    const first = send(token);
    await vi.waitUntil(() => store.operations.some(({ name }) => name === "set"));
    const copy = await send(token);
    expect([copy.status, copy.headers.get("retry-after")]).toEqual([503, "5"]);
    gate.resolve();
    expect((await first).status).toBe(200);
    await expectRefused(await send(token));
  });

  test("a paused server that fails later does not make a used logout token valid again", async () => {
    const token = await op.logoutToken({ sub: "nobody" });
    const gate = Promise.withResolvers<void>();
    store.before = async (name, [key = ""]) => {
      if (name !== "set" || !key.includes(":jti:")) return;
      store.before = () => undefined;
      await gate.promise;
      unavailable();
    };
    const paused = send(token);
    await vi.waitUntil(() =>
      store.operations.some(({ name, keys }) => name === "set" && keys[0]?.includes(":jti:")),
    );
    at(61);
    expect((await send(token)).status).toBe(200);
    gate.resolve();
    expect(await thrownBy(paused)).toMatchObject({ name: "SessionsUnavailableError" });
    await expectRefused(await send(token));
  });

  test("a logout token gets 503 while the discovery document is unavailable", async () => {
    op.answers["/.well-known/openid-configuration"] = () => ({ status: 502 });
    expect((await send(await op.logoutToken())).status).toBe(503);
  });

  test.each(["add", "get", "set", "delete"] as const)(
    "a logout token fails with an error if the store fails to %s, and works later",
    async (operation) => {
      const browser = await browserOf("alice");
      const token = await op.logoutToken();
      let failing = true;
      store.before = (name) => (failing && name === operation ? unavailable() : undefined);
      expect(await thrownBy(send(token))).toMatchObject({ name: "SessionsUnavailableError" });
      failing = false;
      at(61); // the mark "in use" has expired; the failing store could not delete it
      expect((await send(token)).status).toBe(200);
      expect(await isLoggedIn(browser)).toBe(false);
    },
  );

  test("without a store, a logout token gets 501, and the answer names SESSION_STORE_URL", async () => {
    await load({ SESSION_STORE_URL: undefined });
    const response = await send(await op.logoutToken());
    expect([response.status, response.headers.get("cache-control")]).toEqual([501, "private, no-store"]);
    expect(await response.json()).toMatchObject({
      error_description: expect.stringContaining("SESSION_STORE_URL"),
    });
  });
});
