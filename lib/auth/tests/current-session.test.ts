import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { FakeCookieJar } from "@/dev/testing/cookie-jar.ts";
import { endElsewhere, openSession, startSession } from "@/dev/testing/kept-sessions.ts";
import { freshProcessWith, STORAGES, type StorageKind } from "@/dev/testing/storages.ts";
import { tokenSet } from "@/dev/testing/tokens.ts";
import { SITE } from "../../site.ts";
import type { TokenSet } from "../provider/index.ts";
import { LoginError } from "../provider/index.ts";

const refreshTokens = vi.hoisted(() => vi.fn<() => Promise<TokenSet>>());
vi.mock("../provider/requests.ts", async (original) => ({
  ...(await original<object>()),
  refreshTokens,
  tryToRevoke: async () => undefined,
}));

const NOW = 1_700_000_000;

let lib: typeof import("../guard.ts") &
  typeof import("../session-cookie.ts") &
  typeof import("../session.ts");
let logged: { reason?: string }[];

async function load(storage: StorageKind): Promise<void> {
  vi.useFakeTimers({ now: NOW * 1000, toFake: ["Date"] });
  freshProcessWith(storage, { SESSION_MAX_AGE: "10000", SESSION_IDLE_TIMEOUT: "1000" });
  lib = {
    ...(await import("../guard.ts")),
    ...(await import("../session-cookie.ts")),
    ...(await import("../session.ts")),
  };
  const { log } = await import("../../log.ts");
  logged = [];
  log.level = "warn";
  for (const level of ["warn", "error"] as const) {
    vi.spyOn(log, level).mockImplementation((entry) => void logged.push(entry as object));
  }
  refreshTokens.mockReset();
}

afterEach(() => void vi.useRealTimers());

const at = (seconds: number) => vi.setSystemTime((NOW + seconds) * 1000);

async function jarWithSession(changes: Partial<ReturnType<typeof tokenSet>> = {}): Promise<FakeCookieJar> {
  const jar = new FakeCookieJar();
  await startSession(jar, lib.createSession(tokenSet(changes), null));
  jar.written.length = 0;
  return jar;
}

const visit = (jar: FakeCookieJar, pathname = "/profile", search = "") =>
  lib.currentSession(jar, { method: "GET", pathname, search, headers: new Headers(), requestId: "r" });

describe.each(STORAGES)("the visitor's session in %s, before the page renders", (storage) => {
  beforeEach(() => load(storage));

  test("a visit leaves the session unchanged, and writes no cookie, if no renewal or refresh is due", async () => {
    const jar = await jarWithSession();
    expect((await visit(jar))?.accessToken).toBe("access-token-0");
    expect(jar.written).toEqual([]);
  });

  test("a visit renews the session after a tenth of the idle time", async () => {
    const jar = await jarWithSession();
    at(100);
    expect((await visit(jar))?.idleExpiresAt).toBe(NOW + 1_100);
    expect(jar.written.at(-1)?.options.maxAge).toBe(1_000);
    at(1_050);
    expect(await openSession(jar)).not.toBeNull();
  });

  test("a request for /auth/me?renew=0 does not renew the session [K7]", async () => {
    const jar = await jarWithSession();
    at(100);
    expect((await visit(jar, "/auth/me", "?renew=0"))?.idleExpiresAt).toBe(NOW + 1_000);
    expect(jar.written).toEqual([]);
    at(999);
    expect(await openSession(jar)).not.toBeNull();
    at(1_000);
    expect(await openSession(jar)).toBeNull();
  });

  test.each([
    ["/auth/me", ""],
    ["/auth/me", "?renew=1"],
    ["/profile", "?renew=0"],
  ])("a request for %s%s renews the session", async (pathname, search) => {
    const jar = await jarWithSession();
    at(100);
    expect((await visit(jar, pathname, search))?.idleExpiresAt).toBe(NOW + 1_100);
  });

  test("a request for /auth/me?renew=0 refreshes the tokens, but does not renew the session", async () => {
    const jar = await jarWithSession({ accessTokenExpiresAt: NOW + 60 });
    refreshTokens.mockResolvedValue({ ...tokenSet(), accessToken: "access-token-1" });
    at(200);
    expect(await visit(jar, "/auth/me", "?renew=0")).toMatchObject({
      accessToken: "access-token-1",
      idleExpiresAt: NOW + 1_000,
    });
    expect((await openSession(jar))?.accessToken).toBe("access-token-1");
  });

  test("an access token that is about to expire is refreshed before the page renders [C16]", async () => {
    const jar = await jarWithSession({ accessTokenExpiresAt: NOW + 60 });
    refreshTokens.mockResolvedValue({
      ...tokenSet(),
      accessToken: "access-token-1",
      accessTokenExpiresAt: NOW + 600,
    });
    at(60);
    expect((await visit(jar))?.accessToken).toBe("access-token-1");
    expect((await openSession(jar))?.accessToken).toBe("access-token-1");
  });

  test("the session ends if the provider rejects the refresh", async () => {
    const jar = await jarWithSession({ accessTokenExpiresAt: NOW + 60 });
    const copy = jar.copy();
    refreshTokens.mockRejectedValue(new LoginError("provider_error", "", { providerError: "invalid_grant" }));
    at(60);
    expect(await visit(jar)).toBeNull();
    expect(jar.names()).toEqual([]);
    expect(await openSession(copy)).toBeNull();
  });

  test("the session stays until its access token expires, even if the provider rejects the refresh", async () => {
    const jar = await jarWithSession({ accessTokenExpiresAt: NOW + 300 });
    refreshTokens.mockRejectedValue(new LoginError("provider_error", "", { providerError: "invalid_grant" }));
    at(299);
    expect((await visit(jar))?.accessToken).toBe("access-token-0");
    expect(jar.names()).toHaveLength(1);
    at(300);
    expect(await visit(jar)).toBeNull();
    expect(refreshTokens).toHaveBeenCalledOnce();
  });

  test("the session stays, with its expired access token, while the provider cannot be reached", async () => {
    const jar = await jarWithSession({ accessTokenExpiresAt: NOW + 60 });
    refreshTokens.mockRejectedValue(new LoginError("provider_unavailable", ""));
    at(61);
    expect((await visit(jar))?.accessToken).toBe("access-token-0");
    expect(jar.names()).toHaveLength(1);
  });

  test("a session without a refresh token ends with its access token [C16]", async () => {
    const jar = await jarWithSession({ accessTokenExpiresAt: NOW + 60, refreshToken: null });
    at(59);
    expect(await visit(jar)).not.toBeNull();
    at(60);
    expect(await visit(jar)).toBeNull();
    expect(jar.names()).toEqual([]);
  });

  test.runIf(storage === "cookies")(
    "the session ends, and no error is thrown, if the new tokens do not fit into cookies",
    async () => {
      const jar = await jarWithSession({ accessTokenExpiresAt: NOW + 60 });
      const accessToken = "t".repeat(20_000);
      refreshTokens.mockResolvedValue({ ...tokenSet(), accessToken, accessTokenExpiresAt: NOW + 600 });
      at(60);
      expect(await visit(jar)).toBeNull();
      expect(logged).toContainEqual(expect.objectContaining({ reason: "configuration" }));
    },
  );

  test.each([
    "/auth/login",
    "/auth/callback",
    "/auth/logout",
    "/auth/signup",
    "/login",
    "/callback",
    "/logout",
  ])("the guard does not open or refresh the session for %s", async (pathname) => {
    const jar = await jarWithSession({ accessTokenExpiresAt: NOW });
    expect(await visit(jar, pathname)).toBeNull();
    expect([jar.written, refreshTokens.mock.calls]).toEqual([[], []]);
  });

  test("an unreadable session cookie is logged, but a missing one is not", async () => {
    expect(await visit(new FakeCookieJar([[`__Host-${SITE.id}.session`, "rubbish"]]))).toBeNull();
    expect(logged).toEqual([{ requestId: "r", step: "session", reason: "invalid" }]);
    expect(await visit(new FakeCookieJar())).toBeNull();
    expect(logged).toHaveLength(1);
  });
});

describe.each(STORAGES)("a session in %s that is replaced while it is being refreshed", (storage) => {
  beforeEach(() => load(storage));

  /** Starts a visit that refreshes the session. The refresh waits until the test settles `provider`. */
  async function visitWhoseRefreshWaits() {
    const jar = await jarWithSession({ accessTokenExpiresAt: NOW + 60 });
    const session = await openSession(jar);
    const provider = Promise.withResolvers<TokenSet>();
    refreshTokens.mockReturnValue(provider.promise);
    at(60);
    return { jar, session, provider, visited: visit(jar) };
  }

  test("a late refresh does not overwrite the cookie of a new login", async () => {
    const { jar, session, provider, visited } = await visitWhoseRefreshWaits();
    if (session) await endElsewhere(session);
    provider.resolve({ ...tokenSet(), accessTokenExpiresAt: NOW + 600 });
    expect(await visited).toBeNull();
    expect(jar.written).toEqual([]);
  });

  test("a late refresh that is rejected does not delete the cookie of a new login", async () => {
    const { jar, session, provider, visited } = await visitWhoseRefreshWaits();
    if (session) await endElsewhere(session);
    provider.reject(new LoginError("provider_error", "refused", { providerError: "invalid_grant" }));
    expect(await visited).toBeNull();
    expect(jar.written).toEqual([]);
  });
});
