import { beforeEach, describe, expect, test, vi } from "vitest";
import { freshProcess } from "@/dev/testing/fresh-process.ts";
import { tokenSet } from "@/dev/testing/tokens.ts";
import type { TokenSet } from "./provider/index.ts";
import type { Session } from "./session.ts";

const refreshTokens = vi.hoisted(() => vi.fn<(refreshToken: string) => Promise<TokenSet>>());
vi.mock("./provider/requests.ts", async (original) => ({ ...(await original<object>()), refreshTokens }));

const NOW = 1_700_000_000;

let lib: typeof import("./refresh.ts") & typeof import("./session.ts");

beforeEach(async () => {
  vi.useFakeTimers({ now: NOW * 1000 });
  freshProcess();
  lib = { ...(await import("./refresh.ts")), ...(await import("./session.ts")) };
  const { log } = await import("../log.ts");
  log.level = "silent";
  refreshTokens.mockReset();
  return () => vi.useRealTimers();
});

/** A session whose access token has just expired. */
function expiredSession(changes: Partial<ReturnType<typeof tokenSet>> = {}): Session {
  return lib.createSession(tokenSet({ accessTokenExpiresAt: NOW, ...changes }), null);
}

/** What a refresh brings: tokens of this number. */
const tokens = (number: number, changes: Partial<TokenSet> = {}): TokenSet => ({
  ...tokenSet(),
  accessToken: `access-token-${number}`,
  refreshToken: `refresh-token-${number}`,
  accessTokenExpiresAt: Math.floor(Date.now() / 1000) + 300,
  ...changes,
});

const refresh = (session: Session) => lib.refreshSession(session, "the-request");
const pass = (seconds: number) => vi.advanceTimersByTime(seconds * 1000);

describe("refreshing a session [C16] [K11]", () => {
  test("an access token that is still good is left alone", async () => {
    const session = expiredSession({ accessTokenExpiresAt: NOW + 300 });
    expect(await refresh(session)).toBe(session);
    expect(refreshTokens).not.toHaveBeenCalled();
  });

  test("a provider whose tokens have expired already is asked once for a request, not again and again", async () => {
    refreshTokens.mockImplementation(async () => tokens(1, { accessTokenExpiresAt: NOW }));
    expect((await refresh(expiredSession()))?.accessToken).toBe("access-token-1");
    expect(refreshTokens).toHaveBeenCalledTimes(1);
  });

  test("one about to expire is renewed with the session's refresh token", async () => {
    refreshTokens.mockResolvedValue(tokens(1));
    const session = expiredSession({ accessTokenExpiresAt: NOW + 300 });
    pass(271);
    const refreshed = await refresh(session);
    expect(refreshed).toMatchObject({
      id: session.id,
      accessToken: "access-token-1",
      refreshToken: "refresh-token-1",
    });
    expect(refreshTokens).toHaveBeenCalledWith(
      "refresh-token-0",
      expect.objectContaining({ sub: "alice" }),
      undefined, // bound to no key // part: fapi
    );
  });

  test("without a refresh token the session ends when the access token expires, and not before", async () => {
    const session = expiredSession({ refreshToken: null, accessTokenExpiresAt: NOW + 300 });
    pass(299);
    expect(await refresh(session)).toBe(session);
    pass(1);
    expect(await refresh(session)).toBeNull();
    expect(refreshTokens).not.toHaveBeenCalled();
  });

  test("a provider that does not rotate keeps its refresh token good, time and again", async () => {
    const fixed = { refreshToken: null };
    let session = expiredSession();
    for (const number of [1, 2, 3]) {
      refreshTokens.mockResolvedValue(tokens(number, fixed));
      const refreshed = await refresh(session);
      expect(refreshed).toMatchObject({
        accessToken: `access-token-${number}`,
        refreshToken: "refresh-token-0",
      });
      session = refreshed ?? session;
      pass(300);
    }
    expect(refreshTokens).toHaveBeenCalledTimes(3);
  });
});

test("a refresh token that stays the same gives new tokens each time, however short they live", async () => {
  const lifetime = 20;
  let session = expiredSession();
  for (const number of [1, 2, 3]) {
    const accessTokenExpiresAt = Math.floor(Date.now() / 1000) + lifetime;
    refreshTokens.mockResolvedValue(tokens(number, { refreshToken: null, accessTokenExpiresAt }));
    session = (await refresh(session)) ?? session;
    expect(session.accessToken).toBe(`access-token-${number}`);
    pass(lifetime);
  }
});

describe("many requests at once", () => {
  test("fifty with the same session make one call, and each gets the new tokens", async () => {
    let answer: (tokens: TokenSet) => void = () => undefined;
    refreshTokens.mockReturnValue(new Promise((resolve) => (answer = resolve)));
    const session = expiredSession();
    const waiting = Array.from({ length: 50 }, () => refresh({ ...session }));
    answer(tokens(1));
    const results = await Promise.all(waiting);
    expect(refreshTokens).toHaveBeenCalledOnce();
    for (const result of results) expect(result?.accessToken).toBe("access-token-1");
  });

  test("the other bundle's copy of the code takes part", async () => {
    refreshTokens.mockResolvedValue(tokens(1));
    const session = expiredSession();
    vi.resetModules();
    const otherBundle = await import("./refresh.ts");
    const [one, other] = await Promise.all([
      refresh(session),
      otherBundle.refreshSession(session, "another"),
    ]);
    expect(refreshTokens).toHaveBeenCalledOnce();
    expect(one).toEqual(other);
  });

  test("different sessions do not wait for each other", async () => {
    refreshTokens.mockImplementation(async (token) => tokens(token === "a" ? 1 : 2));
    const sessions = [expiredSession({ refreshToken: "a" }), expiredSession({ refreshToken: "b" })];
    const results = await Promise.all(sessions.map(refresh));
    expect(results.map((result) => result?.accessToken)).toEqual(["access-token-1", "access-token-2"]);
  });
});

describe("requests that come late, with the cookie of before", () => {
  test("get the same new tokens for a minute, then the provider is asked again", async () => {
    refreshTokens.mockImplementation(async () => tokens(1));
    const session = expiredSession();
    await refresh(session);
    pass(59);
    expect((await refresh(session))?.accessToken).toBe("access-token-1");
    expect(refreshTokens).toHaveBeenCalledOnce();
    pass(1);
    await refresh(session);
    expect(refreshTokens).toHaveBeenCalledTimes(2);
  });

  test("follow a chain of refreshes to its end: R0 to R1 to R2", async () => {
    const lifetime = () => ({ accessTokenExpiresAt: Math.floor(Date.now() / 1000) + 20 });
    refreshTokens.mockImplementation(async (token) => tokens(Number(token.at(-1)) + 1, lifetime()));
    const first = expiredSession();
    const second = await refresh(first);
    pass(20);
    await refresh(second ?? first);
    expect(refreshTokens).toHaveBeenCalledTimes(2);
    expect(await refresh(first)).toMatchObject({
      accessToken: "access-token-2",
      refreshToken: "refresh-token-2",
    });
    expect(refreshTokens).toHaveBeenCalledTimes(2);
  });

  test("never loop, even where every new token has expired already", async () => {
    refreshTokens.mockImplementation(async (token) =>
      tokens(Number(token.at(-1)) + 1, { accessTokenExpiresAt: NOW }),
    );
    await refresh(expiredSession());
    expect(refreshTokens.mock.calls.length).toBeLessThanOrEqual(3);
  });
});
