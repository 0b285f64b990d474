import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { propertyTest } from "@/dev/testing/property-test.ts";
import { unsignedJwt } from "@/dev/testing/tokens.ts";
import { decodeJwt } from "./jwt.ts";

const encode = (text: string) => Buffer.from(text).toString("base64url");

describe("reading a JWT", () => {
  test("gives its header and its claims", () => {
    expect(decodeJwt(unsignedJwt({ sub: "alice", n: [1, null] }, { alg: "RS256", kid: "k" }))).toEqual({
      header: { alg: "RS256", kid: "k" },
      claims: { sub: "alice", n: [1, null] },
    });
  });

  test("reads the example of RFC 7519, 3.1", () => {
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

  test("an unsecured JWT has an empty signature and is read, too", () => {
    expect(decodeJwt(`${encode('{"alg":"none"}')}.${encode("{}")}.`)?.header.alg).toBe("none");
  });

  propertyTest("claims in any script come out whole, but for those that are null", () => {
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
    ["nothing", ""],
    ["dots alone", ".."],
    ["two parts", `${encode("{}")}.${encode("{}")}`],
    ["an encrypted JWT of five parts", unsignedJwt({}).concat(".x.y")],
    ["a claims part that is an array", `${encode("{}")}.${encode("[]")}.x`],
    ["a claims part that is null", `${encode("{}")}.${encode("null")}.x`],
    ["a claims part that is a string", `${encode("{}")}.${encode('"a"')}.x`],
    ["a header that is a number", `${encode("1")}.${encode("{}")}.x`],
    ["claims that are no JSON", `${encode("{}")}.${encode("{oops")}.x`],
  ])("%s is no JWT", (_, token) => {
    expect(decodeJwt(token)).toBeNull();
  });

  propertyTest("no text makes it throw", () => {
    fc.assert(fc.property(fc.string(), (text) => void decodeJwt(text)));
    fc.assert(fc.property(fc.string(), fc.string(), (a, b) => void decodeJwt(`${encode(a)}.${encode(b)}.`)));
  });

  test("a claim named __proto__ is a claim like any other", () => {
    const token = `${encode("{}")}.${encode('{"__proto__":{"admin":true}}')}.x`;
    const claims = decodeJwt(token)?.claims ?? {};
    expect(claims.admin).toBeUndefined();
    expect(({} as Record<string, unknown>).admin).toBeUndefined();
  });
});
