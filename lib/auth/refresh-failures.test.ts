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

describe("a refresh that fails permanently ends the session [C16]", () => {
  test.each(["invalid_grant", "invalid_token", "invalid_request", "unsupported_grant_type", "access_denied"])(
    "%s",
    async (code) => {
      refreshTokens.mockRejectedValue(refusal(code));
      expect(await refresh()).toBeNull();
      expect(await lib.isUsable(session)).toBe(false);
    },
  );

  test("new tokens about somebody else", async () => {
    refreshTokens.mockRejectedValue(new LoginError("invalid_response", "somebody else", { claim: "sub" }));
    expect(await refresh()).toBeNull();
  });

  test("for a minute the provider is not asked about it again", async () => {
    refreshTokens.mockRejectedValue(refusal("invalid_grant"));
    await refresh();
    pass(59);
    expect(await refresh()).toBeNull();
    expect(refreshTokens).toHaveBeenCalledOnce();
    pass(1);
    expect(await lib.isUsable(session)).toBe(true);
  });
});

describe("a refresh that brings an ID token with a wrong signature or claim", () => {
  const bad = new LoginError("invalid_response", "bad signature", { check: "ID token" });

  test("ends a session whose access token has expired", async () => {
    refreshTokens.mockRejectedValue(bad);
    expect(await refresh()).toBeNull();
    expect(await lib.isUsable(session)).toBe(false);
  });

  test("replaces nothing, and leaves the session the access token that it has until that expires", async () => {
    session = lib.createSession(tokenSet({ accessTokenExpiresAt: NOW + 300 }), null);
    refreshTokens.mockRejectedValue(bad);
    pass(271);
    expect(await refresh()).toBe(session);
    expect(await lib.isUsable(session)).toBe(true);
    pass(29);
    expect(await refresh()).toBeNull();
    expect(await lib.isUsable(session)).toBe(false);
    expect(refreshTokens).toHaveBeenCalledOnce(); // the refresh token may be used up
  });
});

describe("a refresh that is refused while the access token is still good", () => {
  beforeEach(() => {
    session = lib.createSession(tokenSet({ accessTokenExpiresAt: NOW + 300 }), null);
    refreshTokens.mockRejectedValue(refusal("invalid_grant"));
    pass(280);
  });

  test("leaves the session as it is: another instance may have used the refresh token up", async () => {
    expect(await refresh()).toBe(session);
    expect(await lib.isUsable(session)).toBe(true);
  });

  test("ends it when that token has expired, and the provider is not asked again", async () => {
    await refresh();
    pass(20);
    expect(await refresh()).toBeNull();
    expect(refreshTokens).toHaveBeenCalledOnce();
  });
});

describe("a refresh that fails for now leaves the session as it is", () => {
  test.each([
    ["the provider is down", unavailable],
    [
      "a 5xx with an error code",
      new LoginError("provider_unavailable", "", { providerError: "invalid_grant" }),
    ],
    ["invalid_client: our settings", refusal("invalid_client")],
    ["unauthorized_client: our settings", refusal("unauthorized_client")],
    ["temporarily_unavailable", refusal("temporarily_unavailable")],
    ["server_error", refusal("server_error")],
    ["slow_down", refusal("slow_down")],
    ["an answer that is not an OAuth response", new LoginError("invalid_response", "HTML", { status: 400 })],
    ["settings that do not fit", new LoginError("configuration", "no method", {})],
    ["a bug of ours", new TypeError("oops")],
  ])("%s", async (_, error) => {
    refreshTokens.mockRejectedValue(error);
    expect(await refresh()).toBe(session);
    expect(await lib.isUsable(session)).toBe(true);
  });

  test("and the provider is left in peace for 5 seconds, then asked again", async () => {
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

  test("what was renewed before a later step failed is kept", async () => {
    const renewed = { ...tokenSet(), accessToken: "access-token-1", accessTokenExpiresAt: NOW };
    refreshTokens.mockResolvedValueOnce({ ...renewed, refreshToken: "refresh-token-1" });
    refreshTokens.mockRejectedValue(unavailable);
    expect(await refresh()).toMatchObject({ refreshToken: "refresh-token-1" });
  });
});

test("a session that was never refreshed is usable, although its access token has expired", async () => {
  expect(await lib.isUsable(session)).toBe(true);
});
