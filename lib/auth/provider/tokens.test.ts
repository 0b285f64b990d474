import fc from "fast-check";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { freshProcess } from "@/dev/testing/fresh-process.ts";
import { propertyTest } from "@/dev/testing/property-test.ts";
import { unsignedJwt } from "@/dev/testing/tokens.ts";
import { checkIdToken, decodeJwt } from "./tokens.ts";

/** The example of OpenID Connect Core, A.3 and A.4. */
const ACCESS_TOKEN = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
const AT_HASH = {
  sha256: "77QmUPtjPfzWtF2AnpK9RQ", // from the specification; the others were made with openssl
  sha384: "jtAeDp945y1dDqU3nkIVGNZP1HjH_MFs",
  sha512: "q7nS86GgvvFaZkzALLWqJYaJIKw2wCDAVfCAsm5CrBM",
} as const;

const NOW = 1_700_000_000;

/** Checks the claims of an ID token, after decodeJwt has removed all that are null. */
const check = (claims: object, alg = "RS256") =>
  checkIdToken(decodeJwt(unsignedJwt({ iat: NOW, ...claims }))?.claims ?? {}, {
    alg,
    accessToken: ACCESS_TOKEN,
  });

/** The error that checkIdToken throws if this claim is wrong. */
const refusal = (claim: string) =>
  expect.objectContaining({
    name: "LoginError",
    reason: "invalid_response",
    detail: { check: "ID token", claim },
  });

beforeEach(() => {
  freshProcess();
  vi.useFakeTimers({ now: NOW * 1000 });
  return () => vi.useRealTimers();
});

const encode = (text: string) => Buffer.from(text).toString("base64url");

describe("decodeJwt", () => {
  test("decodeJwt returns the header and the claims", () => {
    expect(decodeJwt(unsignedJwt({ sub: "alice", n: [1, null] }, { alg: "RS256", kid: "k" }))).toEqual({
      header: { alg: "RS256", kid: "k" },
      claims: { sub: "alice", n: [1, null] },
    });
  });

  test("decodeJwt reads the example of RFC 7519, 3.1", () => {
    const jwt = [
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9",
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
      "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    ].join(".");
    expect(decodeJwt(jwt)).toEqual({
      header: { typ: "JWT", alg: "HS256" },
      claims: { iss: "joe", exp: 1300819380, "http://example.com/is_root": true },
    });
  });

  test("decodeJwt also reads an unsecured JWT, whose signature is empty", () => {
    expect(decodeJwt(`${encode('{"alg":"none"}')}.${encode("{}")}.`)?.header.alg).toBe("none");
  });

  propertyTest("decodeJwt returns all claims unchanged, except those that are null", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (claims) => {
        const plain = JSON.parse(JSON.stringify(claims));
        for (const name of Object.keys(plain)) if (plain[name] === null) delete plain[name];
        expect(decodeJwt(unsignedJwt(claims))?.claims).toEqual(plain);
      }),
      { numRuns: 200 },
    );
  });

  test.each([
    ["an opaque token", "2YotnFZFEjr1zCsicMWpAA"],
    ["an empty text", ""],
    ["two dots", ".."],
    ["two parts", `${encode("{}")}.${encode("{}")}`],
    ["an encrypted JWT of five parts", unsignedJwt({}).concat(".x.y")],
    ["a claims part that is an array", `${encode("{}")}.${encode("[]")}.x`],
    ["a claims part that is null", `${encode("{}")}.${encode("null")}.x`],
    ["a claims part that is a string", `${encode("{}")}.${encode('"a"')}.x`],
    ["a header that is a number", `${encode("1")}.${encode("{}")}.x`],
    ["claims that are not JSON", `${encode("{}")}.${encode("{oops")}.x`],
  ])("decodeJwt returns null for %s", (_, token) => {
    expect(decodeJwt(token)).toBeNull();
  });

  propertyTest("decodeJwt does not throw, whatever the text is", () => {
    fc.assert(fc.property(fc.string(), (text) => void decodeJwt(text)));
    fc.assert(fc.property(fc.string(), fc.string(), (a, b) => void decodeJwt(`${encode(a)}.${encode(b)}.`)));
  });

  test("a claim named __proto__ does not change the prototype of an object", () => {
    const token = `${encode("{}")}.${encode('{"__proto__":{"admin":true}}')}.x`;
    const claims = decodeJwt(token)?.claims ?? {};
    expect(claims.admin).toBeUndefined();
    expect(({} as Record<string, unknown>).admin).toBeUndefined();
  });
});

describe("the ID token's at_hash [K4]", () => {
  test.each([
    ["RS256", AT_HASH.sha256],
    ["PS256", AT_HASH.sha256],
    ["ES256", AT_HASH.sha256],
    ["RS384", AT_HASH.sha384],
    ["ES384", AT_HASH.sha384],
    ["PS384", AT_HASH.sha384],
    ["RS512", AT_HASH.sha512],
    ["ES512", AT_HASH.sha512],
    ["PS512", AT_HASH.sha512],
    ["EdDSA", AT_HASH.sha512],
    ["Ed25519", AT_HASH.sha512],
  ])("with %s, at_hash must be the left half of the access token's hash", (alg, at_hash) => {
    expect(() => check({ at_hash }, alg)).not.toThrow();
    for (const other of Object.values(AT_HASH).filter((hash) => hash !== at_hash)) {
      expect(() => check({ at_hash: other }, alg)).toThrow(refusal("at_hash"));
    }
  });

  test("at_hash may be missing or null in the code flow", () => {
    for (const claims of [{}, { at_hash: null }]) expect(() => check(claims)).not.toThrow();
  });

  test.each([
    ["of another access token", "77QmUPtjPfzWtF2AnpK9RR"],
    ["that is the whole hash", "77QmUPtjPfzWtF2AnpK9RTeT2Qd0Zg3lAYbHbvhbu0g"],
    ["with padding", "77QmUPtjPfzWtF2AnpK9RQ=="],
    ["that is empty", ""],
    ["that is a number", 77],
    ["in an array", ["77QmUPtjPfzWtF2AnpK9RQ"]],
  ])("an at_hash %s is refused", (_, at_hash) => {
    expect(() => check({ at_hash })).toThrow(refusal("at_hash"));
  });
});

describe("the ID token's azp [K4]", () => {
  test("azp may be this client, missing or null", () => {
    for (const claims of [{ azp: "the-client" }, {}, { azp: null }])
      expect(() => check(claims)).not.toThrow();
  });

  test.each(["another-client", "", 0, false, 1, ["the-client"], "THE-CLIENT"])(
    "an azp of %j is refused",
    (azp) => {
      expect(() => check({ azp })).toThrow(refusal("azp"));
    },
  );
});

describe("the ID token's iat [K4]", () => {
  test("iat may be in the past, now, or up to 30 seconds in the future", () => {
    for (const iat of [NOW - 86_400, NOW, NOW + 30]) expect(() => check({ iat })).not.toThrow();
  });

  test.each([NOW + 31, NOW * 1000, "soon", String(NOW), null, undefined])(
    "an iat of %j is refused",
    (iat) => {
      expect(() => check({ iat })).toThrow(refusal("iat"));
    },
  );
});
