import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ENVIRONMENT } from "@/dev/testing/fresh-process.ts";
import { propertyTest } from "@/dev/testing/property-test.ts";
import { readSettings, SETTING_NAMES } from "./settings.ts";

const A = "a".repeat(32);
const B = "b".repeat(40);

const withSecret = (secret: string) => readSettings({ ...ENVIRONMENT, SESSION_SECRET: secret });

/** The error message for an environment; empty if the environment is valid. */
function complaintAbout(environment: Record<string, string>): string {
  try {
    readSettings(environment);
    return "";
  } catch (error) {
    return String(error);
  }
}

/** Makes texts that begin with §, a character that no message of the app contains. */
const secretText = fc.stringMatching(/^§[A-Za-z0-9!$%&*+=~^]{6,60}$/);

describe("SESSION_SECRET", () => {
  test("SESSION_SECRET may be one secret of 32 characters", () => {
    expect(withSecret(A).sessionSecrets).toEqual([A]);
  });

  test("secrets are separated by commas, and spaces around them are removed", () => {
    expect(withSecret(`${A}, ${B}`).sessionSecrets).toEqual([A, B]);
  });

  test("a secret of 31 characters is too short", () => {
    expect(() => withSecret(A.slice(1))).toThrow(/SESSION_SECRET has 31 characters, but needs at least 32/);
  });

  test("spaces around a secret do not make it longer", () => {
    expect(() => withSecret(`${A},   ${" ".repeat(40)}x`)).toThrow(/a secret \(number 2\) of 1 characters/);
  });

  test("the message names the position of the secret that is too short", () => {
    expect(() => withSecret(`${A},short,${B}`)).toThrow(/a secret \(number 2\) of 5 characters/);
  });

  test("a comma at the end is refused, because the secret after it is empty", () => {
    expect(() => withSecret(`${A},`)).toThrow(/a secret \(number 2\) of 0 characters/);
  });
});

describe("secrets in error messages about settings", () => {
  propertyTest("a message does not contain SESSION_SECRET, OIDC_CLIENT_SECRET or the private key", () => {
    fc.assert(
      fc.property(secretText, secretText, secretText, (session, client, key) => {
        const complaint = complaintAbout({
          SESSION_SECRET: `${session.slice(0, 20)},${session.slice(0, 9)}`,
          OIDC_CLIENT_SECRET: client,
          OIDC_CLIENT_PRIVATE_KEY: key,
          OIDC_CLIENT_AUTH: "wrong",
        });
        expect(complaint).toContain("SESSION_SECRET");
        expect(complaint).not.toContain("§");
      }),
      { numRuns: 200 },
    );
  });

  propertyTest("a message does not contain a user name or password from a URL", () => {
    const url = fc.constantFrom(
      "https://u:X@host/",
      "https://X@host",
      "ftp://u:X@host",
      "//u:X@host",
      "https://u:X@",
    );
    const name = fc.constantFrom(...SETTING_NAMES.filter((one) => /_(ISSUER|ENDPOINT|UR[IL])$/.test(one)));
    fc.assert(
      fc.property(name, url, secretText, (setting, form, secret) => {
        const complaint = complaintAbout({ ...ENVIRONMENT, [setting]: form.replace("X", () => secret) });
        expect(complaint).toContain(setting);
        expect(complaint).not.toContain("§");
      }),
      { numRuns: 200 },
    );
  });

  test.each([
    "https:user:pa55word@idp.example.com",
    "https:/user:pa55word@idp.example.com",
    "https:\\\\user:pa55word@idp.example.com",
    "https://user:pa55word/@idp.example.com",
    "https://user:pa55word?@idp.example.com",
    "https://user:pa55word#@idp.example.com",
    "user:pa55word@idp.example.com",
  ])("a message does not contain the password from the malformed URL %s", (url) => {
    expect(complaintAbout({ ...ENVIRONMENT, OIDC_ISSUER: url })).toContain("OIDC_ISSUER is ");
    expect(complaintAbout({ ...ENVIRONMENT, OIDC_ISSUER: url })).not.toContain("pa55word");
  });

  test("a message shortens a long value", () => {
    const long = "x".repeat(5_000);
    for (const name of ["APP_BASE_URL", "OIDC_CLIENT_AUTH", "OIDC_SCOPE", "SESSION_MAX_AGE"]) {
      expect(complaintAbout({ ...ENVIRONMENT, [name]: long }).length).toBeLessThan(1_000);
    }
  });
});
