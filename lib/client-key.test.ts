import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type ClientKey, parseClientKey } from "./client-key.ts";

const rsa = (modulusLength: number) => generateKeyPairSync("rsa", { modulusLength }).privateKey;
const ec = (namedCurve: string) => generateKeyPairSync("ec", { namedCurve }).privateKey;
const ed25519 = () => generateKeyPairSync("ed25519").privateKey;

const pem = (key: KeyObject) => String(key.export({ type: "pkcs8", format: "pem" }));
const jwk = (key: KeyObject, more = {}) => JSON.stringify({ ...key.export({ format: "jwk" }), ...more });

const accepted = (value: string): ClientKey => {
  const key = parseClientKey(value);
  return "problem" in key ? expect.fail(key.problem) : key;
};
const problem = (value: string): string => {
  const key = parseClientKey(value);
  return "problem" in key ? key.problem : expect.fail("accepted");
};

describe("parseClientKey", () => {
  test.each([
    ["RSA", rsa(2048), ["RS256", "PS256"]],
    ["P-256", ec("P-256"), ["ES256"]],
    ["P-384", ec("P-384"), ["ES384"]],
    ["Ed25519", ed25519(), ["EdDSA", "Ed25519"]],
  ] as const)("a key of the type %s may be a PEM, a PEM in one line or a JWK", (_, key, algorithms) => {
    for (const value of [pem(key), pem(key).replaceAll("\n", "\\n"), jwk(key)]) {
      expect(accepted(value)).toMatchObject({ algorithms });
    }
  });

  test("a JWK can state its algorithm, its kid and the thumbprint of its certificate", () => {
    expect(accepted(jwk(rsa(2048), { alg: "PS256", kid: "key-1", "x5t#S256": "print" }))).toMatchObject({
      algorithms: ["PS256"],
      kid: "key-1",
      thumbprint: "print",
    });
  });

  test.each(["EdDSA", "Ed25519"])("an Ed25519 JWK may have the alg %s", (alg) => {
    expect(accepted(jwk(ed25519(), { alg }))).toMatchObject({ algorithms: [alg] });
  });

  test.each([
    ["plain text", "hello", /not a valid private key/],
    ["broken JSON", "{", /not a valid private key/],
    ["a public key", jwk(ed25519()).replace(/"d":"[^"]*",?/, ""), /not a valid private key/],
    ["a short RSA key", pem(rsa(1024)), /1024 bits, but needs 2048/],
    ["a JWK with the alg of another key type", jwk(ec("P-256"), { alg: "RS256" }), /"alg"/],
    ["an unusual curve", pem(ec("secp256k1")), /of an unsupported type/],
    ["a key that cannot sign", pem(generateKeyPairSync("x25519").privateKey), /of an unsupported type/],
  ])("parseClientKey refuses %s, and the message repeats no part of it", (_, value, words) => {
    expect(problem(value)).toMatch(words);
    expect(problem(value)).not.toContain(value.slice(28, 60) || value);
  });
});
