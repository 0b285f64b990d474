import { createHash } from "node:crypto";
import { calculateJwkThumbprint, EmbeddedJWK, type JWK, jwtVerify } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { freshProcess, thrownBy } from "@/dev/testing/fresh-process.ts";
import {
  type Answerer,
  type LocalServer,
  type ReceivedRequest,
  startLocalServer,
} from "@/dev/testing/local-server.ts";
import { ACCESS_TOKEN, NONCE, ScriptedProvider } from "@/dev/testing/scripted-provider.ts";
import type { DpopKey } from "./dpop.ts";

let op: ScriptedProvider;
let api: LocalServer;
let answer: Answerer;
let lib: typeof import("./dpop.ts") & typeof import("./requests.ts") & typeof import("../call-api.ts");
let key: DpopKey;

beforeAll(async () => {
  op = await ScriptedProvider.start();
  api = await startLocalServer((request) => answer(request));
});
afterAll(async () => {
  await op.close();
  await api.close();
});

beforeEach(async () => {
  op.reset();
  op.tokenResponse = { token_type: "DPoP" };
  api.requests.length = 0;
  answer = () => ({ json: { text: "hello" } });
  freshProcess({ OIDC_ISSUER: op.issuer, OIDC_DPOP: "true" });
  lib = {
    ...(await import("./dpop.ts")),
    ...(await import("./requests.ts")),
    ...(await import("../call-api.ts")),
  };
  const { getProviderMetadata } = await import("./metadata.ts");
  key = await lib.createDpopKey(await getProviderMetadata());
});

/** Checks the key, method and URL in a request's DPoP proof. @returns the claims of the proof */
async function proofOf(request: ReceivedRequest | undefined, origin: string) {
  const { payload, protectedHeader } = await jwtVerify(String(request?.headers.dpop), EmbeddedJWK, {
    typ: "dpop+jwt",
  });
  expect(payload).toMatchObject({
    htm: request?.method,
    htu: origin + request?.path,
    jti: expect.any(String),
    iat: expect.any(Number),
  });
  expect(protectedHeader.alg).toBe("ES256");
  expect(protectedHeader.jwk).not.toHaveProperty("d");
  expect(await calculateJwkThumbprint(protectedHeader.jwk as JWK)).toBe(
    await calculateJwkThumbprint({ kty: "EC", crv: "P-256", x: String(key.x), y: String(key.y) }),
  );
  return payload;
}

const exchange = () =>
  lib.exchangeCode(op.callback(), { state: "the-state", nonce: NONCE, codeVerifier: "v".repeat(43) });

const hash = createHash("sha256").update(ACCESS_TOKEN).digest("base64url");

describe("DPoP: tokens that are bound to a key of their session (RFC 9449)", () => {
  test("the app sends a DPoP proof when it requests, refreshes and uses tokens at the provider", async () => {
    key = (await exchange()).dpopKey ?? {};
    await proofOf(op.requestTo("/token"), op.issuer);
    await lib.refreshTokens("refresh-1", { sub: "alice", iss: op.issuer }, key);
    expect(op.requestTo("/token")?.body).toContain("refresh_token");
    await proofOf(op.requestTo("/token"), op.issuer);
    await lib.fetchUserinfo({ accessToken: ACCESS_TOKEN, dpopKey: key }, "alice");
    expect(op.requestTo("/userinfo")?.headers.authorization).toBe(`DPoP ${ACCESS_TOKEN}`);
    expect(await proofOf(op.requestTo("/userinfo"), op.issuer)).toMatchObject({ ath: hash });
  });

  test("callApi sends a DPoP proof with the access token", async () => {
    const session = { accessToken: ACCESS_TOKEN, dpopKey: key };
    const response = await lib.callApi(`${api.origin}/api/messages/protected`, session);
    expect(await response.json()).toEqual({ text: "hello" });
    expect(api.requests[0]?.headers.authorization).toBe(`DPoP ${ACCESS_TOKEN}`);
    expect(await proofOf(api.requests[0], api.origin)).toMatchObject({ ath: hash });
  });

  test("callApi sends a request again with the nonce that the API requires", async () => {
    const wantsNonce: Answerer = (request) =>
      String(request.headers.dpop).length &&
      JSON.parse(Buffer.from(String(request.headers.dpop).split(".")[1] ?? "", "base64url").toString()).nonce
        ? { json: { text: "hello" } }
        : {
            status: 401,
            headers: { "dpop-nonce": "n-1", "www-authenticate": 'DPoP error="use_dpop_nonce"' },
            json: {},
          };
    answer = wantsNonce;
    const session = { accessToken: ACCESS_TOKEN, dpopKey: key };
    const response = await lib.callApi(`${api.origin}/api/messages/protected`, session);
    expect(response.status).toBe(200);
    expect(await proofOf(api.requests[1], api.origin)).toMatchObject({ nonce: "n-1" });
  });

  test("callApi returns an API's 401 as a response", async () => {
    answer = () => ({ status: 401, headers: { "www-authenticate": 'DPoP error="invalid_token"' }, json: {} });
    const session = { accessToken: ACCESS_TOKEN, dpopKey: key };
    expect((await lib.callApi(`${api.origin}/x`, session)).status).toBe(401);
  });

  test("callApi times out if the API does not answer, with and without a proof", async () => {
    answer = () => "hang";
    const session = { accessToken: ACCESS_TOKEN, dpopKey: key };
    expect(await thrownBy(lib.callApi(`${api.origin}/x`, session, { timeout: 40 }))).toMatchObject({
      name: "TimeoutError",
    });
    expect(
      await thrownBy(lib.callApi(`${api.origin}/x`, { ...session, dpopKey: null }, { timeout: 40 })),
    ).toMatchObject({
      name: "TimeoutError",
    });
  });

  test("a login fails if the provider issues a bearer token, and the error names OIDC_DPOP", async () => {
    op.tokenResponse = { token_type: "Bearer" };
    expect(await thrownBy(exchange())).toMatchObject({
      reason: "configuration",
      message: expect.stringContaining("OIDC_DPOP"),
    });
  });

  test("a refresh or a device login also fails if the provider issues a bearer token", async () => {
    const refresh = () => lib.refreshTokens("refresh-1", { sub: "alice", iss: op.issuer }, key);
    op.claims = { nonce: undefined };
    await expect(refresh()).resolves.toMatchObject({ accessToken: ACCESS_TOKEN });
    op.tokenResponse = { token_type: "Bearer" };
    expect(await thrownBy(refresh())).toMatchObject({ message: expect.stringContaining("OIDC_DPOP") });
    // part: broker
    const { pollDevice } = await import("./device.ts");
    expect(await thrownBy(pollDevice("code", null))).toMatchObject({ reason: "configuration" });
    op.tokenResponse = { token_type: "DPoP" };
    key = (await pollDevice("code", null)).dpopKey ?? {};
    await proofOf(op.requestTo("/token"), op.issuer);
    // end part: broker
  });

  test("a provider that does not support the key's algorithm is a configuration error", async () => {
    const metadata = { issuer: op.issuer, dpop_signing_alg_values_supported: Array(1_000).fill("PS256") };
    const error = await thrownBy(lib.createDpopKey(metadata));
    expect(error).toMatchObject({
      reason: "configuration",
      detail: { supported: expect.stringMatching(/^PS256,/) },
    });
    expect(JSON.stringify(error).length).toBeLessThan(500);
  });

  test("each session has its own DPoP key", async () => {
    const [{ dpopKey: one }, { dpopKey: other }] = [await exchange(), await exchange()];
    expect(one?.x).toBeTruthy();
    expect(other?.x).not.toBe(one?.x);
  });
});
