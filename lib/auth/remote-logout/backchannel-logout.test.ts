import { beforeEach, describe, expect, test, vi } from "vitest";
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

/** What the provider posts (Back-Channel Logout 1.0, 2.5). */
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
  test("ends every session of its subject, and nobody else's", async () => {
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

  test("has onLogout run for each session that it ends", async () => {
    await browserOf("alice", "s1");
    await browserOf("bob");
    const onLogout = vi.fn();
    Object.assign((await import("../../hooks.ts")).hooks, { onLogout });
    await send(await op.logoutToken({ sub: "alice" }));
    await send(await op.logoutToken({ sub: "alice" })); // nobody is left to be logged out
    expect(onLogout.mock.calls).toMatchObject([[{ user: { sub: "alice" }, claims: { sid: "s1" } }]]);
  });

  test.each([
    ["alone", { sub: undefined, sid: "s1" }],
    ["with its subject", { sub: "alice", sid: "s1" }],
  ])("that names a session at the provider, %s, ends what was begun in it and no more", async (_, claims) => {
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

  test("with the session of one and the name of another ends neither", async () => {
    const [alice, bob] = [await browserOf("alice", "s1"), await browserOf("bob", "s2")];
    expect((await send(await op.logoutToken({ sub: "bob", sid: "s1" }))).status).toBe(200);
    expect(await Promise.all([alice, bob].map(isLoggedIn))).toEqual([true, true]);
  });

  test.each([{ sub: "alice" }, { sub: undefined, sid: "s1" }])(
    "with %j fails a login that is finished at the same moment, and is not in the list yet",
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

  test("about somebody who is not here is as good as done", async () => {
    expect((await send(await op.logoutToken({ sub: "nobody" }))).status).toBe(200);
    expect((await send(await op.logoutToken({ sub: undefined, sid: "none" }))).status).toBe(200);
    const message = "logout token accepted; there was no session to end";
    expect(logged).toEqual(Array(2).fill(expect.objectContaining({ sessions: 0, message })));
  });

  test("leaves the refresh token as it is: whether it outlives the session is the provider's to say", async () => {
    op.metadata = { revocation_endpoint: `${op.issuer}/revoke` };
    await browserOf("alice");
    await send(await op.logoutToken());
    expect(op.asked).not.toContain("/revoke");
  });
});

describe("a logout token that was used", () => {
  test("is refused, until it has expired anyway", async () => {
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

  test.each([NOW + 60.5, 1e300])("is remembered whatever kind of number its exp is: %d", async (exp) => {
    const token = await op.logoutToken({ exp });
    expect((await send(token)).status).toBe(200);
    const [entry] = store.keys("jti").map((key) => store.entries.get(key));
    expect(Number.isSafeInteger(entry?.expiresAt)).toBe(true);
    await expectRefused(await send(token));
  });

  test("is refused also with everything but its jti changed", async () => {
    await send(await op.logoutToken({ jti: "one" }));
    await expectRefused(await send(await op.logoutToken({ jti: "one", sub: "bob" })));
    expect((await send(await op.logoutToken({ jti: "two" }))).status).toBe(200);
  });

  test("is accepted once, however many copies come at a time", async () => {
    const token = await op.logoutToken();
    const responses = await Promise.all(Array.from({ length: 20 }, () => send(token)));
    expect(responses.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(responses.every(({ status }) => [200, 400, 503].includes(status))).toBe(true);
    await expectRefused(await send(token));
  });

  test("is refused by every server, also one that has just started", async () => {
    const token = await op.logoutToken();
    await send(token);
    await load();
    await expectRefused(await send(token));
  });

  test("stays unused where it was not acceptable: a forged one spends no jti", async () => {
    await expectRefused(await send(await op.logoutToken({ jti: "one", nonce: "x" })));
    expect((await send(await op.logoutToken({ jti: "one" }))).status).toBe(200);
  });
});

describe("a request that is refused, and ends nothing", () => {
  test.each([
    ["without a body", ""],
    ["without the parameter", "token=x"],
    ["with an empty parameter", "logout_token="],
    ["with a text that is not a token", "logout_token=hello"],
    ["in JSON", JSON.stringify({ logout_token: "x" })],
    ["with a body that is not text", new Uint8Array([255, 254, 0, 1])],
    ["with an endless body", `logout_token=${"x".repeat(200_000)}`],
  ])("%s", async (_, body) => expectRefused(await post(body)));

  test("with a token that is good, in a body that is too long", async () => {
    const browser = await browserOf("alice");
    await expectRefused(await post(`logout_token=${await op.logoutToken()}&x=${"x".repeat(40_000)}`));
    expect(await isLoggedIn(browser)).toBe(true);
  });

  test("with a bad token: the log says what is wrong, the answer does not, and neither holds the token", async () => {
    const browser = await browserOf("alice");
    const token = await op.logoutToken({ aud: "another" });
    const response = await send(token);
    expect(response.status).toBe(400);
    expect(await response.text()).not.toContain("aud");
    expect(JSON.stringify(logged)).toContain("invalid_response");
    expect(JSON.stringify(logged)).not.toContain(token.split(".")[1]);
    expect(await isLoggedIn(browser)).toBe(true);
  });

  test("with an ID token of the person, as anybody has who ever logged in here", async () => {
    const browser = await browserOf("alice");
    await expectRefused(await send(await op.idToken()));
    expect(await isLoggedIn(browser)).toBe(true);
  });
});

describe("an answer for later", () => {
  test("is given while the provider's keys are unavailable, and the same token works when they are back", async () => {
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

  test("is given to a copy that comes while the first one is still being acted upon", async () => {
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

  test("is given by a server that was paused, and does not make the token good again that a copy has used", async () => {
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

  test("is given while the discovery document is unavailable", async () => {
    op.answers["/.well-known/openid-configuration"] = () => ({ status: 502 });
    expect((await send(await op.logoutToken())).status).toBe(503);
  });

  test.each(["add", "get", "set", "delete"] as const)(
    "is due while the store fails to %s, and the same token works when it is back",
    async (operation) => {
      const browser = await browserOf("alice");
      const token = await op.logoutToken();
      let failing = true;
      store.before = (name) => (failing && name === operation ? unavailable() : undefined);
      expect(await thrownBy(send(token))).toMatchObject({ name: "SessionsUnavailableError" });
      failing = false;
      at(61); // not even the mark that it is in use could be taken away
      expect((await send(token)).status).toBe(200);
      expect(await isLoggedIn(browser)).toBe(false);
    },
  );

  test("is none without a store: no session could be found", async () => {
    await load({ SESSION_STORE_URL: undefined });
    const response = await send(await op.logoutToken());
    expect([response.status, response.headers.get("cache-control")]).toEqual([501, "private, no-store"]);
    expect(await response.json()).toMatchObject({
      error_description: expect.stringContaining("SESSION_STORE_URL"),
    });
  });
});
