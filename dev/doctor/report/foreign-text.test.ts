import fc from "fast-check";
import { expect, test } from "vitest";
import { propertyTest } from "@/dev/testing/property-test.ts";
import { createHide, createTell, secretsOf } from "./foreign-text.ts";

const SECRET = 'a secret: 100% + "more"/than=this';
const tell = createTell([SECRET]);

test.each([
  ["unchanged", SECRET],
  ["in capitals", SECRET.toUpperCase()],
  ["percent-encoded", encodeURIComponent(SECRET)],
  ["encoded as in a form", new URLSearchParams({ x: SECRET }).toString().slice(2)],
  ["in JSON", JSON.stringify({ x: SECRET })],
  ["in Base64", Buffer.from(SECRET).toString("base64")],
  ["in Base64 for URLs", Buffer.from(SECRET).toString("base64url")],
  ["in Base64 within a longer text", Buffer.from(`me:${SECRET}.`).toString("base64")],
  [
    "with HTML escapes",
    SECRET.replace(/[<>&"']/g, (character) => `&#x${character.charCodeAt(0).toString(16)};`),
  ],
  ["in hexadecimal", Buffer.from(SECRET).toString("hex")],
  ["with line breaks in it", [...SECRET].join("\n")],
  ["with invisible characters in it", [...SECRET].join("\u200b")],
])("a secret is hidden if a provider repeats it %s", (_, text) => {
  const shown = tell(`You said ${text}, did you not?`);
  expect(shown).toMatch(/^You said .*\[hidden\].*, did you not\?$/);
  expect(shown).not.toMatch(/a secret|YSBzZWNyZXQ|61207365/i);
});

propertyTest("no part of a secret remains at the end of a text that is cut off", () => {
  fc.assert(
    fc.property(fc.nat(400), (length) => {
      const shown = tell("x".repeat(length) + SECRET);
      expect(shown).not.toContain("a secret");
    }),
  );
});

test("a provider's text is printed on one line, without control characters and tokens", () => {
  expect(tell("a\nb\u001b[31mc\u202ed\u0007 eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.c2ln")).toBe(
    "a b [31mcd [token]",
  );
  expect(tell("x".repeat(1_000))).toHaveLength(301);
});

test("the doctor hides the client secret, the session secrets, parts of the key and the store's password", () => {
  const secrets = secretsOf({
    OIDC_CLIENT_ID: "me",
    OIDC_CLIENT_SECRET: "mine",
    SESSION_SECRET: "first, second",
    OIDC_CLIENT_PRIVATE_KEY:
      "-----BEGIN PRIVATE KEY-----\\nMIGHAgEAMBMGByqGSM49AgEGCCqG\\n-----END PRIVATE KEY-----",
    SESSION_STORE_URL: "redis://me:pass%40word@localhost",
    OIDC_ISSUER: "https://idp.example.com",
  });
  expect(secrets).toEqual(
    expect.arrayContaining(["mine", "first", "second", "MIGHAgEAMBMGByqGSM49AgEGCCqG", "pass%40word"]),
  );
  expect(secrets.join()).not.toContain("idp.example.com");
});

test("nothing is hidden if no secret is set", () => {
  expect(createHide(secretsOf({}))("all of it")).toBe("all of it");
});
