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

describe("exchanging a code [C4] [K2]", () => {
  test("gives the tokens, with the time the access token expires at", async () => {
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

  test("sends the code, the verifier and the redirect URI of the settings", async () => {
    await exchange();
    expect(Object.fromEntries(new URLSearchParams(op.requestTo("/token")?.body))).toEqual({
      grant_type: "authorization_code",
      code: "the-code",
      code_verifier: CHECKS.codeVerifier,
      redirect_uri: "https://app.example.com/auth/callback",
      client_id: "the-client",
    });
  });

  test("names the resource again if one is set (RFC 8707)", async () => {
    freshProcess({ OIDC_ISSUER: op.issuer, OIDC_RESOURCE: "https://api.example.com/" });
    lib = { ...(await import("./metadata.ts")), ...(await import("./requests.ts")) };
    await exchange();
    expect(new URLSearchParams(op.requestTo("/token")?.body).get("resource")).toBe(
      "https://api.example.com/",
    );
  });

  test("works without expires_in, scope and a refresh token", async () => {
    op.tokenResponse = { expires_in: undefined, scope: undefined, refresh_token: undefined };
    const tokens = await exchange();
    expect(tokens).toMatchObject({ accessTokenExpiresAt: null, scope: null, refreshToken: null });
  });

  test("fetches the keys before it uses the code", async () => {
    await exchange();
    expect(op.asked).toEqual(["/.well-known/openid-configuration", "/jwks", "/token"]);
  });

  test("does not use the code while the keys cannot be fetched", async () => {
    op.answers["/jwks"] = () => ({ status: 503 });
    expect(await failure()).toMatchObject({ reason: "provider_unavailable" });
    expect(op.asked).not.toContain("/token");
  });

  test("works in both bundles, which share metadata and keys but not objects of openid-client", async () => {
    await exchange();
    vi.resetModules();
    const { exchangeCode } = await import("./requests.ts");
    expect(exchangeCode).not.toBe(lib.exchangeCode);
    await expect(exchangeCode(op.callback(), CHECKS)).resolves.toMatchObject({ accessToken: ACCESS_TOKEN });
    expect(op.asked.filter((path) => path !== "/token")).toHaveLength(2);
  });

  test("fetches neither metadata nor keys a second time", async () => {
    await exchange();
    await exchange();
    expect(op.asked.filter((path) => path !== "/token")).toHaveLength(2);
  });
});

describe("an authorization response that is refused before the code is used [K3]", () => {
  test.each([
    ["no code", { state: "the-state" }],
    ["no state", { code: "the-code" }],
    ["another state", { code: "the-code", state: "another" }],
    [
      "the iss of another provider (RFC 9207)",
      { code: "c", state: "the-state", iss: "https://evil.example" },
    ],
    ["a response of the implicit flow", { state: "the-state", id_token: "x.y.z" }],
  ])("%s", async (_, parameters) => {
    expect(await failure(parameters as Record<string, string>)).toMatchObject({
      name: "LoginError",
      reason: "invalid_response",
    });
    expect(op.asked).not.toContain("/token");
  });

  test("no iss, where discovery promises one", async () => {
    op.metadata = { authorization_response_iss_parameter_supported: true };
    expect(await failure()).toMatchObject({ reason: "invalid_response" });
    await expect(exchange({ code: "c", state: "the-state", iss: op.issuer })).resolves.toBeDefined();
  });

  test("access_denied: the visitor refused", async () => {
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
  ])("%s: the provider's own error, which no code exchange was needed for", async (error) => {
    expect(await failure({ error, state: "the-state" })).toMatchObject({
      reason: "provider_error",
      message: expect.stringMatching(/^authorization response failed: /),
      detail: { step: "authorization response", providerError: error },
    });
  });

  test("an error with another state is not trusted", async () => {
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
    [
      "JSON that is none",
      { headers: { "content-type": "application/json" }, text: "{oops" },
      "invalid_response",
    ],
    ["a redirect", { status: 302, headers: { location: "/elsewhere" } }, "invalid_response"],
    ["an empty object", { json: {} }, "invalid_response"],
    ["a list", { json: [] }, "invalid_response"],
  ] as const)("with %s", async (_, answer, reason) => {
    op.answers["/token"] = () => answer;
    expect(await failure()).toMatchObject({ name: "LoginError", reason });
    expect(op.asked).not.toContain("/elsewhere");
  });

  test("by not answering at all is given ten seconds", async () => {
    await lib.getProviderMetadata();
    op.answers["/token"] = () => "hang";
    const timeouts = shortenTimeouts();
    expect(await failure()).toMatchObject({ reason: "provider_unavailable" });
    expect(new Set(timeouts.mock.calls.flat())).toEqual(new Set([10_000]));
  });

  test("is described in the error's detail, without the code or a token", async () => {
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
    "survives an error_description of %j",
    async (description) => {
      const json = { error: "invalid_grant", error_description: description };
      op.answers["/token"] = () => ({ status: 400, json });
      expect(await failure()).toMatchObject({ reason: "provider_error" });
    },
  );
});
