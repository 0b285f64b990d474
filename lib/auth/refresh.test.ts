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

/** The tokens that a refresh returns, with this number in their values. */
const tokens = (number: number, changes: Partial<TokenSet> = {}): TokenSet => ({
  ...tokenSet(),
  accessToken: `access-token-${number}`,
  refreshToken: `refresh-token-${number}`,
  accessTokenExpiresAt: Math.floor(Date.now() / 1000) + 300,
  ...changes,
});

const refresh = (session: Session) => lib.refreshSession(session, "the-request");
const pass = (seconds: number) => vi.advanceTimersByTime(seconds * 1000);

describe("refreshSession [C16] [K11]", () => {
  test("refreshSession does nothing while the access token is still valid", async () => {
    const session = expiredSession({ accessTokenExpiresAt: NOW + 300 });
    expect(await refresh(session)).toBe(session);
    expect(refreshTokens).not.toHaveBeenCalled();
  });

  test("refreshSession asks the provider only once, even if the new access token has already expired", async () => {
    refreshTokens.mockImplementation(async () => tokens(1, { accessTokenExpiresAt: NOW }));
    expect((await refresh(expiredSession()))?.accessToken).toBe("access-token-1");
    expect(refreshTokens).toHaveBeenCalledTimes(1);
  });

  test("refreshSession uses the session's refresh token when the access token is about to expire", async () => {
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
      undefined, // no DPoP key // part: fapi
    );
  });

  test("a session without a refresh token ends when its access token expires", async () => {
    const session = expiredSession({ refreshToken: null, accessTokenExpiresAt: NOW + 300 });
    pass(299);
    expect(await refresh(session)).toBe(session);
    pass(1);
    expect(await refresh(session)).toBeNull();
    expect(refreshTokens).not.toHaveBeenCalled();
  });

  test("refreshSession uses the same refresh token each time if the provider does not rotate it", async () => {
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

test("each refresh gives new tokens, even if access tokens expire after 20 seconds", async () => {
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

describe("parallel requests that refresh", () => {
  test("fifty requests with the same session share one refresh, and each gets the new tokens", async () => {
    let answer: (tokens: TokenSet) => void = () => undefined;
    refreshTokens.mockReturnValue(new Promise((resolve) => (answer = resolve)));
    const session = expiredSession();
    const waiting = Array.from({ length: 50 }, () => refresh({ ...session }));
    answer(tokens(1));
    const results = await Promise.all(waiting);
    expect(refreshTokens).toHaveBeenCalledOnce();
    for (const result of results) expect(result?.accessToken).toBe("access-token-1");
  });

  test("requests in both bundles of the app share one refresh", async () => {
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

  test("each session gets the tokens of its own refresh", async () => {
    refreshTokens.mockImplementation(async (token) => tokens(token === "a" ? 1 : 2));
    const sessions = [expiredSession({ refreshToken: "a" }), expiredSession({ refreshToken: "b" })];
    const results = await Promise.all(sessions.map(refresh));
    expect(results.map((result) => result?.accessToken)).toEqual(["access-token-1", "access-token-2"]);
  });
});

describe("late requests, with the session from before the refresh", () => {
  test("late requests get the same new tokens for a minute, and then the provider is asked again", async () => {
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

  test("a late request gets the newest tokens, even after two refreshes", async () => {
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

  test("a refresh does not loop if every new access token has already expired", async () => {
    refreshTokens.mockImplementation(async (token) =>
      tokens(Number(token.at(-1)) + 1, { accessTokenExpiresAt: NOW }),
    );
    await refresh(expiredSession());
    expect(refreshTokens.mock.calls.length).toBeLessThanOrEqual(3);
  });
});
