import { beforeEach, describe, expect, test, vi } from "vitest";
import { unsignedJwt } from "@/dev/testing/tokens.ts";
import { checkIdToken } from "./id-token.ts";

/** The example of OpenID Connect Core, A.3 and A.4. */
const ACCESS_TOKEN = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
const AT_HASH = {
  sha256: "77QmUPtjPfzWtF2AnpK9RQ", // as in the specification; the others by openssl
  sha384: "jtAeDp945y1dDqU3nkIVGNZP1HjH_MFs",
  sha512: "q7nS86GgvvFaZkzALLWqJYaJIKw2wCDAVfCAsm5CrBM",
} as const;

const NOW = 1_700_000_000;
const context = { clientId: "the-client", accessToken: ACCESS_TOKEN };

const check = (claims: object, alg = "RS256") =>
  checkIdToken(unsignedJwt({ iat: NOW, ...claims }, { alg }), context);

/** What the check refuses with, for a claim. */
const refusal = (claim: string) =>
  expect.objectContaining({
    name: "LoginError",
    reason: "invalid_response",
    detail: { check: "ID token", claim },
  });

beforeEach(() => {
  vi.useFakeTimers({ now: NOW * 1000 });
  return () => vi.useRealTimers();
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
  ])("with %s is the left half of the hash that the algorithm uses", (alg, at_hash) => {
    expect(() => check({ at_hash }, alg)).not.toThrow();
    for (const other of Object.values(AT_HASH).filter((hash) => hash !== at_hash)) {
      expect(() => check({ at_hash: other }, alg)).toThrow(refusal("at_hash"));
    }
  });

  test("may be left out in the code flow, or be null", () => {
    for (const claims of [{}, { at_hash: null }]) expect(() => check(claims)).not.toThrow();
  });

  test.each([
    ["of another access token", "77QmUPtjPfzWtF2AnpK9RR"],
    ["that is the whole hash", "77QmUPtjPfzWtF2AnpK9RTeT2Qd0Zg3lAYbHbvhbu0g"],
    ["with padding", "77QmUPtjPfzWtF2AnpK9RQ=="],
    ["that is empty", ""],
    ["that is a number", 77],
    ["in an array", ["77QmUPtjPfzWtF2AnpK9RQ"]],
  ])("one %s is refused", (_, at_hash) => {
    expect(() => check({ at_hash })).toThrow(refusal("at_hash"));
  });
});

describe("the ID token's azp [K4]", () => {
  test("may be this client, left out, or null", () => {
    for (const claims of [{ azp: "the-client" }, {}, { azp: null }])
      expect(() => check(claims)).not.toThrow();
  });

  test.each(["another-client", "", 0, false, 1, ["the-client"], "THE-CLIENT"])("%j is refused", (azp) => {
    expect(() => check({ azp })).toThrow(refusal("azp"));
  });
});

describe("the ID token's iat [K4]", () => {
  test("may lie in the past, now, or up to 30 s ahead", () => {
    for (const iat of [NOW - 86_400, NOW, NOW + 30]) expect(() => check({ iat })).not.toThrow();
  });

  test.each([NOW + 31, NOW * 1000, "soon", String(NOW), null, undefined])("%j is refused", (iat) => {
    expect(() => check({ iat })).toThrow(refusal("iat"));
  });
});

test("what is no JWT is refused", () => {
  expect(() => checkIdToken("opaque", context)).toThrow(refusal("form"));
});
