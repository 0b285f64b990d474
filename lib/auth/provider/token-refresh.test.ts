import { beforeEach, describe, expect, test } from "vitest";
import {
  freshProcess,
  shortenTimeouts,
  startScriptedProvider,
  thrownBy,
} from "@/dev/testing/fresh-process.ts";
import { ACCESS_TOKEN } from "@/dev/testing/scripted-provider.ts";

const op = await startScriptedProvider();
let lib: typeof import("./metadata.ts") & typeof import("./requests.ts");

beforeEach(async () => {
  await op.rotateKeys("first");
  freshProcess({ OIDC_ISSUER: op.issuer });
  lib = { ...(await import("./metadata.ts")), ...(await import("./requests.ts")) };
});

const BAD_ID_TOKEN = { reason: "invalid_response", detail: { check: "ID token" } };

const refresh = () => lib.refreshTokens("refresh-0", { iss: op.issuer, sub: "alice" });

describe("refreshTokens [C16] [K11]", () => {
  test("refreshTokens sends the refresh token and returns the new tokens", async () => {
    op.claims = { nonce: undefined };
    expect(await refresh()).toMatchObject({ accessToken: ACCESS_TOKEN, refreshToken: "refresh-1" });
    expect(Object.fromEntries(new URLSearchParams(op.requestTo("/token")?.body))).toEqual({
      grant_type: "refresh_token",
      refresh_token: "refresh-0",
      client_id: "the-client",
    });
  });

  test("refreshTokens accepts an answer without an ID token and without a refresh token", async () => {
    op.tokenResponse = { id_token: undefined, refresh_token: undefined, scope: undefined };
    expect(await refresh()).toMatchObject({ idToken: null, refreshToken: null, scope: null });
  });

  test("refreshTokens reads the ID token only from the member id_token", async () => {
    op.tokenResponse = { id_token: undefined, verified: { idToken: await op.idToken() } };
    expect(await refresh()).toMatchObject({ idToken: null });
  });

  test("refreshTokens rejects an ID token with another sub, and the error names that claim", async () => {
    op.claims = { sub: "mallory" };
    expect(await thrownBy(refresh())).toMatchObject({ reason: "invalid_response", detail: { claim: "sub" } });
  });

  test.each([
    ["another issuer", { iss: "https://evil.example" }],
    ["another audience", { aud: "another-client" }],
    ["another azp", { azp: "another-client" }],
    ["an exp in the past", { exp: Math.floor(Date.now() / 1000) - 60 }],
    ["a missing exp", { exp: undefined }],
    ["a wrong at_hash", { at_hash: "77QmUPtjPfzWtF2AnpK9RQ" }],
  ])("refreshTokens rejects a new ID token with %s, and the error names the ID token", async (_, claims) => {
    op.claims = claims;
    expect(await thrownBy(refresh())).toMatchObject(BAD_ID_TOKEN);
  });

  test("refreshTokens rejects a new ID token with a bad signature or an unknown kid", async () => {
    await op.signWithForeignKey();
    expect(await thrownBy(refresh())).toMatchObject(BAD_ID_TOKEN);
    op.header = { kid: "unknown" };
    expect(await thrownBy(refresh())).toMatchObject(BAD_ID_TOKEN);
  });

  test.each(["garbage", "a.b.c", "e30.e30.e30"])(
    "refreshTokens rejects a new ID token that is not a JWT: %s",
    async (idToken) => {
      op.tokenResponse = { id_token: idToken };
      expect(await thrownBy(refresh())).toMatchObject(BAD_ID_TOKEN);
    },
  );

  test.each([
    ["an HTML page", { text: "<h1>Welcome</h1>" }],
    ["an answer without tokens", { json: {} }],
    ["a redirect", { status: 302, headers: { location: "/elsewhere" } }],
  ])("refreshTokens does not report %s as a bad ID token", async (_, answer) => {
    op.answers["/token"] = () => answer;
    const error = await thrownBy(refresh());
    expect(error).toMatchObject({ reason: "invalid_response" });
    expect(error).not.toMatchObject(BAD_ID_TOKEN);
  });

  test("refreshTokens sends the resource again if OIDC_RESOURCE is set (RFC 8707)", async () => {
    freshProcess({ OIDC_ISSUER: op.issuer, OIDC_RESOURCE: "https://api.example.com/" });
    lib = { ...(await import("./metadata.ts")), ...(await import("./requests.ts")) };
    await refresh();
    expect(new URLSearchParams(op.requestTo("/token")?.body).get("resource")).toBe(
      "https://api.example.com/",
    );
  });

  test("a rejected refresh has the provider's error code, and a temporary failure is provider_unavailable", async () => {
    op.answers["/token"] = () => ({ status: 400, json: { error: "invalid_grant" } });
    expect(await thrownBy(refresh())).toMatchObject({
      reason: "provider_error",
      detail: { providerError: "invalid_grant", step: "token refresh" },
    });
    op.answers["/token"] = () => ({ status: 503, text: "later" });
    expect(await thrownBy(refresh())).toMatchObject({ reason: "provider_unavailable" });
  });
});

describe("revokeRefreshToken", () => {
  const revoke = () => lib.revokeRefreshToken("refresh-0");

  test("revokeRefreshToken sends nothing if the provider has no revocation endpoint", async () => {
    await revoke();
    expect(op.asked).toEqual(["/.well-known/openid-configuration"]);
  });

  test("revokeRefreshToken sends the refresh token to the provider (RFC 7009)", async () => {
    op.metadata = { revocation_endpoint: `${op.issuer}/revoke` };
    op.answers["/revoke"] = () => ({ status: 200 });
    await revoke();
    expect(Object.fromEntries(new URLSearchParams(op.requestTo("/revoke")?.body))).toMatchObject({
      token: "refresh-0",
      token_type_hint: "refresh_token",
    });
  });

  test("revokeRefreshToken waits ten seconds at most", async () => {
    op.metadata = { revocation_endpoint: `${op.issuer}/revoke` };
    op.answers["/revoke"] = () => "hang";
    await lib.getProviderMetadata();
    const timeouts = shortenTimeouts();
    expect(await thrownBy(revoke())).toMatchObject({ reason: "provider_unavailable" });
    expect(timeouts).toHaveBeenLastCalledWith(10_000);
  });
});
