import { beforeEach, describe, expect, test } from "vitest";
import { freshProcess, startScriptedProvider, thrownBy } from "@/dev/testing/fresh-process.ts";
import { NONCE } from "@/dev/testing/scripted-provider.ts";
import { unsignedJwt } from "@/dev/testing/tokens.ts";

const op = await startScriptedProvider();
let lib: typeof import("./requests.ts");

beforeEach(async () => {
  await op.rotateKeys("first");
  freshProcess({ OIDC_ISSUER: op.issuer });
  lib = await import("./requests.ts");
});

const now = () => Math.floor(Date.now() / 1000);
const CHECKS = { state: "the-state", nonce: NONCE, codeVerifier: "v".repeat(43) };
const exchange = (checks: object = {}) => lib.exchangeCode(op.callback(), { ...CHECKS, ...checks });
const invalid = { name: "LoginError", reason: "invalid_response" };

describe("an ID token is refused [K4] [K12]", () => {
  test.each([
    ["of another issuer", { iss: "https://evil.example" }],
    ["of no issuer", { iss: undefined }],
    ["for another audience", { aud: "another-client" }],
    ["for several audiences without this client", { aud: ["a", "b"], azp: "the-client" }],
    ["for several audiences, this client among them, with no azp", { aud: ["the-client", "b"] }],
    ["issued to another party", { azp: "another-client" }],
    ["with another nonce", { nonce: "another" }],
    ["with no nonce", { nonce: undefined }],
    ["with an at_hash of another access token", { at_hash: "77QmUPtjPfzWtF2AnpK9RQ" }],
    ["that expired more than 30 s ago", { exp: now() - 40, iat: now() - 300 }],
    ["that never expires", { exp: undefined }],
    ["issued more than 30 s in the future", { iat: now() + 60 }],
    ["issued at no time", { iat: undefined }],
    ["not valid yet", { nbf: now() + 60 }],
    ["about nobody", { sub: undefined }],
    ["about a number", { sub: 42 }],
  ])("%s", async (_, claims) => {
    op.claims = claims;
    expect(await thrownBy(exchange())).toMatchObject(invalid);
  });

  test("with a signature by another key of the same name", async () => {
    await op.signWithForeignKey();
    const detail = { step: "code exchange", check: "ID token" };
    expect(await thrownBy(exchange())).toMatchObject({ ...invalid, detail });
  });

  test("with a claim changed after it was signed", async () => {
    const [header, , signature] = (await op.idToken()).split(".");
    const [, claims] = unsignedJwt({ iss: op.issuer, sub: "admin", aud: "the-client", nonce: NONCE }).split(
      ".",
    );
    op.tokenResponse = { id_token: `${header}.${claims}.${signature}` };
    expect(await thrownBy(exchange())).toMatchObject(invalid);
  });

  test.each(["none", "None", "HS256"])("with alg %s", async (alg) => {
    const claims = {
      iss: op.issuer,
      sub: "alice",
      aud: "the-client",
      iat: now(),
      exp: now() + 60,
      nonce: NONCE,
    };
    op.metadata = { id_token_signing_alg_values_supported: ["ES256", alg] };
    const [header, payload, signature] = unsignedJwt(claims, { alg }).split(".");
    for (const end of ["", signature]) {
      op.tokenResponse = { id_token: `${header}.${payload}.${end}` };
      expect(await thrownBy(exchange())).toMatchObject(invalid);
    }
  });

  test("with an algorithm that discovery does not list", async () => {
    op.metadata = { id_token_signing_alg_values_supported: ["RS256"] };
    expect(await thrownBy(exchange())).toMatchObject(invalid);
  });

  test.each(["", "opaque", "a.b.c", 42, null, undefined])("that is %j", async (id_token) => {
    op.tokenResponse = { id_token };
    expect(await thrownBy(exchange())).toMatchObject(invalid);
  });
});

describe("an ID token is accepted", () => {
  test.each([
    ["for several audiences with this client as azp", { aud: ["the-client", "b"], azp: "the-client" }],
    ["for this client in a list", { aud: ["the-client"] }],
    ["that expired less than 30 s ago", { exp: now() - 15, iat: now() - 300 }],
    ["issued less than 30 s in the future", { iat: now() + 20 }],
    ["with the access token's at_hash", { at_hash: "5lN-cdYxuh-tjbceVnV11g" }],
  ])("%s", async (_, claims) => {
    op.claims = claims;
    await expect(exchange()).resolves.toBeDefined();
  });

  test("signed with a new key after a rotation: the keys are fetched again, once, and kept", async () => {
    await exchange();
    await op.rotateKeys("second");
    await exchange();
    await exchange();
    expect(op.asked.filter((path) => path === "/jwks")).toHaveLength(2);
  });

  test("but not with an unknown key, for which the keys are fetched again only once", async () => {
    await exchange();
    op.header = { kid: "made-up" };
    expect(await thrownBy(exchange())).toMatchObject(invalid);
    expect(op.asked.filter((path) => path === "/jwks")).toHaveLength(2);
  });

  test("without a kid, if the provider has one key", async () => {
    op.header = { kid: undefined as unknown as string };
    await expect(exchange()).resolves.toBeDefined();
  });
});

describe("max_age (OpenID Connect Core 3.1.2.1)", () => {
  test.each([
    ["a login just now", () => ({ auth_time: now() }), true],
    ["a login within max_age and 30 s", () => ({ auth_time: now() - 80 }), true],
    ["a login before that", () => ({ auth_time: now() - 120 }), false],
    ["no auth_time", () => ({}), false],
    ["an auth_time that is text", () => ({ auth_time: String(now()) }), false],
    ["an auth_time that is null", () => ({ auth_time: null }), false],
    ["a login within 30 s from now, by a clock that is ahead", () => ({ auth_time: now() + 20 }), true],
    ["a login after that", () => ({ auth_time: now() + 60 }), false],
    ["a login just now, in milliseconds", () => ({ auth_time: Date.now() }), false],
    ["a login long ago, in milliseconds", () => ({ auth_time: 1_000_000_000_000 }), false],
  ])("asked for, %s", async (_, claims, accepted) => {
    op.claims = claims();
    const exchanged = exchange({ maxAge: 60 });
    if (accepted) await expect(exchanged).resolves.toBeDefined();
    else expect(await thrownBy(exchanged)).toMatchObject(invalid);
  });

  test("of 0 requires a login just now", async () => {
    op.claims = { auth_time: now() - 60 };
    expect(await thrownBy(exchange({ maxAge: 0 }))).toMatchObject(invalid);
  });

  test("not asked for, the time of the login does not matter", async () => {
    for (const auth_time of [1, Date.now()]) {
      op.claims = { auth_time };
      await expect(exchange({ maxAge: undefined })).resolves.toBeDefined();
    }
  });
});
