import { beforeEach, describe, expect, test, vi } from "vitest";
import {
  freshProcess,
  shortenTimeouts,
  startScriptedProvider,
  thrownBy,
} from "@/dev/testing/fresh-process.ts";
import { ACCESS_TOKEN, NONCE } from "@/dev/testing/scripted-provider.ts";

const op = await startScriptedProvider();
let lib: typeof import("./metadata.ts") & typeof import("./requests.ts");

beforeEach(async () => {
  freshProcess({ OIDC_ISSUER: op.issuer });
  lib = { ...(await import("./metadata.ts")), ...(await import("./requests.ts")) };
});

const CHECKS = { state: "the-state", nonce: NONCE, codeVerifier: "v".repeat(43) };
const exchange = (parameters?: Record<string, string>) => lib.exchangeCode(op.callback(parameters), CHECKS);
const failure = (parameters?: Record<string, string>) => thrownBy(exchange(parameters));

describe("exchangeCode [C4] [K2]", () => {
  test("exchangeCode returns the tokens and the time when the access token expires", async () => {
    const now = Math.floor(Date.now() / 1000);
    const tokens = await exchange();
    expect(tokens).toMatchObject({
      accessToken: ACCESS_TOKEN,
      refreshToken: "refresh-1",
      scope: "openid profile",
    });
    expect(tokens.idToken.split(".")).toHaveLength(3);
    expect(tokens.accessTokenExpiresAt).toBeGreaterThanOrEqual(now + 3600);
    expect(tokens.accessTokenExpiresAt).toBeLessThanOrEqual(now + 3605);
  });

  test("exchangeCode sends the code, the verifier and the redirect URI of the settings", async () => {
    await exchange();
    expect(Object.fromEntries(new URLSearchParams(op.requestTo("/token")?.body))).toEqual({
      grant_type: "authorization_code",
      code: "the-code",
      code_verifier: CHECKS.codeVerifier,
      redirect_uri: "https://app.example.com/auth/callback",
      client_id: "the-client",
    });
  });

  test("exchangeCode sends the resource again if OIDC_RESOURCE is set (RFC 8707)", async () => {
    freshProcess({ OIDC_ISSUER: op.issuer, OIDC_RESOURCE: "https://api.example.com/" });
    lib = { ...(await import("./metadata.ts")), ...(await import("./requests.ts")) };
    await exchange();
    expect(new URLSearchParams(op.requestTo("/token")?.body).get("resource")).toBe(
      "https://api.example.com/",
    );
  });

  test("exchangeCode accepts an answer without expires_in, scope and refresh token", async () => {
    op.tokenResponse = { expires_in: undefined, scope: undefined, refresh_token: undefined };
    const tokens = await exchange();
    expect(tokens).toMatchObject({ accessTokenExpiresAt: null, scope: null, refreshToken: null });
  });

  test("exchangeCode fetches the keys before it uses the code", async () => {
    await exchange();
    expect(op.asked).toEqual(["/.well-known/openid-configuration", "/jwks", "/token"]);
  });

  test("exchangeCode does not use the code while the keys cannot be fetched", async () => {
    op.answers["/jwks"] = () => ({ status: 503 });
    expect(await failure()).toMatchObject({ reason: "provider_unavailable" });
    expect(op.asked).not.toContain("/token");
  });

  test("exchangeCode works in both bundles of the app, which share the metadata and the keys", async () => {
    await exchange();
    vi.resetModules();
    const { exchangeCode } = await import("./requests.ts");
    expect(exchangeCode).not.toBe(lib.exchangeCode);
    await expect(exchangeCode(op.callback(), CHECKS)).resolves.toMatchObject({ accessToken: ACCESS_TOKEN });
    expect(op.asked.filter((path) => path !== "/token")).toHaveLength(2);
  });

  test("exchangeCode fetches the metadata and the keys only once", async () => {
    await exchange();
    await exchange();
    expect(op.asked.filter((path) => path !== "/token")).toHaveLength(2);
  });
});

describe("an authorization response that is refused before the code is used [K3]", () => {
  test.each([
    ["without a code", { state: "the-state" }],
    ["without a state", { code: "the-code" }],
    ["with another state", { code: "the-code", state: "another" }],
    [
      "with the iss of another provider (RFC 9207)",
      { code: "c", state: "the-state", iss: "https://evil.example" },
    ],
    ["of the implicit flow", { state: "the-state", id_token: "x.y.z" }],
  ])("exchangeCode refuses a response %s", async (_, parameters) => {
    expect(await failure(parameters as Record<string, string>)).toMatchObject({
      name: "LoginError",
      reason: "invalid_response",
    });
    expect(op.asked).not.toContain("/token");
  });

  test("exchangeCode refuses a response without iss if the discovery document announces iss", async () => {
    op.metadata = { authorization_response_iss_parameter_supported: true };
    expect(await failure()).toMatchObject({ reason: "invalid_response" });
    await expect(exchange({ code: "c", state: "the-state", iss: op.issuer })).resolves.toBeDefined();
  });

  test("the provider's error access_denied becomes the reason access_denied", async () => {
    const refusal = { error: "access_denied", error_description: "User said no", state: "the-state" };
    expect(await failure(refusal)).toMatchObject({
      reason: "access_denied",
      detail: { providerError: "access_denied", providerErrorDescription: "User said no" },
    });
  });

  test.each([
    "server_error",
    "temporarily_unavailable",
    "login_required",
    "invalid_scope",
    "invalid_target",
    "made_up",
  ])(
    "the provider's error %s becomes provider_error, with the step authorization response",
    async (error) => {
      expect(await failure({ error, state: "the-state" })).toMatchObject({
        reason: "provider_error",
        message: expect.stringMatching(/^authorization response failed: /),
        detail: { step: "authorization response", providerError: error },
      });
    },
  );

  test("an error in a response with another state becomes invalid_response", async () => {
    expect(await failure({ error: "access_denied", state: "another" })).toMatchObject({
      reason: "invalid_response",
      detail: { step: "authorization response" },
    });
  });
});

describe("a token endpoint that fails [K12]", () => {
  test.each([
    ["invalid_grant", { status: 400, json: { error: "invalid_grant" } }, "provider_error"],
    ["invalid_client as 401", { status: 401, json: { error: "invalid_client" } }, "provider_error"],
    [
      "invalid_client as 401 with a challenge (RFC 6749, 5.2)",
      { status: 401, headers: { "www-authenticate": 'Basic realm="op"' }, json: { error: "invalid_client" } },
      "provider_error",
    ],
    ["500 in JSON", { status: 500, json: { error: "server_error" } }, "provider_unavailable"],
    ["502 in HTML", { status: 502, text: "<h1>Bad Gateway</h1>" }, "provider_unavailable"],
    ["429", { status: 429, text: "slow down" }, "provider_unavailable"],
    ["a broken connection", "reset", "provider_unavailable"],
    ["an answer that breaks off", "cut", "provider_unavailable"],
    ["400 in HTML", { status: 400, text: "<h1>Bad Request</h1>" }, "invalid_response"],
    ["200 in HTML", { status: 200, text: "<h1>Welcome</h1>" }, "invalid_response"],
    ["invalid JSON", { headers: { "content-type": "application/json" }, text: "{oops" }, "invalid_response"],
    ["a redirect", { status: 302, headers: { location: "/elsewhere" } }, "invalid_response"],
    ["an empty object", { json: {} }, "invalid_response"],
    ["a list", { json: [] }, "invalid_response"],
  ] as const)(
    "a login fails with the right reason if the token endpoint answers with %s",
    async (_, answer, reason) => {
      op.answers["/token"] = () => answer;
      expect(await failure()).toMatchObject({ name: "LoginError", reason });
      expect(op.asked).not.toContain("/elsewhere");
    },
  );

  test("the app waits ten seconds for a token endpoint that does not answer", async () => {
    await lib.getProviderMetadata();
    op.answers["/token"] = () => "hang";
    const timeouts = shortenTimeouts();
    expect(await failure()).toMatchObject({ reason: "provider_unavailable" });
    expect(new Set(timeouts.mock.calls.flat())).toEqual(new Set([10_000]));
  });

  test("the error has the step, the status and the provider's error code, but no token", async () => {
    op.answers["/token"] = () => ({
      status: 400,
      json: {
        error: "invalid_grant",
        error_description: "bad code the-code eyJhbGciOiJub25lIn0.eyJhIjoxfQ.",
      },
    });
    const error = await failure();
    expect(error).toMatchObject({
      detail: { step: "code exchange", status: 400, providerError: "invalid_grant" },
    });
    expect(JSON.stringify(error)).not.toContain("eyJ");
  });

  test.each([{ toString: 1, valueOf: 1 }, ["a"], 7, null])(
    "exchangeCode fails with provider_error even if error_description is %j",
    async (description) => {
      const json = { error: "invalid_grant", error_description: description };
      op.answers["/token"] = () => ({ status: 400, json });
      expect(await failure()).toMatchObject({ reason: "provider_error" });
    },
  );
});
