import { beforeEach, describe, expect, test, vi } from "vitest";
import { freshProcess } from "@/dev/testing/fresh-process.ts";
import { tokenSet } from "@/dev/testing/tokens.ts";
import type { TokenSet } from "./provider/index.ts";
import { LoginError } from "./provider/index.ts";
import type { Session } from "./session.ts";

const refreshTokens = vi.hoisted(() => vi.fn<(refreshToken: string) => Promise<TokenSet>>());
vi.mock("./provider/requests.ts", async (original) => ({ ...(await original<object>()), refreshTokens }));

const NOW = 1_700_000_000;

let lib: typeof import("./refresh.ts") & typeof import("./session.ts");
let session: Session;

beforeEach(async () => {
  vi.useFakeTimers({ now: NOW * 1000 });
  freshProcess();
  lib = { ...(await import("./refresh.ts")), ...(await import("./session.ts")) };
  const { log } = await import("../log.ts");
  log.level = "silent";
  refreshTokens.mockReset();
  session = lib.createSession(tokenSet({ accessTokenExpiresAt: NOW }), null);
  return () => vi.useRealTimers();
});

const refresh = () => lib.refreshSession(session, "the-request");
const pass = (seconds: number) => vi.advanceTimersByTime(seconds * 1000);
const refusal = (providerError: string) => new LoginError("provider_error", "refused", { providerError });
const unavailable = new LoginError("provider_unavailable", "down", {});

describe("a refresh that fails permanently [C16]", () => {
  test.each(["invalid_grant", "invalid_token", "invalid_request", "unsupported_grant_type", "access_denied"])(
    "the provider's error %s ends the session",
    async (code) => {
      refreshTokens.mockRejectedValue(refusal(code));
      expect(await refresh()).toBeNull();
      expect(await lib.isUsable(session)).toBe(false);
    },
  );

  test("new tokens of another person end the session", async () => {
    refreshTokens.mockRejectedValue(new LoginError("invalid_response", "somebody else", { claim: "sub" }));
    expect(await refresh()).toBeNull();
  });

  test("after a permanent failure, the provider is not asked again for a minute", async () => {
    refreshTokens.mockRejectedValue(refusal("invalid_grant"));
    await refresh();
    pass(59);
    expect(await refresh()).toBeNull();
    expect(refreshTokens).toHaveBeenCalledOnce();
    pass(1);
    expect(await lib.isUsable(session)).toBe(true);
  });
});

describe("a refresh that returns a bad ID token", () => {
  const bad = new LoginError("invalid_response", "bad signature", { check: "ID token" });

  test("a bad ID token ends a session whose access token has expired", async () => {
    refreshTokens.mockRejectedValue(bad);
    expect(await refresh()).toBeNull();
    expect(await lib.isUsable(session)).toBe(false);
  });

  test("a bad ID token leaves the session unchanged until its access token expires", async () => {
    session = lib.createSession(tokenSet({ accessTokenExpiresAt: NOW + 300 }), null);
    refreshTokens.mockRejectedValue(bad);
    pass(271);
    expect(await refresh()).toBe(session);
    expect(await lib.isUsable(session)).toBe(true);
    pass(29);
    expect(await refresh()).toBeNull();
    expect(await lib.isUsable(session)).toBe(false);
    expect(refreshTokens).toHaveBeenCalledOnce(); // the refresh is not repeated: its token may be used up
  });
});

describe("a refresh that is refused while the access token is still valid", () => {
  beforeEach(() => {
    session = lib.createSession(tokenSet({ accessTokenExpiresAt: NOW + 300 }), null);
    refreshTokens.mockRejectedValue(refusal("invalid_grant"));
    pass(280);
  });

  test("the session stays, because another instance may have used the refresh token", async () => {
    expect(await refresh()).toBe(session);
    expect(await lib.isUsable(session)).toBe(true);
  });

  test("the session ends when its access token expires, and the provider is not asked again", async () => {
    await refresh();
    pass(20);
    expect(await refresh()).toBeNull();
    expect(refreshTokens).toHaveBeenCalledOnce();
  });
});

describe("a refresh that fails temporarily", () => {
  test.each([
    ["a provider that is down", unavailable],
    [
      "a 5xx with an error code",
      new LoginError("provider_unavailable", "", { providerError: "invalid_grant" }),
    ],
    ["invalid_client (wrong settings)", refusal("invalid_client")],
    ["unauthorized_client (wrong settings)", refusal("unauthorized_client")],
    ["temporarily_unavailable", refusal("temporarily_unavailable")],
    ["server_error", refusal("server_error")],
    ["slow_down", refusal("slow_down")],
    ["an answer that is not an OAuth response", new LoginError("invalid_response", "HTML", { status: 400 })],
    ["a configuration error", new LoginError("configuration", "no method", {})],
    ["an unexpected TypeError", new TypeError("oops")],
  ])("the session stays after a refresh that fails because of %s", async (_, error) => {
    refreshTokens.mockRejectedValue(error);
    expect(await refresh()).toBe(session);
    expect(await lib.isUsable(session)).toBe(true);
  });

  test("after a temporary failure, the provider is asked again five seconds later", async () => {
    refreshTokens.mockRejectedValueOnce(unavailable).mockResolvedValue({
      ...tokenSet(),
      accessToken: "access-token-1",
      accessTokenExpiresAt: NOW + 600,
    });
    await refresh();
    pass(4.9);
    expect(await refresh()).toBe(session);
    expect(refreshTokens).toHaveBeenCalledOnce();
    pass(0.1);
    expect((await refresh())?.accessToken).toBe("access-token-1");
  });

  test("new tokens are kept even if their access token has already expired", async () => {
    const renewed = { ...tokenSet(), accessToken: "access-token-1", accessTokenExpiresAt: NOW };
    refreshTokens.mockResolvedValueOnce({ ...renewed, refreshToken: "refresh-token-1" });
    refreshTokens.mockRejectedValue(unavailable);
    expect(await refresh()).toMatchObject({ refreshToken: "refresh-token-1" });
  });
});

test("a session whose access token has expired is usable until a refresh fails", async () => {
  expect(await lib.isUsable(session)).toBe(true);
});
