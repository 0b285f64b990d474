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

/** Checks that a login fails, that there is no session, and that userinfo is not requested. */
async function expectRefused(reason = "invalid_response"): Promise<void> {
  expect(await app.logIn()).toBe(`/auth/error?reason=${reason}`);
  expect(await app.session()).toBeNull();
  expect(op.asked).not.toContain("/userinfo");
}

/** Returns the claims of the provider's ID token, for a test that makes the ID token itself. */
async function idTokenClaims(): Promise<object> {
  const [, claims = ""] = (await op.idToken()).split(".");
  return JSON.parse(Buffer.from(claims, "base64url").toString());
}

/** Makes the token endpoint send an ID token that `make` builds from the usual claims. */
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
  test("oidcc-client-test: a correct login starts a session", async () => {
    expect(await app.logIn()).toBe("/profile");
    expect(await app.session()).toMatchObject({ idTokenClaims: { sub: "alice" } });
    expect(op.asked).toEqual(["/.well-known/openid-configuration", "/jwks", "/token", "/userinfo"]);
  });

  test("oidcc-client-test-invalid-iss: an ID token of another issuer is refused", async () => {
    op.claims = { iss: `${op.issuer}1` };
    await expectRefused();
  });

  test("oidcc-client-test-missing-sub: an ID token without sub is refused", async () => {
    op.claims = { sub: undefined };
    await expectRefused();
  });

  test("oidcc-client-test-invalid-aud: an ID token for another client is refused", async () => {
    op.claims = { aud: "the-client1" };
    await expectRefused();
  });

  test("oidcc-client-test-missing-aud: an ID token without aud is refused", async () => {
    op.claims = { aud: undefined };
    await expectRefused();
  });

  test("oidcc-client-test-missing-iat: an ID token without iat is refused", async () => {
    op.claims = { iat: undefined };
    await expectRefused();
  });

  test("oidcc-client-test-kid-absent-single-jwks: a single key does not need a kid", async () => {
    const [{ kid: _, ...nameless } = {}] = op.published;
    op.answers["/jwks"] = () => ({ json: { keys: [nameless] } });
    op.header = { kid: undefined as unknown as string };
    expect(await app.logIn()).toBe("/profile");
  });

  test("oidcc-client-test-kid-absent-multiple-jwks: an ID token without a kid is refused if there are several keys", async () => {
    const others = op.published;
    await op.rotateKeys("another", "RS256");
    const nameless = [...op.published, ...others].map(({ kid: _, ...key }) => key);
    op.answers["/jwks"] = () => ({ json: { keys: nameless } });
    op.header = { kid: undefined as unknown as string };
    await expectRefused();
  });

  test("oidcc-client-test-idtoken-sig-rs256: an ID token signed with RS256 is accepted", async () => {
    expect(await app.logIn()).toBe("/profile");
    const { idToken = "" } = (await app.session()) ?? {};
    expect(JSON.parse(atob(idToken.split(".")[0] ?? ""))).toEqual({ alg: "RS256", kid: "the-key" });
  });

  test("oidcc-client-test-idtoken-sig-none: an unsigned ID token is refused, whatever discovery lists", async () => {
    op.metadata = { ...op.metadata, id_token_signing_alg_values_supported: ["none", "RS256"] };
    sendIdToken((claims) => unsignedJwt(claims, { alg: "none" }).replace(/[^.]*$/, ""));
    await expectRefused();
  });

  test("oidcc-client-test-invalid-sig-rs256: an ID token that another RS256 key signed is refused", async () => {
    await op.signWithForeignKey();
    await expectRefused();
  });

  test("oidcc-client-test-invalid-sig-es256: an ID token that another ES256 key signed is refused", async () => {
    await op.rotateKeys("the-key", "ES256");
    await op.signWithForeignKey();
    await expectRefused();
  });

  test("oidcc-client-test-invalid-sig-hs256: an ID token signed with the client's secret or a public key is refused", async () => {
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

  test("oidcc-client-test-userinfo-invalid-sub: userinfo of another person fails the login", async () => {
    op.answers["/userinfo"] = () => ({ json: { sub: "alice1", email: "mallory@example.com" } });
    expect(await app.logIn()).toBe("/auth/error?reason=invalid_response");
    expect(await app.session()).toBeNull();
  });

  test("oidcc-client-test-nonce-invalid: an ID token with a wrong or missing nonce is refused", async () => {
    op.claims = { nonce: "of-another-login" };
    await expectRefused();
    op.claims = { nonce: undefined };
    await expectRefused();
  });

  test("oidcc-client-test-scope-userinfo-claims: scopes are requested, and the session has the claims of userinfo", async () => {
    const claims = { sub: "alice", name: "Alice", email: "a@example.com", phone_number: "+1", address: {} };
    op.answers["/userinfo"] = () => ({ json: claims });
    expect((await app.begin()).searchParams.get("scope")).toBe("openid profile email offline_access");
    await app.logIn();
    expect((await app.session())?.userinfo).toEqual(claims);
  });

  test("oidcc-client-test-client-secret-basic: the client sends its secret as Basic", async () => {
    await app.logIn();
    const { headers, body } = op.requestTo("/token") ?? {};
    const credentials = atob(headers?.authorization?.replace(/^Basic /, "") ?? "").split(":");
    expect(credentials.map(decodeURIComponent)).toEqual(["the-client", SECRET]);
    expect(new URLSearchParams(body).get("client_secret")).toBeNull();
  });

  test("oidcc-client-test-userinfo-bearer-header: the access token is sent to userinfo in a header", async () => {
    await app.logIn();
    expect(op.requestTo("/userinfo")).toMatchObject({
      path: "/userinfo",
      headers: { authorization: `Bearer ${ACCESS_TOKEN}` },
    });
  });

  test("oidcc-client-test-invalid-athash: an ID token with the at_hash of another access token is refused", async () => {
    op.claims = { at_hash: "77QmUPtjPfzWtF2AnpK9RQ" };
    await expectRefused();
  });

  test("oidcc-client-test-form-post-error: an error of the provider leads to the error page", async () => {
    const { searchParams } = await app.begin();
    const refusal = { error: "access_denied", state: searchParams.get("state") ?? "" };
    const location = mode === "form_post" ? await app.finishByForm(refusal) : await app.finish(refusal);
    expect(location).toBe("/auth/error?reason=access_denied");
  });

  test.each(["aggregated", "distributed"])(
    "oidcc-client-test-%s-claims: claims of another source are not fetched, and the login succeeds",
    async (kind) => {
      const source = kind === "aggregated" ? { JWT: "e30.e30.e30" } : { endpoint: `${op.issuer}/claims` };
      const told = { sub: "alice", _claim_names: { age: "src1" }, _claim_sources: { src1: source } };
      op.answers["/userinfo"] = () => ({ json: told });
      expect(await app.logIn()).toBe("/profile");
      expect(op.asked).not.toContain("/claims");
    },
  );

  test("a login ignores keys that cannot be used, and uses the valid key among them", async () => {
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
