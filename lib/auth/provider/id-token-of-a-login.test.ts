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

describe("an ID token that is refused [K4] [K12]", () => {
  test.each([
    ["of another issuer", { iss: "https://evil.example" }],
    ["without an issuer", { iss: undefined }],
    ["for another audience", { aud: "another-client" }],
    ["for several audiences without this client", { aud: ["a", "b"], azp: "the-client" }],
    ["for several audiences, including this client, without azp", { aud: ["the-client", "b"] }],
    ["with the azp of another client", { azp: "another-client" }],
    ["with another nonce", { nonce: "another" }],
    ["without a nonce", { nonce: undefined }],
    ["with an at_hash of another access token", { at_hash: "77QmUPtjPfzWtF2AnpK9RQ" }],
    ["that expired more than 30 s ago", { exp: now() - 40, iat: now() - 300 }],
    ["that never expires", { exp: undefined }],
    ["issued more than 30 s in the future", { iat: now() + 60 }],
    ["without iat", { iat: undefined }],
    ["that is not valid yet", { nbf: now() + 60 }],
    ["without sub", { sub: undefined }],
    ["whose sub is a number", { sub: 42 }],
  ])("an ID token %s is refused", async (_, claims) => {
    op.claims = claims;
    expect(await thrownBy(exchange())).toMatchObject(invalid);
  });

  test("an ID token that another key with the same kid signed is refused", async () => {
    await op.signWithForeignKey();
    const detail = { step: "code exchange", check: "ID token" };
    expect(await thrownBy(exchange())).toMatchObject({ ...invalid, detail });
  });

  test("an ID token whose claims were changed after it was signed is refused", async () => {
    const [header, , signature] = (await op.idToken()).split(".");
    const [, claims] = unsignedJwt({ iss: op.issuer, sub: "admin", aud: "the-client", nonce: NONCE }).split(
      ".",
    );
    op.tokenResponse = { id_token: `${header}.${claims}.${signature}` };
    expect(await thrownBy(exchange())).toMatchObject(invalid);
  });

  test.each(["none", "None", "HS256"])(
    "an ID token with alg %s is refused, even if discovery lists it",
    async (alg) => {
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
    },
  );

  test("an ID token with an algorithm that discovery does not list is refused", async () => {
    op.metadata = { id_token_signing_alg_values_supported: ["RS256"] };
    expect(await thrownBy(exchange())).toMatchObject(invalid);
  });

  test.each(["", "opaque", "a.b.c", 42, null, undefined])(
    "an ID token that is %j is refused",
    async (id_token) => {
      op.tokenResponse = { id_token };
      expect(await thrownBy(exchange())).toMatchObject(invalid);
    },
  );
});

describe("an ID token that is accepted", () => {
  test.each([
    ["for several audiences with this client as azp", { aud: ["the-client", "b"], azp: "the-client" }],
    ["for this client in a list", { aud: ["the-client"] }],
    ["that expired less than 30 s ago", { exp: now() - 15, iat: now() - 300 }],
    ["issued less than 30 s in the future", { iat: now() + 20 }],
    ["with the access token's at_hash", { at_hash: "5lN-cdYxuh-tjbceVnV11g" }],
  ])("an ID token %s is accepted", async (_, claims) => {
    op.claims = claims;
    await expect(exchange()).resolves.toBeDefined();
  });

  test("after a key rotation, the keys are fetched again once, and the new ID token is accepted", async () => {
    await exchange();
    await op.rotateKeys("second");
    await exchange();
    await exchange();
    expect(op.asked.filter((path) => path === "/jwks")).toHaveLength(2);
  });

  test("for an ID token with an unknown kid, the keys are fetched again once, and the ID token is refused", async () => {
    await exchange();
    op.header = { kid: "made-up" };
    expect(await thrownBy(exchange())).toMatchObject(invalid);
    expect(op.asked.filter((path) => path === "/jwks")).toHaveLength(2);
  });

  test("an ID token without a kid is accepted if the provider has one key", async () => {
    op.header = { kid: undefined as unknown as string };
    await expect(exchange()).resolves.toBeDefined();
  });
});

describe("max_age (OpenID Connect Core 3.1.2.1)", () => {
  test.each([
    ["an auth_time of now is accepted", () => ({ auth_time: now() }), true],
    ["an auth_time 80 s ago is accepted (tolerance: 30 s)", () => ({ auth_time: now() - 80 }), true],
    ["an auth_time 120 s ago is refused", () => ({ auth_time: now() - 120 }), false],
    ["a missing auth_time is refused", () => ({}), false],
    ["an auth_time that is text is refused", () => ({ auth_time: String(now()) }), false],
    ["an auth_time that is null is refused", () => ({ auth_time: null }), false],
    [
      "an auth_time 20 s in the future is accepted (tolerance: 30 s)",
      () => ({ auth_time: now() + 20 }),
      true,
    ],
    ["an auth_time 60 s in the future is refused", () => ({ auth_time: now() + 60 }), false],
    ["an auth_time of now in milliseconds is refused", () => ({ auth_time: Date.now() }), false],
    ["an auth_time long ago in milliseconds is refused", () => ({ auth_time: 1_000_000_000_000 }), false],
  ])("with max_age=60, %s", async (_, claims, accepted) => {
    op.claims = claims();
    const exchanged = exchange({ maxAge: 60 });
    if (accepted) await expect(exchanged).resolves.toBeDefined();
    else expect(await thrownBy(exchanged)).toMatchObject(invalid);
  });

  test("with max_age=0, a login a minute ago is refused", async () => {
    op.claims = { auth_time: now() - 60 };
    expect(await thrownBy(exchange({ maxAge: 0 }))).toMatchObject(invalid);
  });

  test("without max_age, every auth_time is accepted", async () => {
    for (const auth_time of [1, Date.now()]) {
      op.claims = { auth_time };
      await expect(exchange({ maxAge: undefined })).resolves.toBeDefined();
    }
  });
});
