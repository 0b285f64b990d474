import { generateKeyPairSync } from "node:crypto";
import { SignJWT } from "jose";
import { beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { AppInProcess } from "@/dev/testing/app-in-process.ts";
import { reuseKeys, startScriptedProvider } from "@/dev/testing/fresh-process.ts";
import { ACCESS_TOKEN } from "@/dev/testing/scripted-provider.ts";
import { unsignedJwt } from "@/dev/testing/tokens.ts";

vi.mock("next/headers", () => ({}));

const SECRET = "the-secret-of-the-client";

const op = await startScriptedProvider();
let app: AppInProcess;
let mode: "query" | "form_post";

beforeEach(async () => {
  op.metadata = { token_endpoint_auth_methods_supported: ["client_secret_basic"] };
  reuseKeys();
  await op.rotateKeys("the-key", "RS256");
  app = await AppInProcess.start(op, { OIDC_CLIENT_SECRET: SECRET, OIDC_RESPONSE_MODE: mode });
});

/** Nobody is logged in, and userinfo was not requested with the tokens of the answer. */
async function expectRefused(reason = "invalid_response"): Promise<void> {
  expect(await app.logIn()).toBe(`/auth/error?reason=${reason}`);
  expect(await app.session()).toBeNull();
  expect(op.asked).not.toContain("/userinfo");
}

/** An ID token that the provider does not sign itself. */
async function idTokenClaims(): Promise<object> {
  const [, claims = ""] = (await op.idToken()).split(".");
  return JSON.parse(Buffer.from(claims, "base64url").toString());
}

/** Has the token endpoint send what is made of the claims that it would have signed. */
function sendIdToken(make: (claims: Record<string, unknown>) => string | Promise<string>): void {
  op.answers["/token"] = async () => ({
    json: {
      access_token: ACCESS_TOKEN,
      token_type: "Bearer",
      id_token: await make({ ...(await idTokenClaims()) }),
    },
  });
}

for (const responseMode of ["query", "form_post"] as const) {
  describe(`basic profile, answered by ${responseMode}`, () => {
    beforeAll(() => {
      mode = responseMode;
    });
    basicProfile();
  });
}

function basicProfile(): void {
  test("oidcc-client-test: a correct login gives a session", async () => {
    expect(await app.logIn()).toBe("/profile");
    expect(await app.session()).toMatchObject({ idTokenClaims: { sub: "alice" } });
    expect(op.asked).toEqual(["/.well-known/openid-configuration", "/jwks", "/token", "/userinfo"]);
  });

  test("oidcc-client-test-invalid-iss: an ID token of another issuer is refused", async () => {
    op.claims = { iss: `${op.issuer}1` };
    await expectRefused();
  });

  test("oidcc-client-test-missing-sub: an ID token about nobody is refused", async () => {
    op.claims = { sub: undefined };
    await expectRefused();
  });

  test("oidcc-client-test-invalid-aud: an ID token for another client is refused", async () => {
    op.claims = { aud: "the-client1" };
    await expectRefused();
  });

  test("oidcc-client-test-missing-aud: an ID token for nobody is refused", async () => {
    op.claims = { aud: undefined };
    await expectRefused();
  });

  test("oidcc-client-test-missing-iat: an ID token issued at no time is refused", async () => {
    op.claims = { iat: undefined };
    await expectRefused();
  });

  test("oidcc-client-test-kid-absent-single-jwks: one key needs no name", async () => {
    const [{ kid: _, ...nameless } = {}] = op.published;
    op.answers["/jwks"] = () => ({ json: { keys: [nameless] } });
    op.header = { kid: undefined as unknown as string };
    expect(await app.logIn()).toBe("/profile");
  });

  test("oidcc-client-test-kid-absent-multiple-jwks: of several keys without a name none is guessed", async () => {
    const others = op.published;
    await op.rotateKeys("another", "RS256");
    const nameless = [...op.published, ...others].map(({ kid: _, ...key }) => key);
    op.answers["/jwks"] = () => ({ json: { keys: nameless } });
    op.header = { kid: undefined as unknown as string };
    await expectRefused();
  });

  test("oidcc-client-test-idtoken-sig-rs256: RS256 is taken", async () => {
    expect(await app.logIn()).toBe("/profile");
    const { idToken = "" } = (await app.session()) ?? {};
    expect(JSON.parse(atob(idToken.split(".")[0] ?? ""))).toEqual({ alg: "RS256", kid: "the-key" });
  });

  test("oidcc-client-test-idtoken-sig-none: an ID token without a signature is rejected, whatever discovery lists", async () => {
    op.metadata = { ...op.metadata, id_token_signing_alg_values_supported: ["none", "RS256"] };
    sendIdToken((claims) => unsignedJwt(claims, { alg: "none" }).replace(/[^.]*$/, ""));
    await expectRefused();
  });

  test("oidcc-client-test-invalid-sig-rs256: a signature by another key is refused", async () => {
    await op.signWithForeignKey();
    await expectRefused();
  });

  test("oidcc-client-test-invalid-sig-es256: so is a wrong one with ES256", async () => {
    await op.rotateKeys("the-key", "ES256");
    await op.signWithForeignKey();
    await expectRefused();
  });

  test("oidcc-client-test-invalid-sig-hs256: what the client's secret or a public key signs is refused", async () => {
    const publicKey = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey;
    const pem = publicKey.export({ type: "spki", format: "pem" }).toString();
    op.metadata = { ...op.metadata, id_token_signing_alg_values_supported: ["HS256", "RS256"] };
    for (const key of [SECRET, pem, JSON.stringify(op.published[0])]) {
      sendIdToken((claims) =>
        new SignJWT(claims).setProtectedHeader({ alg: "HS256", kid: "the-key" }).sign(Buffer.from(key)),
      );
      await expectRefused();
    }
  });

  test("oidcc-client-test-userinfo-invalid-sub: userinfo about somebody else ends the login", async () => {
    op.answers["/userinfo"] = () => ({ json: { sub: "alice1", email: "mallory@example.com" } });
    expect(await app.logIn()).toBe("/auth/error?reason=invalid_response");
    expect(await app.session()).toBeNull();
  });

  test("oidcc-client-test-nonce-invalid: an ID token of another login is refused", async () => {
    op.claims = { nonce: "of-another-login" };
    await expectRefused();
    op.claims = { nonce: undefined };
    await expectRefused();
  });

  test("oidcc-client-test-scope-userinfo-claims: scopes are asked for, and what userinfo tells is kept", async () => {
    const claims = { sub: "alice", name: "Alice", email: "a@example.com", phone_number: "+1", address: {} };
    op.answers["/userinfo"] = () => ({ json: claims });
    expect((await app.begin()).searchParams.get("scope")).toBe("openid profile email offline_access");
    await app.logIn();
    expect((await app.session())?.userinfo).toEqual(claims);
  });

  test("oidcc-client-test-client-secret-basic: the secret goes as Basic, and the code with it", async () => {
    await app.logIn();
    const { headers, body } = op.requestTo("/token") ?? {};
    const credentials = atob(headers?.authorization?.replace(/^Basic /, "") ?? "").split(":");
    expect(credentials.map(decodeURIComponent)).toEqual(["the-client", SECRET]);
    expect(new URLSearchParams(body).get("client_secret")).toBeNull();
  });

  test("oidcc-client-test-userinfo-bearer-header: userinfo is asked with the token in a header", async () => {
    await app.logIn();
    expect(op.requestTo("/userinfo")).toMatchObject({
      path: "/userinfo",
      headers: { authorization: `Bearer ${ACCESS_TOKEN}` },
    });
  });

  test("oidcc-client-test-invalid-athash: an at_hash of another access token is refused", async () => {
    op.claims = { at_hash: "77QmUPtjPfzWtF2AnpK9RQ" };
    await expectRefused();
  });

  test("oidcc-client-test-form-post-error: an error comes through as an answer does", async () => {
    const { searchParams } = await app.begin();
    const refusal = { error: "access_denied", state: searchParams.get("state") ?? "" };
    const location = mode === "form_post" ? await app.finishByForm(refusal) : await app.finish(refusal);
    expect(location).toBe("/auth/error?reason=access_denied");
  });

  test.each(["aggregated", "distributed"])(
    "oidcc-client-test-%s-claims: what stands elsewhere is fetched from nowhere, and does no harm",
    async (kind) => {
      const source = kind === "aggregated" ? { JWT: "e30.e30.e30" } : { endpoint: `${op.issuer}/claims` };
      const told = { sub: "alice", _claim_names: { age: "src1" }, _claim_sources: { src1: source } };
      op.answers["/userinfo"] = () => ({ json: told });
      expect(await app.logIn()).toBe("/profile");
      expect(op.asked).not.toContain("/claims");
    },
  );

  test("keys that cannot be used stand beside the one that can, and are passed over", async () => {
    const [key] = op.published;
    const unusable = [
      { kty: "AKP", alg: "ML-DSA-0", kid: "a", pub: "AAAA" },
      { kty: "made-up", kid: "b" },
      { ...key, alg: "RS0", kid: "c" },
      { kty: "EC", crv: "P-0", x: "AA", y: "AA", kid: "d" },
      { kty: "oct", k: "c2VjcmV0", kid: "the-key" },
      {},
    ];
    op.answers["/jwks"] = () => ({ json: { keys: [...unusable, key] } });
    expect(await app.logIn()).toBe("/profile");
  });
}
