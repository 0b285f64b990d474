import { generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { DoctorStage, only, statuses } from "@/dev/doctor/test-stage.ts";

const SHORT_KEY = generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey.export({ format: "jwk" });

let stage: DoctorStage;
beforeAll(async () => {
  stage = await DoctorStage.start();
});
beforeEach(() => stage.reset());
afterAll(() => stage.close());

describe("the check of discovery", () => {
  test("the check accepts a missing or extra trailing slash, and says so", async () => {
    const found = await stage.examine({ OIDC_ISSUER: `${stage.op.issuer}/` });
    expect(only(found, "discovery")).toMatchObject({
      status: "ok",
      seen: expect.stringContaining("trailing slash is accepted"),
    });
  });

  test("the check names the issuer in the discovery document if it differs from OIDC_ISSUER", async () => {
    stage.op.metadata.issuer = "https://other.example.com";
    const found = await stage.examine();
    expect(only(found, "discovery")).toMatchObject({
      status: "error",
      seen: expect.stringContaining("for https://other.example.com"),
    });
    expect(only(found, "discovery").fix[0]).toContain("OIDC_ISSUER=https://other.example.com");
  });

  test.each(["/oidc", "/oauth2/default", "/auth/realms/demo"])(
    "the check finds the right issuer at %s",
    async (path) => {
      stage.op.issuerPath = path;
      const wrong = new URL(path.startsWith("/auth") ? "/realms/demo" : "/", stage.op.issuer).href;
      const found = await stage.examine({ OIDC_ISSUER: wrong });
      expect(only(found, "discovery")).toMatchObject({
        status: "error",
        seen: expect.stringContaining("HTTP status 404"),
      });
      expect(only(found, "discovery").fix).toContain(
        `Another issuer has a discovery document: set OIDC_ISSUER=${stage.op.issuer}`,
      );
    },
  );

  test("the check finds an issuer at a shorter path, and otherwise says where to look", async () => {
    const deep = await stage.examine({ OIDC_ISSUER: `${stage.op.issuer}/authorize` });
    expect(only(deep, "discovery").fix).toContain(
      `Another issuer has a discovery document: set OIDC_ISSUER=${stage.op.issuer}`,
    );
    stage.op.answers["/.well-known/openid-configuration"] = () => ({ text: "<h1>Welcome</h1>" });
    const none = await stage.examine();
    expect(only(none, "discovery")).toMatchObject({
      status: "error",
      seen: expect.stringContaining("no discovery document"),
    });
    expect(only(none, "discovery").fix.join()).toContain("/.well-known/openid-configuration");
  });

  test("the check names the target of a redirect", async () => {
    stage.op.answers["/.well-known/openid-configuration"] = () => ({
      status: 302,
      headers: { location: "https://login.example.com/sso?next=%2F" },
    });
    const { status, seen } = only(await stage.examine(), "discovery");
    expect(status).toBe("error");
    expect(seen).toContain("(HTTP status 302, a redirect to https://login.example.com/sso?next=%2F)");
  });

  test("the check finds the issuer at the target of a redirect", async () => {
    const wrong = stage.op.issuer;
    stage.op.issuerPath = "/moved";
    stage.op.answers["/.well-known/openid-configuration"] = () => ({
      status: 301,
      headers: { location: "/moved/.well-known/openid-configuration" },
    });
    const { seen, fix } = only(await stage.examine({ OIDC_ISSUER: wrong }), "discovery");
    expect(seen).toContain(`HTTP status 301, a redirect to ${stage.op.issuer}/.well-known/`);
    expect(fix).toContain(`Another issuer has a discovery document: set OIDC_ISSUER=${stage.op.issuer}`);
  });

  test("the check names the setting to use if the document lacks a required field", async () => {
    stage.op.metadata.jwks_uri = undefined;
    const { status, seen, fix } = only(await stage.examine(), "discovery");
    expect({ status, seen }).toEqual({ status: "error", seen: "The discovery document lacks jwks_uri." });
    expect(fix).toEqual(["Set OIDC_JWKS_URI."]);
  });

  test("the check distinguishes an overloaded provider from a wrong URL", async () => {
    stage.op.answers["/.well-known/openid-configuration"] = () => ({ status: 503 });
    expect(only(await stage.examine(), "discovery").seen).toContain("cannot be reached: HTTP status 503");
  });

  test("the discovery document is not needed if the endpoints are set", async () => {
    const { issuer } = stage.op;
    const found = await stage.examine({
      OIDC_ISSUER: "http://127.0.0.1:1",
      OIDC_AUTHORIZATION_ENDPOINT: `${issuer}/authorize`,
      OIDC_TOKEN_ENDPOINT: `${issuer}/token`,
      OIDC_JWKS_URI: `${issuer}/jwks`,
      OIDC_CLIENT_AUTH: "client_secret_post",
    });
    expect(only(found, "discovery")).toMatchObject({
      status: "ok",
      seen: expect.stringContaining("not needed"),
    });
    expect(statuses(found)).toMatchObject({ keys: "ok", "client-authentication": "ok", metadata: "ok" });
  });
});

describe("provider metadata", () => {
  test("the check names each endpoint that the app rejects, and sends no more requests to the provider", async () => {
    stage.op.metadata.authorization_endpoint = "not a url";
    stage.op.metadata.revocation_endpoint = "http://169.254.169.254/revoke";
    const found = await stage.examine();
    expect(found.results.metadata).toMatchObject([
      { status: "error", seen: "authorization_endpoint is not a URL: not a url." },
      { status: "error", seen: "revocation_endpoint is not an https URL: http://169.254.169.254/revoke." },
    ]);
    expect(found.results.metadata?.map(({ fix }) => fix.join().includes("or set OIDC_"))).toEqual([
      true,
      false,
    ]);
    expect(statuses(found)).toMatchObject({ discovery: "ok", keys: "skipped", "message-api": "ok" });
    expect(stage.op.asked).toEqual(["/.well-known/openid-configuration"]);
  });

  test.each([
    ["response_types_supported", ["id_token"], "code in response_types_supported"],
    ["grant_types_supported", ["implicit"], "authorization_code"],
  ])("%s without the value that the app needs is an error", async (field, value, said) => {
    stage.op.metadata[field] = value;
    expect(only(await stage.examine(), "metadata")).toMatchObject({
      status: "error",
      seen: expect.stringContaining(said),
    });
  });

  test("the check names a setting whose feature the provider does not announce", async () => {
    stage.op.metadata.response_modes_supported = ["query"];
    const found = await stage.examine({ OIDC_RESPONSE_MODE: "form_post", OIDC_PAR: "true" });
    expect(found.results.metadata?.map(({ seen }) => seen)).toEqual([
      "The provider does not announce form_post in response_modes_supported.",
      "The provider announces no endpoint for pushed requests, which OIDC_PAR requires.", // part: fapi
    ]);
  });

  test("metadata with only the fields that the app needs is ok", async () => {
    Object.assign(stage.op.metadata, { userinfo_endpoint: undefined, response_types_supported: undefined });
    const { status, seen } = only(await stage.examine(), "metadata");
    expect(status).toBe("ok");
    expect(seen).toContain("no userinfo endpoint");
  });
});

describe("signing keys", () => {
  test("RSA keys of 2048 bits are ok", async () => {
    const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    stage.op.answers["/jwks"] = () => ({ json: { keys: [publicKey.export({ format: "jwk" })] } });
    stage.op.metadata.id_token_signing_alg_values_supported = ["RS256"];
    expect(only(await stage.examine(), "keys").status).toBe("ok");
  });

  test("keys behind a redirect are an error, which names the target of the redirect", async () => {
    stage.op.answers["/jwks"] = () => ({ status: 302, headers: { location: "/login" } });
    expect(only(await stage.examine(), "keys")).toMatchObject({
      status: "error",
      seen: expect.stringContaining(`HTTP status 302, a redirect to ${stage.op.issuer}/login.`),
    });
  });

  test("keys that cannot be fetched are an error, and the checks that need keys are skipped", async () => {
    stage.op.answers["/jwks"] = () => ({ status: 500 });
    const found = await stage.examine();
    expect(only(found, "keys")).toMatchObject({
      status: "error",
      seen: expect.stringContaining("responded with 500"),
    });
    expect(only(found, "client-authentication").status).toBe("skipped");
  });

  test.each([
    ["an empty set", { keys: [] }, "The provider publishes no keys."],
    ["an RSA key that is too short", { keys: [SHORT_KEY] }, "No published key can verify signatures with"],
    [
      "a key for encryption",
      { keys: [{ kty: "EC", use: "enc", crv: "P-256", x: "a", y: "b" }] },
      "No published key can verify signatures with",
    ],
    [
      "a key for another algorithm",
      { keys: [{ kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" }] },
      "No published key can verify signatures with",
    ],
    [
      "a private key",
      { keys: [{ kty: "EC", crv: "P-256", x: "a", y: "b", d: "c" }] },
      "publishes a private key",
    ],
    ["not a JWK Set", [], "not a JWK Set"],
  ])("the published keys are an error if they are %s", async (_, json, said) => {
    stage.op.answers["/jwks"] = () => ({ json });
    stage.op.metadata.id_token_signing_alg_values_supported = ["RS256", "ES256"];
    expect(only(await stage.examine(), "keys")).toMatchObject({
      status: "error",
      seen: expect.stringContaining(said),
    });
  });

  test("a provider that signs only with shared secrets is an error", async () => {
    stage.op.metadata.id_token_signing_alg_values_supported = ["HS256", "none"];
    expect(only(await stage.examine(), "keys")).toMatchObject({
      status: "error",
      seen: expect.stringContaining("HS256, none"),
    });
  });
});

describe("PKCE", () => {
  test.each([
    ["announced with the method plain only is an error", ["plain"], {}, "error"],
    ["not announced is ok for a client with a secret", undefined, {}, "ok"],
    [
      "not announced is a warning for a client without a secret",
      undefined,
      { OIDC_CLIENT_SECRET: undefined },
      "warning",
    ],
  ])("PKCE that is %s", async (_, methods, settings, status) => {
    stage.op.metadata.code_challenge_methods_supported = methods;
    expect(only(await stage.examine(settings), "pkce").status).toBe(status);
  });
});

describe("clock", () => {
  const dated = (seconds: number) => new Date(Date.now() + seconds * 1000).toUTCString();

  /** Makes the provider add headers to each of its responses. */
  function sendAlways(headers: () => Record<string, string>): void {
    const { op } = stage;
    const { issuer } = op;
    const document = {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`,
    };
    op.answers["/.well-known/openid-configuration"] = () => ({ json: document });
    op.answers["/jwks"] = () => ({ json: { keys: [] } });
    for (const [path, answer] of Object.entries(op.answers)) {
      op.answers[path] = async (request) => {
        const given = await answer(request);
        return typeof given === "object" ? { ...given, headers: { ...given.headers, ...headers() } } : given;
      };
    }
  }

  test.each([
    [-3, "ok", /agrees with the provider's and the API's/],
    [12, "warning", /clock is 1[123] s behind the provider's/],
    [-70, "error", /clock is (69|70|71) s ahead of the provider's/],
  ])("a clock that differs by %i s is reported as %s", async (seconds, status, said) => {
    sendAlways(() => ({ date: dated(seconds) }));
    expect(only(await stage.examine(), "clock")).toMatchObject({
      status,
      seen: expect.stringMatching(said),
    });
  });

  test("the API's clock is compared too", async () => {
    const headers = { date: dated(100) };
    stage.apiAnswers = {
      "/api/messages/public": { status: 200, json: { text: "hello" }, headers },
      "/api/messages/protected": { status: 401, json: {}, headers },
    };
    expect(only(await stage.examine(), "clock")).toMatchObject({
      status: "error",
      seen: expect.stringContaining("the API's"),
    });
  });

  test("the clock is not compared with cached answers", async () => {
    sendAlways(() => ({ date: dated(-500), age: "500" }));
    expect(only(await stage.examine(), "clock").status).toBe("ok");
  });

  test("the clock is ok if only one of several answers is old", async () => {
    stage.op.answers["/jwks"] = () => ({ json: { keys: [] }, headers: { date: dated(-500) } });
    expect(only(await stage.examine(), "clock").status).toBe("ok");
  });
});

describe("message API", () => {
  test.each([
    [
      "returns the protected message to anyone",
      "/api/messages/protected",
      { status: 200, json: { text: "secret" } },
      "without an access token",
    ],
    ["has no such paths", "/api/messages/protected", { status: 404 }, "HTTP status 404"],
    [
      "redirects to another site",
      "/api/messages/protected",
      { status: 302, headers: { location: "https://login.example.com/" } },
      "HTTP status 302, a redirect to https://login.example.com/",
    ],
    [
      "returns no public message",
      "/api/messages/public",
      { status: 200, json: { message: "hello" } },
      "without a message",
    ],
  ])("a message API that %s is an error", async (_, path, answer, said) => {
    stage.apiAnswers[path] = answer;
    expect(only(await stage.examine(), "message-api")).toMatchObject({
      status: "error",
      seen: expect.stringContaining(said),
    });
  });

  test("the check is skipped if API_SERVER_URL is not set", async () => {
    const found = await stage.examine({ API_SERVER_URL: undefined, OIDC_AUDIENCE: undefined });
    expect(only(found, "message-api")).toMatchObject({
      status: "skipped",
      seen: expect.stringContaining("API_SERVER_URL is not set"),
    });
    expect(only(found, "settings").status).toBe("ok");
    expect(only(found, "audience").status).toBe("ok");
    expect(only(found, "clock").seen).toMatch(/^The clock agrees with the provider's,/);
  });

  test("a message API that cannot be reached is an error", async () => {
    const found = await stage.examine({ API_SERVER_URL: "http://127.0.0.1:1" });
    expect(only(found, "message-api")).toMatchObject({
      status: "error",
      seen: expect.stringContaining("does not answer"),
    });
  });
});
