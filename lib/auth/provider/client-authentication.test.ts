import { generateKeyPairSync, type KeyObject } from "node:crypto"; // part: fapi
import { decodeProtectedHeader, jwtVerify } from "jose"; // part: fapi
import { describe, expect, test, vi } from "vitest";
import { freshProcess, startScriptedProvider, thrownBy } from "@/dev/testing/fresh-process.ts";
import type { Answer } from "@/dev/testing/local-server.ts";
import { NONCE } from "@/dev/testing/scripted-provider.ts";
import type { LoginError } from "./errors.ts";

const op = await startScriptedProvider();

/** Logs in at a provider that lists these methods. @returns how the client authenticated at the token endpoint */
async function proof(methods: string[] | undefined, settings: Record<string, string> = {}) {
  op.metadata = { ...op.metadata, token_endpoint_auth_methods_supported: methods };
  freshProcess({ OIDC_ISSUER: op.issuer, ...settings });
  const { exchangeCode } = await import("./requests.ts");
  await exchangeCode(op.callback(), { state: "the-state", nonce: NONCE, codeVerifier: "v".repeat(43) });
  const request = op.requestTo("/token");
  const body = new URLSearchParams(request?.body);
  expect(body.get("code_verifier")).toBe("v".repeat(43)); // PKCE is always used
  const [scheme, credentials] = request?.headers.authorization?.split(" ") ?? [];
  if (scheme === "Basic")
    return `basic ${atob(credentials ?? "")
      .split(":")
      .map(formDecoded)
      .join(" ")}`;
  return body.has("client_secret") ? `post ${body.get("client_secret")}` : `none ${body.get("client_id")}`;
}

/** Decodes a text of a form (RFC 6749, appendix B). */
const formDecoded = (text: string) => decodeURIComponent(text.replaceAll("+", " "));

const secret = { OIDC_CLIENT_SECRET: "s3cr+t: ü" };
const basic = "basic the-client s3cr+t: ü";
const post = "post s3cr+t: ü";

describe("the client at the token endpoint [C14]", () => {
  test("a client without a secret sends only its id, and relies on PKCE", async () => {
    expect(await proof(["client_secret_post"])).toBe("none the-client");
  });

  test("the client posts its secret if the provider lists client_secret_post, in any order", async () => {
    expect(await proof(["client_secret_basic", "client_secret_post"], secret)).toBe(post);
  });

  test("the client sends its secret as Basic, percent-encoded, if only Basic is listed (RFC 6749, 2.3.1)", async () => {
    expect(await proof(["client_secret_basic", "private_key_jwt"], secret)).toBe(basic);
  });

  test("the client sends its secret as Basic if the provider lists no methods", async () => {
    expect(await proof(undefined, secret)).toBe(basic);
  });

  test("the client sends its secret as Basic if the provider's list is empty", async () => {
    expect(await proof([], secret)).toBe(basic);
  });

  test.each([
    ["client_secret_basic", basic],
    ["client_secret_post", post],
    ["none", "none the-client"],
  ])("the client uses OIDC_CLIENT_AUTH=%s, whatever the provider lists", async (method, expected) => {
    expect(await proof(["private_key_jwt"], { ...secret, OIDC_CLIENT_AUTH: method })).toBe(expected);
  });

  test("a provider that does not accept a secret is reported as a configuration error", async () => {
    expect(await thrownBy(proof(["private_key_jwt"], secret))).toMatchObject({
      reason: "configuration",
      detail: { offered: "private_key_jwt" },
    });
    const flood = Array(1_000).fill("eyJhbGciOiJub25lIn0.e30.");
    const { detail } = (await thrownBy(proof(flood, secret))) as LoginError;
    expect(detail.offered).toMatch(/^[^.]{1,301}$/);
  });
});

// part: fapi
describe("a client with a private key", () => {
  const KEYS = {
    RS256: generateKeyPairSync("rsa", { modulusLength: 2048 }),
    ES256: generateKeyPairSync("ec", { namedCurve: "P-256" }),
    EdDSA: generateKeyPairSync("ed25519"),
  };
  const jwk = (key: KeyObject, more = {}) => JSON.stringify({ ...key.export({ format: "jwk" }), ...more });

  /** Verifies the client assertion that reached the token endpoint. @returns its header */
  async function assertion(publicKey: KeyObject) {
    const body = new URLSearchParams(op.requestTo("/token")?.body);
    expect(body.get("client_assertion_type")).toBe("urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    const token = body.get("client_assertion") ?? "";
    const { payload } = await jwtVerify(token, publicKey, { audience: op.issuer, issuer: "the-client" });
    expect(payload).toMatchObject({ sub: "the-client", jti: expect.any(String) });
    expect(body.has("client_secret")).toBe(false);
    return decodeProtectedHeader(token);
  }

  test.each(["RS256", "ES256", "EdDSA"] as const)("the client signs an assertion with %s", async (alg) => {
    const { privateKey, publicKey } = KEYS[alg];
    await proof(["private_key_jwt"], { OIDC_CLIENT_PRIVATE_KEY: jwk(privateKey, { kid: "key-1" }) });
    expect(await assertion(publicKey)).toMatchObject({ alg, kid: "key-1" });
  });

  test("the assertion names the certificate of the key if the JWK has x5t#S256", async () => {
    const { privateKey, publicKey } = KEYS.RS256;
    const key = jwk(privateKey, { alg: "PS256", "x5t#S256": "the-thumbprint" });
    await proof(["private_key_jwt"], { OIDC_CLIENT_PRIVATE_KEY: key });
    const header = await assertion(publicKey);
    expect(header).toMatchObject({ alg: "PS256", "x5t#S256": "the-thumbprint" });
    expect(header).not.toHaveProperty("kid");
  });

  test.each([
    ["EdDSA", ["EdDSA", "Ed25519"], undefined],
    ["Ed25519", ["RS256", "Ed25519"], undefined],
    ["Ed25519", ["EdDSA", "Ed25519"], "Ed25519"],
  ])(
    "an Ed25519 assertion has the alg %s if the provider lists %j and the JWK has the alg %s",
    async (alg, listed, said) => {
      const { privateKey, publicKey } = KEYS.EdDSA;
      op.metadata = { token_endpoint_auth_signing_alg_values_supported: listed };
      await proof(["private_key_jwt"], { OIDC_CLIENT_PRIVATE_KEY: jwk(privateKey, said && { alg: said }) });
      expect(await assertion(publicKey)).toMatchObject({ alg });
    },
  );

  test("an RSA key may be a PEM, and the client uses PS256 if the JWK has that alg", async () => {
    const { privateKey, publicKey } = KEYS.RS256;
    const pem = String(privateKey.export({ type: "pkcs8", format: "pem" })).replaceAll("\n", "\\n");
    await proof(["private_key_jwt"], { OIDC_CLIENT_PRIVATE_KEY: pem });
    expect(await assertion(publicKey)).toMatchObject({ alg: "RS256" });
    await proof(["private_key_jwt"], { OIDC_CLIENT_PRIVATE_KEY: jwk(privateKey, { alg: "PS256" }) });
    expect(await assertion(publicKey)).toMatchObject({ alg: "PS256" });
  });

  test("the client prefers its key to its secret if the provider lists both methods", async () => {
    await proof(["client_secret_post", "private_key_jwt"], {
      ...secret,
      OIDC_CLIENT_PRIVATE_KEY: jwk(KEYS.ES256.privateKey),
    });
    await assertion(KEYS.ES256.publicKey);
  });

  test("the client does not send its secret after the provider refused the assertion", async () => {
    const bodies: string[] = [];
    op.answers["/token"] = ({ body, headers }) => {
      bodies.push(`${headers.authorization ?? ""} ${body}`);
      return { status: 401, json: { error: "invalid_client" } };
    };
    const settings = { ...secret, OIDC_CLIENT_PRIVATE_KEY: jwk(KEYS.ES256.privateKey) };
    const refused = proof(["private_key_jwt", "client_secret_post", "client_secret_basic"], settings);
    expect(await thrownBy(refused)).toMatchObject({ detail: { providerError: "invalid_client" } });
    expect(bodies).toEqual([expect.stringMatching(/^ (?!.*client_secret=).*client_assertion=/)]);
  });

  test("the client uses its key if the provider lists no methods and no secret is set", async () => {
    await proof(undefined, { OIDC_CLIENT_PRIVATE_KEY: jwk(KEYS.ES256.privateKey) });
    await assertion(KEYS.ES256.publicKey);
  });

  test("a provider that does not accept an assertion is reported as a configuration error", async () => {
    const settings = { OIDC_CLIENT_PRIVATE_KEY: jwk(KEYS.ES256.privateKey) };
    expect(await thrownBy(proof(["client_secret_post"], settings))).toMatchObject({
      reason: "configuration",
    });
  });
});
// end part: fapi

/** The number of requests to the token endpoint. */
const asked = () => op.asked.filter((path) => path === "/token").length;

describe("a provider that lists both methods for a secret, but accepts only one of them from this client", () => {
  const tokens = async () => ({
    json: { access_token: "a", token_type: "Bearer", id_token: await op.idToken() },
  });
  /** Makes the provider accept one method, and refuse others as real providers do. */
  const bindTo = (method: "basic" | "post", grant: () => Answer | Promise<Answer> = tokens, status = 401) => {
    op.answers["/token"] = ({ headers, body }) => {
      const given = headers.authorization
        ? "basic"
        : new URLSearchParams(body).has("client_secret") && "post";
      return given === method ? grant() : { status, json: { error: "invalid_client" } };
    };
  };
  /** Two logins in one process. @returns their results, and the warnings in the log */
  async function twoLogins(settings: Record<string, string> = {}, listed?: string[]) {
    op.metadata = { token_endpoint_auth_methods_supported: listed };
    if (!listed) op.metadata = {};
    freshProcess({ OIDC_ISSUER: op.issuer, OIDC_CLIENT_SECRET: "secret1", ...settings });
    const { log } = await import("../../log.ts");
    const warn = vi.spyOn(log, "warn").mockReturnValue();
    const { exchangeCode } = await import("./requests.ts");
    const checks = { state: "the-state", nonce: NONCE, codeVerifier: "v".repeat(43) };
    const logIn = () => exchangeCode(op.callback(), checks).catch((error: unknown) => error);
    const results = [await logIn(), await logIn()];
    return { results, warnings: warn.mock.calls.map(([, message]) => message) };
  }

  test.each([400, 401])(
    "after %i for client_secret_post, the client uses Basic, remembers that, and logs which setting to change",
    async (status) => {
      bindTo("basic", tokens, status);
      const { results, warnings } = await twoLogins();
      expect(results).toMatchObject([{ accessToken: "a" }, { accessToken: "a" }]);
      expect(asked()).toBe(3);
      expect(warnings).toEqual([
        "the provider refuses client_secret_post for this client and accepts client_secret_basic; set OIDC_CLIENT_AUTH=client_secret_basic",
      ]);
    },
  );

  test("the client tries client_secret_post first, and needs no second request if it is accepted", async () => {
    bindTo("post");
    const { results, warnings } = await twoLogins();
    expect(results).toMatchObject([{ accessToken: "a" }, { accessToken: "a" }]);
    expect([asked(), warnings]).toEqual([2, []]);
  });

  test("the client learns the accepted method even from a login with an invalid code", async () => {
    bindTo("basic", () => ({ status: 400, json: { error: "invalid_grant" } }));
    const { results, warnings } = await twoLogins();
    expect(results).toMatchObject(Array(2).fill({ detail: { providerError: "invalid_grant" } }));
    expect([asked(), warnings.length]).toEqual([3, 1]);
  });

  test("the client finds the accepted method again after the provider changes it", async () => {
    bindTo("basic");
    await twoLogins();
    bindTo("post");
    const { exchangeCode } = await import("./requests.ts");
    const checks = { state: "the-state", nonce: NONCE, codeVerifier: "v".repeat(43) };
    for (let login = 0; login < 2; login += 1)
      expect(await exchangeCode(op.callback(), checks)).toMatchObject({ accessToken: "a" });
    expect(asked()).toBe(3 + 3);
  });

  test("the client remembers neither method if the provider refuses both because the secret is wrong", async () => {
    bindTo("basic", () => ({ status: 401, json: { error: "invalid_client", error_description: "wrong" } }));
    const { results, warnings } = await twoLogins({ OIDC_CLIENT_ID: "client1" });
    expect(results).toMatchObject(
      Array(2).fill({ reason: "provider_error", detail: { providerError: "invalid_client" } }),
    );
    expect([asked(), warnings]).toEqual([4, []]);
  });

  test.each([
    ["if OIDC_CLIENT_AUTH is set", { OIDC_CLIENT_AUTH: "client_secret_post" }, undefined],
    ["if the provider does not list it", {}, ["client_secret_post"]],
  ])("the client does not try the other method %s", async (_, settings, listed) => {
    bindTo("basic");
    const { results } = await twoLogins(settings as Record<string, string>, listed);
    expect(results).toMatchObject(Array(2).fill({ detail: { providerError: "invalid_client" } }));
    expect(asked()).toBe(2);
  });

  test("the client does not repeat a request that fails with another error than invalid_client", async () => {
    op.answers["/token"] = () => ({ status: 400, json: { error: "invalid_request" } });
    await twoLogins();
    expect(asked()).toBe(2);
  });

  test("the client does not send the code again after an answer that fails a check", async () => {
    bindTo("basic");
    op.claims = { nonce: "of another login" };
    const { results, warnings } = await twoLogins();
    expect(results).toMatchObject(Array(2).fill({ reason: "invalid_response" }));
    expect([asked(), warnings]).toEqual([4, []]); // two logins, each with one refused and one accepted request
  });

  test("for a provider that does not decode Basic, the client tries the unencoded secret last", async () => {
    bindTo("basic", async () => {
      const given = String(op.requestTo("/token")?.headers.authorization).slice(6);
      const isPlain = Buffer.from(given, "base64").toString() === "the-client:s3cr+t";
      return isPlain ? tokens() : { status: 401, json: { error: "invalid_client" } };
    });
    const { results, warnings } = await twoLogins({ OIDC_CLIENT_SECRET: "s3cr+t" });
    expect(results).toMatchObject([{ accessToken: "a" }, { accessToken: "a" }]);
    expect(asked()).toBe(4);
    expect(warnings).toEqual([expect.stringContaining("client_secret_basic without percent-encoding; set")]);
  });

  // part: fapi
  test("the client uses the method it has found for pushed requests, refreshes and revocations", async () => {
    bindTo("basic");
    op.metadata = {
      pushed_authorization_request_endpoint: `${op.issuer}/par`,
      revocation_endpoint: `${op.issuer}/revoke`,
    };
    op.answers["/par"] = ({ headers }) =>
      headers.authorization
        ? { status: 201, json: { request_uri: "urn:x", expires_in: 60 } }
        : { status: 401, json: { error: "invalid_client" } };
    op.answers["/revoke"] = ({ headers }) => ({ status: headers.authorization ? 200 : 401 });
    freshProcess({ OIDC_ISSUER: op.issuer, OIDC_CLIENT_SECRET: "secret1", OIDC_PAR: "true" });
    const { authorizationUrl, refreshTokens, revokeRefreshToken } = await import("./requests.ts");
    expect((await authorizationUrl({ state: "s" }, "v".repeat(43))).searchParams.get("request_uri")).toBe(
      "urn:x",
    );
    op.claims = { nonce: undefined };
    expect(await refreshTokens("r", { iss: op.issuer, sub: "alice" })).toMatchObject({ accessToken: "a" });
    await revokeRefreshToken("r");
    expect(op.asked.filter((path) => /par|token|revoke/.test(path))).toEqual([
      "/par",
      "/par",
      "/token",
      "/revoke",
    ]);
  });
  // end part: fapi
});

describe("a provider that does not percent-decode Basic credentials", () => {
  const takes = (accepted: string) => {
    op.answers["/token"] = async ({ headers }) => {
      const given = Buffer.from(String(headers.authorization).slice(6), "base64").toString();
      if (given !== accepted)
        return { status: 401, headers: { "www-authenticate": "Basic" }, json: { error: "invalid_client" } };
      return { json: { access_token: "a", token_type: "Bearer", id_token: await op.idToken() } };
    };
  };

  test.each([
    ["special characters in the secret", "s3cr+t/=&%:~ü"],
    ["a hyphen in the client id", "letters1"],
  ])(
    "the client repeats the request without encoding, and later requests are not encoded: %s",
    async (_, given) => {
      takes(`the-client:${given}`);
      op.metadata = { token_endpoint_auth_methods_supported: ["client_secret_basic"] };
      freshProcess({ OIDC_ISSUER: op.issuer, OIDC_CLIENT_SECRET: given });
      const { exchangeCode } = await import("./requests.ts");
      const checks = { state: "the-state", nonce: NONCE, codeVerifier: "v".repeat(43) };
      await exchangeCode(op.callback(), checks);
      expect(asked()).toBe(2);
      await exchangeCode(op.callback(), checks);
      expect(asked()).toBe(3);
    },
  );

  test("the client gives up if the unencoded secret is refused, or if encoding does not change the secret", async () => {
    takes("the-client:another");
    expect(await thrownBy(proof(["client_secret_basic"], secret))).toMatchObject({
      reason: "provider_error",
    });
    expect(asked()).toBe(2);
    op.reset();
    takes("the-client:another");
    const plain = { OIDC_CLIENT_ID: "client1", OIDC_CLIENT_SECRET: "lettersAndDigits1" };
    await thrownBy(proof(["client_secret_basic"], plain));
    expect(asked()).toBe(1);
  });
});
