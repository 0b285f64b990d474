import { CompactEncrypt, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { describe, expect, test } from "vitest";
import { freshProcess, startScriptedProvider, thrownBy } from "@/dev/testing/fresh-process.ts";
import { NONCE } from "@/dev/testing/scripted-provider.ts";

const op = await startScriptedProvider();

async function requests(settings: Record<string, string> = {}) {
  freshProcess({ OIDC_ISSUER: op.issuer, ...settings });
  return import("./requests.ts");
}

async function exchange(settings: Record<string, string> = {}) {
  const { exchangeCode } = await requests(settings);
  return exchangeCode(op.callback(), { state: "the-state", nonce: NONCE, codeVerifier: "v".repeat(43) });
}

/** Makes the provider sign everything with this algorithm. */
async function signWith(alg: string) {
  const { publicKey, privateKey } = await generateKeyPair(alg, alg === "EdDSA" ? { crv: "Ed25519" } : {});
  const jwk = { ...(await exportJWK(publicKey)), kid: "the-key", alg };
  op.answers["/jwks"] = () => ({ json: { keys: [jwk] } });
  const sign = (claims: JWTPayload) =>
    new SignJWT(claims).setProtectedHeader({ alg, kid: "the-key" }).sign(privateKey);
  const now = Math.floor(Date.now() / 1000);
  const usual = { iss: op.issuer, sub: "alice", aud: "the-client" };
  op.tokenResponse = { id_token: await sign({ ...usual, iat: now, exp: now + 300, nonce: NONCE }) };
  return (claims: JWTPayload) => sign({ ...usual, ...claims });
}

const ALGORITHMS = ["RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519"];

describe.each(ALGORITHMS)("a provider that signs with %s", (alg) => {
  test("an ID token is accepted if the discovery document lists its algorithm", async () => {
    await signWith(alg);
    op.metadata = { id_token_signing_alg_values_supported: [alg] };
    expect(await exchange()).toMatchObject({ accessToken: expect.any(String) });
  });

  test("an ID token is accepted if the endpoints are set and no discovery document is read [Q1]", async () => {
    await signWith(alg);
    const stated = {
      OIDC_AUTHORIZATION_ENDPOINT: `${op.issuer}/authorize`,
      OIDC_TOKEN_ENDPOINT: `${op.issuer}/token`,
      OIDC_JWKS_URI: `${op.issuer}/jwks`,
    };
    expect(await exchange(stated)).toMatchObject({ accessToken: expect.any(String) });
  });

  test("userinfo that the provider signed is accepted", async () => {
    const sign = await signWith(alg);
    op.answers["/userinfo"] = async () => ({
      headers: { "content-type": "application/jwt" },
      text: await sign({ email: "alice@example.com" }),
    });
    const { fetchUserinfo } = await requests();
    expect(await fetchUserinfo({ accessToken: "a-token" }, "alice")).toMatchObject({
      email: "alice@example.com",
    });
  });
});

test("userinfo that another party signed is refused", async () => {
  await signWith("ES256");
  const { privateKey } = await generateKeyPair("ES256");
  const claims = { iss: op.issuer, sub: "alice", aud: "the-client" };
  op.answers["/userinfo"] = async () => ({
    headers: { "content-type": "application/jwt" },
    text: await new SignJWT(claims).setProtectedHeader({ alg: "ES256", kid: "the-key" }).sign(privateKey),
  });
  const { fetchUserinfo } = await requests();
  expect(await thrownBy(fetchUserinfo({ accessToken: "a-token" }, "alice"))).toMatchObject({
    reason: "invalid_response",
  });
});

describe("an encrypted answer of the provider", () => {
  const encrypted = async (text: string) => {
    const { publicKey } = await generateKeyPair("RSA-OAEP");
    return new CompactEncrypt(Buffer.from(text))
      .setProtectedHeader({ alg: "RSA-OAEP", enc: "A256GCM", cty: "JWT" })
      .encrypt(publicKey);
  };
  const refusal = {
    reason: "configuration",
    detail: { advice: expect.stringContaining("configure it to only sign them") },
  };

  test("an encrypted ID token is refused, and the error says what to configure", async () => {
    op.tokenResponse = { id_token: await encrypted(await op.idToken()) };
    expect(await thrownBy(exchange())).toMatchObject(refusal);
  });

  test("encrypted userinfo is refused, and the error says what to configure", async () => {
    const text = await encrypted(await op.idToken());
    op.answers["/userinfo"] = () => ({ headers: { "content-type": "application/jwt" }, text });
    const { fetchUserinfo } = await requests();
    expect(await thrownBy(fetchUserinfo({ accessToken: "a-token" }, "alice"))).toMatchObject(refusal);
  });
});
