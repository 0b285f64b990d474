import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { BrokerInProcess, type Tokens, tokensOf } from "@/dev/testing/broker-in-process.ts";
import { startScriptedProvider } from "@/dev/testing/fresh-process.ts";
import { MemoryStore, unavailable } from "@/dev/testing/memory-store.ts";
import { decodeJwt } from "@/lib/auth/provider/index.ts"; // part: fapi

const cookies = vi.hoisted(() => new Map<string, string>());
vi.mock("next/headers", async () => (await import("@/dev/testing/next-headers.ts")).nextHeaders(cookies));

const op = await startScriptedProvider();
let store: MemoryStore;
let app: BrokerInProcess;
let tokens: Tokens;
/** The refresh tokens that the provider was asked to revoke. */
let revoked: (string | null)[];

beforeEach(async () => {
  cookies.clear();
  store = new MemoryStore();
  op.metadata = { revocation_endpoint: `${op.issuer}/revoke` };
  revoked = [];
  op.answers["/revoke"] = ({ body }) => {
    revoked.push(new URLSearchParams(body).get("token"));
    return {};
  };
  app = await BrokerInProcess.start(op, store);
  tokens = await app.logIn();
});
afterEach(() => vi.useRealTimers());

const INVALID_GRANT = { status: 400, body: { error: "invalid_grant" } };

/** Moves the clock forward, so that entries and tokens expire. */
const later = (seconds: number) => vi.useFakeTimers({ now: Date.now() + seconds * 1000, toFake: ["Date"] });

const person = () => ({ idTokenClaims: { iss: op.issuer, sub: "alice" } });
const programs = () => app.run(() => app.broker.listPrograms(person()));

describe("a program's refresh [P4]", () => {
  test("a refresh replaces the program's tokens and those of the provider [P10]", async () => {
    op.tokenResponse = { refresh_token: "refresh-2" };
    const next = tokensOf(await app.refresh(tokens));
    expect(next.refresh_token).not.toBe(tokens.refresh_token);
    expect(next.access_token).not.toBe(tokens.access_token);
    expect(await app.whoCalls(next.access_token)).toEqual([200, "alice"]);
    expect(new URLSearchParams(op.requestTo("/token")?.body).get("refresh_token")).toBe("refresh-1");
    await app.refresh(next);
    expect(new URLSearchParams(op.requestTo("/token")?.body).get("refresh_token")).toBe("refresh-2");
  });

  test("the parameter may be refresh-token or refresh_token, and grant_type is optional", async () => {
    const forms = [
      (token: string) => ({ "refresh-token": token }),
      (token: string) => ({ refresh_token: token }),
      (token: string) => ({ grant_type: "refresh_token", refresh_token: token }),
    ];
    let current = tokens;
    for (const form of forms) current = tokensOf(await app.post("token", form(current.refresh_token)));
  });

  test("a program that refreshes stays logged in for weeks, and its login ends after 30 days without a refresh", async () => {
    let current = tokens;
    for (let week = 0; week < 6; week += 1) {
      later(7 * 86_400);
      current = tokensOf(await app.refresh(current));
    }
    later(31 * 86_400);
    expect(await app.refresh(current)).toMatchObject(INVALID_GRANT);
  });

  test("a program's login ends BROKER_REFRESH_LIFETIME seconds after its last refresh", async () => {
    app = await BrokerInProcess.start(op, store, { BROKER_REFRESH_LIFETIME: "100" });
    let current = await app.logIn();
    for (let count = 0; count < 3; count += 1) {
      later(90);
      current = tokensOf(await app.refresh(current));
    }
    expect(current.refresh_expires - Math.floor(Date.now() / 1_000)).toBe(100);
    later(101);
    expect(await app.refresh(current)).toMatchObject(INVALID_GRANT);
  });

  test("after a refresh, the access token has the roles that the provider states now", async () => {
    op.claims = { roles: ["new"], nonce: undefined };
    const { access_token } = tokensOf(await app.refresh(tokens));
    expect(await app.whoCalls(access_token, {}, { roles: ["new"] })).toEqual([200, "alice"]);
  });

  test("a refresh removes roles that userinfo no longer states, and keeps all roles while userinfo fails", async () => {
    op.answers["/userinfo"] = () => ({ json: { sub: "alice", roles: ["editor"] } });
    tokens = await app.logIn();
    const rule = { roles: ["editor"] };
    for (const status of [500, 401, 403, 404]) {
      op.answers["/userinfo"] = () => ({ status });
      tokens = tokensOf(await app.refresh(tokens));
      expect(await app.whoCalls(tokens.access_token, {}, rule), `status ${status}`).toEqual([200, "alice"]);
    }
    op.answers["/userinfo"] = () => ({ json: { sub: "alice", roles: [] } });
    tokens = tokensOf(await app.refresh(tokens));
    expect(await app.whoCalls(tokens.access_token, {}, rule)).toEqual([403, "insufficient_scope"]);
  });

  test.each([500, 401, 403, 404])(
    "a role that a new ID token denies does not count, although old userinfo has it and userinfo answers %i",
    async (status) => {
      op.claims = { roles: ["editor"] };
      op.answers["/userinfo"] = () => ({ json: { sub: "alice", roles: ["editor"] } });
      tokens = await app.logIn();
      const rule = { roles: ["editor"] };
      expect(await app.whoCalls(tokens.access_token, {}, rule)).toEqual([200, "alice"]);
      op.claims = { roles: [], nonce: undefined };
      op.answers["/userinfo"] = () => ({ status });
      tokens = tokensOf(await app.refresh(tokens));
      expect(await app.whoCalls(tokens.access_token, {}, rule)).toEqual([403, "insufficient_scope"]);
    },
  );

  // part: fapi
  test("with DPoP, a refresh proves possession of the key that the login used (RFC 9449)", async () => {
    app = await BrokerInProcess.start(op, store, { OIDC_DPOP: "true" });
    op.tokenResponse = { token_type: "DPoP" };
    const proofKey = () =>
      JSON.stringify(decodeJwt(String(op.requestTo("/token")?.headers.dpop))?.header.jwk);
    tokens = await app.logIn();
    const key = proofKey();
    expect(key).toContain("EC");
    tokens = tokensOf(await app.refresh(tokens));
    expect(proofKey()).toBe(key);
    expect(await app.whoCalls(tokens.access_token)).toEqual([200, "alice"]);
  });
  // end part: fapi

  test("a refresh still works after SESSION_SECRET was rotated", async () => {
    const secrets = {
      SESSION_SECRET: "second-secret-of-the-tests-0123456789,first-secret-of-the-tests-0123456789",
    };
    app = await BrokerInProcess.start(op, store, secrets);
    const next = tokensOf(await app.refresh(tokens));
    expect(tokensOf(await app.refresh(tokens)).refresh_token).toBe(next.refresh_token);
  });

  test.each(["", "x", "a".repeat(64), "é".repeat(64)])(
    "a refresh with the token %j is refused",
    async (refresh_token) => {
      const { status } = await app.refresh({ refresh_token });
      expect(status).toBe(400);
      expect(await programs()).toHaveLength(1);
    },
  );

  test("a refresh with an unknown token writes nothing to the store", async () => {
    const add = vi.spyOn(store, "add");
    expect(await app.refresh({ refresh_token: "a".repeat(64) })).toMatchObject(INVALID_GRANT);
    expect(add).not.toHaveBeenCalled();
  });

  test("a refresh with an access token is refused", async () => {
    expect(await app.refresh({ refresh_token: tokens.access_token })).toMatchObject(INVALID_GRANT);
  });
});

describe("a program that sends an old refresh token again", () => {
  test("a program that repeats a refresh within ten seconds gets the same new refresh token", async () => {
    later(0); // the clock stands still
    const next = tokensOf(await app.refresh(tokens));
    const asked = op.asked.length;
    later(10);
    const again = tokensOf(await app.refresh(tokens));
    expect(again.refresh_token).toBe(next.refresh_token);
    expect(op.asked.length).toBe(asked);
    tokensOf(await app.refresh(next));
  });

  test("an old refresh token sent after ten seconds ends the login, because it was copied (RFC 9700, 4.14.2)", async () => {
    later(0); // the clock stands still
    const next = tokensOf(await app.refresh(tokens));
    later(11);
    expect(await app.refresh(tokens)).toMatchObject(INVALID_GRANT);
    expect(await app.refresh(next)).toMatchObject(INVALID_GRANT);
    expect(await programs()).toEqual([]);
    expect(revoked).toEqual(["refresh-1"]);
  });

  test("a refresh token that was replaced twice ends the login at once", async () => {
    const next = tokensOf(await app.refresh(tokens));
    tokensOf(await app.refresh(next));
    expect(await app.refresh(tokens)).toMatchObject(INVALID_GRANT);
    expect(await app.refresh(next)).toMatchObject(INVALID_GRANT);
  });
});

describe("a fault during a program's refresh", () => {
  test.each(["hang", "reset", { status: 500 }, { status: 503 }] as const)(
    "if the provider fails with %j, the program gets 502, and its refresh token works later",
    async (fault) => {
      app = await BrokerInProcess.start(op, store, { OIDC_TIMEOUT: "1" });
      op.answers["/token"] = () => fault;
      const { status, body } = await app.refresh(tokens);
      expect([status, body?.error]).toEqual([502, "temporarily_unavailable"]);
      delete op.answers["/token"];
      later(60);
      tokensOf(await app.refresh(tokens));
    },
  );

  test("if the store is unavailable, the program gets 502, and the provider is not asked", async () => {
    store.before = unavailable;
    const asked = op.asked.length;
    const { status, body } = await app.refresh(tokens);
    expect([status, body?.error]).toEqual([502, "temporarily_unavailable"]);
    expect(op.asked.length).toBe(asked);
    store.before = () => undefined;
    tokensOf(await app.refresh(tokens));
  });

  test("if the store fails after the provider has answered, the program can repeat the refresh a minute later", async () => {
    op.tokenResponse = { refresh_token: "refresh-2" };
    store.before = (name, [key = ""]) =>
      name === "set" && key.includes(":program:") ? unavailable() : undefined;
    expect((await app.refresh(tokens)).status).toBe(502);
    store.before = () => undefined;
    later(60);
    const next = tokensOf(await app.refresh(tokens));
    await app.refresh(next);
    expect(new URLSearchParams(op.requestTo("/token")?.body).get("refresh_token")).toBe("refresh-2");
  });

  test("if the store fails for a moment, the refresh still succeeds", async () => {
    let failures = 2;
    store.before = (name, [key = ""]) => {
      if (name === "set" && key.includes(":program:") && failures > 0) {
        failures -= 1;
        unavailable();
      }
    };
    tokensOf(await app.refresh(tokens));
  });
});

describe("the end of a program's login", () => {
  test("a program's login ends at its next refresh after the provider revoked the refresh token", async () => {
    op.answers["/token"] = () => ({ status: 400, json: { error: "invalid_grant" } });
    expect(await app.refresh(tokens)).toMatchObject(INVALID_GRANT);
    delete op.answers["/token"];
    expect(await app.refresh(tokens)).toMatchObject(INVALID_GRANT);
  });

  test("a program's login ends if a refresh returns an ID token of another person", async () => {
    op.claims = { sub: "mallory" };
    expect(await app.refresh(tokens)).toMatchObject(INVALID_GRANT);
    expect(await programs()).toEqual([]);
  });

  test("a program's login that ends during a refresh stays ended, and both refresh tokens are revoked", async () => {
    op.tokenResponse = { refresh_token: "refresh-2" };
    const [{ name } = { name: "" }] = await programs();
    store.before = async (operation, [key = ""]) => {
      if (operation !== "set" || !key.includes(":program:")) return;
      store.before = () => undefined;
      await app.run(() => app.broker.endOneProgram(person(), name));
    };
    expect(await app.refresh(tokens)).toMatchObject(INVALID_GRANT);
    expect(revoked.sort()).toEqual(["refresh-1", "refresh-2"]);
    expect(store.keys("program")).toEqual([]);
  });
});

describe("a person's list of programs", () => {
  test("the list has the User-Agent, the times and the scopes of each program", async () => {
    await app.post("token", { refresh_token: tokens.refresh_token }, { "user-agent": "python-httpx/0.28" });
    expect(await programs()).toEqual([
      {
        name: expect.stringMatching(/^[\w-]{43}$/),
        userAgent: "python-httpx/0.28",
        createdAt: expect.any(Number),
        usedAt: expect.any(Number),
        expiresAt: expect.any(Number),
        scopes: ["openid", "profile"],
      },
    ]);
  });

  test("a person who ends one program also revokes its refresh token at the provider", async () => {
    op.tokenResponse = { refresh_token: "refresh-of-another" };
    const other = await app.logIn();
    const names = (await programs()).map(({ name }) => name);
    expect(names).toHaveLength(2);
    for (const name of names) {
      if (revoked.length === 0)
        expect(await app.run(() => app.broker.endOneProgram(person(), name))).toBe(true);
    }
    expect(revoked).toHaveLength(1);
    const ended = revoked[0] === "refresh-1" ? tokens : other;
    expect(await app.refresh(ended)).toMatchObject(INVALID_GRANT);
    tokensOf(await app.refresh(ended === tokens ? other : tokens));
  });

  test("a person cannot end another person's program", async () => {
    const [{ name } = { name: "" }] = await programs();
    const bob = { idTokenClaims: { iss: op.issuer, sub: "bob" } };
    expect(await app.run(() => app.broker.endOneProgram(bob, name))).toBe(false);
    const elsewhere = { idTokenClaims: { iss: "https://other.example.com", sub: "alice" } };
    expect(await app.run(() => app.broker.endOneProgram(elsewhere, name))).toBe(false);
    tokensOf(await app.refresh(tokens));
  });

  test("a person has at most 50 programs, and a further login ends the least recently used one", async () => {
    const second = await app.logIn();
    for (let count = 0; count < 48; count += 1) await app.logIn();
    tokens = tokensOf(await app.refresh(tokens)); // the first program is now the most recently used one
    await app.logIn();
    expect(await programs()).toHaveLength(50);
    expect(await app.refresh(second)).toMatchObject(INVALID_GRANT);
    tokensOf(await app.refresh(tokens));
  });
});

// part: remote-logout
describe("a program's login after a logout elsewhere", () => {
  async function remoteLogout() {
    return app.run(() => import("@/lib/auth/remote-logout/session-list.ts"));
  }

  test("a logout everywhere ends the person's programs", async () => {
    const { endAllSessions } = await remoteLogout();
    await app.run(() => endAllSessions({ id: "any", ...person() }));
    expect(await app.refresh(tokens)).toMatchObject(INVALID_GRANT);
  });

  test("a logout everywhere does not wait for a provider that does not answer the revocation", async () => {
    const answer = Promise.withResolvers<object>();
    op.answers["/revoke"] = () => answer.promise;
    const { endAllSessions } = await remoteLogout();
    let hasEnded = false;
    const ending = app.run(() => endAllSessions({ id: "any", ...person() })).then(() => (hasEnded = true));
    await vi.waitUntil(() => hasEnded, 3_000); // the app would wait 10 s for the provider
    expect(await programs()).toEqual([]);
    answer.resolve({});
    await ending;
  });

  test("a logout everywhere also ends a program whose last refresh could not be saved", async () => {
    store.before = (name, [key = ""]) =>
      name === "set" && key.includes(":program:") ? unavailable() : undefined;
    expect((await app.refresh(tokens)).status).toBe(502);
    store.before = () => undefined;
    const { endAllSessions } = await remoteLogout();
    await app.run(() => endAllSessions({ id: "any", ...person() }));
    await vi.waitUntil(() => revoked.length === 2, 3_000); // one refresh token was saved, the other was not
    later(700); // after the store has deleted the record of the logout
    expect(await app.refresh(tokens)).toMatchObject(INVALID_GRANT);
    expect(await programs()).toEqual([]);
  });

  test("a back-channel logout of a person ends that person's programs only", async () => {
    const { endSessionsOf } = await remoteLogout();
    await app.run(() => endSessionsOf({ iss: op.issuer, sub: "bob" }));
    tokens = tokensOf(await app.refresh(tokens));
    await app.run(() => endSessionsOf({ iss: op.issuer, sub: "alice" }));
    expect(await app.refresh(tokens)).toMatchObject(INVALID_GRANT);
  });

  test("a back-channel logout of one session at the provider ends the programs of that session only", async () => {
    op.claims = { sid: "at-the-provider" };
    const other = await app.logIn();
    const { endSessionsOf } = await remoteLogout();
    await app.run(() => endSessionsOf({ iss: op.issuer, sid: "at-the-provider" }, "bob"));
    const next = tokensOf(await app.refresh(other));
    await app.run(() => endSessionsOf({ iss: op.issuer, sid: "at-the-provider" }, "alice"));
    expect(await app.refresh(next)).toMatchObject(INVALID_GRANT);
    tokensOf(await app.refresh(tokens));
  });

  test("a back-channel logout also ends a login whose code was not exchanged yet", async () => {
    const atProgram = await app.authorize();
    const { endSessionsOf } = await remoteLogout();
    await app.run(() => endSessionsOf({ iss: op.issuer, sub: "alice" }));
    expect(await app.redeem(atProgram)).toMatchObject(INVALID_GRANT);
    expect(await programs()).toEqual([]);
    expect(revoked).toEqual(["refresh-1", "refresh-1"]); // for `tokens`, and for the login of `atProgram`
  });
});
// end part: remote-logout
