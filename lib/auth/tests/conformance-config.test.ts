import { beforeEach, describe, expect, test, vi } from "vitest";
import { AppInProcess } from "@/dev/testing/app-in-process.ts";
import { reuseKeys, startScriptedProvider, thrownBy } from "@/dev/testing/fresh-process.ts";
import { unsignedJwt } from "@/dev/testing/tokens.ts";

vi.mock("next/headers", () => ({}));

const DISCOVERY = "/.well-known/openid-configuration";

const op = await startScriptedProvider();
let app: AppInProcess;

beforeEach(async () => {
  reuseKeys();
  await op.rotateKeys("the-key", "RS256");
  app = await AppInProcess.start(op);
});

const timesAsked = (path: string) => op.asked.filter((one) => one === path).length;

describe("configuration profile", () => {
  test("oidcc-client-test-discovery-openid-config: the app uses the endpoints of the document", async () => {
    op.metadata = {
      authorization_endpoint: `${op.issuer}/elsewhere/authorize`,
      token_endpoint: `${op.issuer}/elsewhere/token`,
      userinfo_endpoint: `${op.issuer}/elsewhere/userinfo`,
      jwks_uri: `${op.issuer}/elsewhere/jwks`,
    };
    op.answers["/elsewhere/jwks"] = () => ({ json: { keys: op.published } });
    op.answers["/elsewhere/token"] = async () => ({
      json: { access_token: "a", token_type: "Bearer", id_token: await op.idToken() },
    });
    op.answers["/elsewhere/userinfo"] = () => ({ json: { sub: "alice" } });
    expect((await app.begin()).pathname).toBe("/elsewhere/authorize");
    expect(await app.logIn()).toBe("/profile");
    expect(op.asked).toEqual([DISCOVERY, "/elsewhere/jwks", "/elsewhere/token", "/elsewhere/userinfo"]);
  });

  test("oidcc-client-test-discovery-jwks-uri-keys: the keys are fetched from jwks_uri", async () => {
    expect(await app.logIn()).toBe("/profile");
    expect(timesAsked("/jwks")).toBe(1);
  });

  test("oidcc-client-test-discovery-issuer-mismatch: a document with another issuer fails the login", async () => {
    op.metadata = { issuer: "https://evil.example" };
    expect(await app.logIn()).toBe("/auth/error?reason=configuration");
    expect(new Set(op.asked)).toEqual(new Set([DISCOVERY]));
    expect(app.warnings[0]?.message).toContain("check OIDC_ISSUER");
  });

  test("oidcc-client-test-idtoken-sig-none: an unsigned ID token is refused, even if the document lists alg none", async () => {
    op.metadata = { id_token_signing_alg_values_supported: ["none"] };
    const [, claims = ""] = (await op.idToken()).split(".");
    const unsigned = unsignedJwt(JSON.parse(atob(claims)), { alg: "none" }).replace(/[^.]*$/, "");
    op.tokenResponse = { id_token: unsigned };
    expect(await app.logIn()).toBe("/auth/error?reason=invalid_response");
    expect(await app.session()).toBeNull();
  });

  test("oidcc-client-test-signing-key-rotation-just-before-signing: the keys are fetched again for a new key", async () => {
    await app.logIn(); // the keys are known now
    op.answers["/token"] = async () => {
      await op.rotateKeys("second", "RS256");
      delete op.answers["/token"];
      return { json: { access_token: "a", token_type: "Bearer", id_token: await op.idToken() } };
    };
    expect(await app.logIn()).toBe("/profile");
    expect(timesAsked("/jwks")).toBe(2);
  });

  test("oidcc-client-test-signing-key-rotation: a login after a rotation works", async () => {
    expect(await app.logIn()).toBe("/profile");
    await op.rotateKeys("second", "RS256");
    expect(await app.logIn()).toBe("/profile");
    expect(timesAsked("/jwks")).toBe(2);
  });

  test("oidcc-client-test-userinfo-signed: userinfo may be a signed JWT", async () => {
    op.answers["/userinfo"] = async () => ({
      headers: { "content-type": "application/jwt" },
      text: await op.sign({ iss: op.issuer, aud: "the-client", sub: "alice", name: "Signed" }),
    });
    expect(await app.logIn()).toBe("/profile");
    expect((await app.session())?.userinfo).toMatchObject({ name: "Signed" });
  });
});

describe("refresh tokens", () => {
  const refresh = async (claims: Record<string, unknown> = {}) => {
    const { refreshTokens } = await import("../provider/index.ts");
    op.claims = { nonce: undefined, ...claims };
    return refreshTokens("refresh-0", { iss: op.issuer, sub: "alice", aud: "the-client" });
  };

  test("oidcc-client-test-refresh-token: a refresh returns new tokens", async () => {
    expect(await refresh()).toMatchObject({ refreshToken: "refresh-1", idToken: expect.any(String) });
  });

  test.each([
    ["issuer", { iss: "https://evil.example" }],
    ["sub", { sub: "mallory" }],
    ["aud", { aud: "another-client" }],
    ["azp", { azp: "another-client" }],
  ])(
    "oidcc-client-test-refresh-token-invalid-%s: a refresh with such an ID token is refused",
    async (_, claims) => {
      expect(await thrownBy(refresh(claims))).toMatchObject({ reason: "invalid_response" });
    },
  );
});
