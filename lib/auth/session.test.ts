import { beforeEach, describe, expect, test, vi } from "vitest";
import { freshProcess } from "@/dev/testing/fresh-process.ts";
import { tokenSet, unsignedJwt } from "@/dev/testing/tokens.ts";

const NOW = 1_700_000_000;
const MAX_AGE = 1_000;
const IDLE = 100;

let lib: typeof import("./session.ts");

beforeEach(async () => {
  vi.useFakeTimers({ now: NOW * 1000 });
  freshProcess({ SESSION_MAX_AGE: String(MAX_AGE), SESSION_IDLE_TIMEOUT: String(IDLE) });
  lib = await import("./session.ts");
  return () => vi.useRealTimers();
});

/** Sets the clock to this many seconds after the login. */
const at = (seconds: number) => vi.setSystemTime((NOW + seconds) * 1000);
const newSession = (changes = {}) => lib.createSession(tokenSet(changes), null);

describe("a new session", () => {
  test("a new session has the tokens and the userinfo [C15]", () => {
    const session = lib.createSession(tokenSet(), { sub: "alice", email: "a@b.c" });
    expect(session).toMatchObject({
      v: 1,
      accessToken: "access-token-0",
      refreshToken: "refresh-token-0",
      idToken: tokenSet().idToken,
      scope: "openid profile",
      userinfo: { sub: "alice", email: "a@b.c" },
    });
  });

  test("each new session has its own id", () => {
    expect(newSession().id).not.toBe(newSession().id);
    expect(newSession().id).toMatch(/^[0-9a-f-]{36}$/);
  });

  test("a new session has the requested scope if the provider states none (RFC 6749, 5.1)", () => {
    expect(newSession({ scope: null }).scope).toBe("openid profile email offline_access");
  });

  test("withClaims adds the claims of the ID token, for server code", () => {
    const idToken = unsignedJwt({ sub: "alice", aud: "the-client" });
    expect(lib.withClaims(newSession({ idToken })).idTokenClaims).toEqual({
      sub: "alice",
      aud: "the-client",
    });
  });
});

describe("the lifetime of a session", () => {
  test("a session ends SESSION_MAX_AGE after the login, or SESSION_IDLE_TIMEOUT after the last visit", () => {
    expect(newSession()).toMatchObject({
      createdAt: NOW,
      expiresAt: NOW + MAX_AGE,
      idleExpiresAt: NOW + IDLE,
    });
  });

  test("a session without visits expires at the end of its idle time, and not a second earlier", () => {
    const session = newSession();
    at(IDLE - 1);
    expect(lib.hasExpired(session)).toBe(false);
    at(IDLE);
    expect(lib.hasExpired(session)).toBe(true);
  });

  test("a visit renews the idle time once a tenth of the idle time has passed", () => {
    const session = newSession();
    at(9);
    expect(lib.needsIdleRenewal(session)).toBe(false);
    at(10);
    expect(lib.needsIdleRenewal(session)).toBe(true);
    const renewed = lib.renewIdleTime(session);
    expect(renewed.idleExpiresAt).toBe(NOW + 10 + IDLE);
    expect(lib.needsIdleRenewal(renewed)).toBe(false);
    at(20);
    expect(lib.needsIdleRenewal(renewed)).toBe(true);
  });

  test("a session ends at SESSION_MAX_AGE, however often the user visits", () => {
    let session = newSession();
    for (let visit = 50; visit < MAX_AGE; visit += 50) {
      at(visit);
      session = lib.renewIdleTime(session);
    }
    expect(session.idleExpiresAt).toBe(session.expiresAt);
    expect(lib.hasExpired(session)).toBe(false);
    at(MAX_AGE);
    expect(lib.hasExpired(session)).toBe(true);
    expect(lib.hasExpired(lib.renewIdleTime(session))).toBe(true);
  });

  test("a session ends at SESSION_MAX_AGE, even if its idle time would end later", () => {
    const session = { ...newSession(), idleExpiresAt: NOW + 2 * MAX_AGE };
    at(MAX_AGE);
    expect(lib.hasExpired(session)).toBe(true);
  });

  test("the idle time is not renewed if that would not extend the session", () => {
    const session = newSession();
    at(MAX_AGE - IDLE);
    expect(lib.needsIdleRenewal(lib.renewIdleTime(session))).toBe(false);
    at(MAX_AGE - 1);
    expect(lib.needsIdleRenewal(lib.renewIdleTime(session))).toBe(false);
  });

  test("an idle timeout that is longer than SESSION_MAX_AGE has no effect", async () => {
    freshProcess({ SESSION_MAX_AGE: "50", SESSION_IDLE_TIMEOUT: "5000" });
    lib = await import("./session.ts");
    expect(newSession()).toMatchObject({ expiresAt: NOW + 50, idleExpiresAt: NOW + 50 });
    expect(lib.needsIdleRenewal(newSession())).toBe(false);
  });
});

describe("the lifetime of the access token [C16] [K11]", () => {
  test.each([
    [3600, 3570],
    [300, 270],
    [299, 270],
    [100, 90],
    [10, 9],
    [5, 5],
    [1, 1],
    [0, 0],
  ])("an access token with a lifetime of %i s is refreshed from second %i on", (lifetime, refreshAt) => {
    const session = newSession({ accessTokenExpiresAt: NOW + lifetime });
    at(refreshAt - 1);
    expect(lib.needsRefresh(session)).toBe(false);
    at(refreshAt);
    expect(lib.needsRefresh(session)).toBe(true);
  });

  test("an access token can be used until the second in which it expires", () => {
    const session = newSession({ accessTokenExpiresAt: NOW + 300 });
    at(299);
    expect(lib.hasExpiredAccessToken(session)).toBe(false);
    at(300);
    expect(lib.hasExpiredAccessToken(session)).toBe(true);
  });

  test("an access token without an expiry can be used for as long as the session lasts", () => {
    const session = newSession({ accessTokenExpiresAt: null });
    expect(session.refreshAt).toBeNull();
    at(100 * 86_400);
    expect([lib.needsRefresh(session), lib.hasExpiredAccessToken(session)]).toEqual([false, false]);
  });
});

describe("the session after a refresh", () => {
  const fresh = { ...tokenSet(), accessToken: "access-token-1", accessTokenExpiresAt: NOW + 700 };

  test("a refreshed session has the new tokens, but the same id and the same end [K11]", () => {
    const session = newSession();
    at(100);
    const idToken = unsignedJwt({ sub: "alice", iat: NOW + 100 });
    const renewed = lib.withTokens(session, {
      ...fresh,
      idToken,
      refreshToken: "refresh-token-1",
      scope: "openid",
    });
    expect(renewed).toEqual({
      ...session,
      accessToken: "access-token-1",
      accessTokenExpiresAt: NOW + 700,
      refreshAt: NOW + 670,
      idToken,
      refreshToken: "refresh-token-1",
      scope: "openid",
    });
  });

  test("a refreshed session keeps the ID token, refresh token and scope that the answer lacks (RFC 6749, 6)", () => {
    const session = newSession();
    const { idToken, refreshToken, scope } = lib.withTokens(session, {
      ...fresh,
      idToken: null,
      refreshToken: null,
      scope: null,
    });
    expect({ idToken, refreshToken, scope }).toEqual({
      idToken: session.idToken,
      refreshToken: "refresh-token-0",
      scope: "openid profile",
    });
  });

  test("a refreshed session has no expiry of its access token if the answer states none", () => {
    const renewed = lib.withTokens(newSession(), { ...fresh, accessTokenExpiresAt: null });
    expect([renewed.accessTokenExpiresAt, renewed.refreshAt]).toEqual([null, null]);
  });
});
