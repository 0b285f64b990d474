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

/** Text that occurs in no message of the app. */
const secretText = fc.stringMatching(/^§[A-Za-z0-9!$%&*+=~^]{6,60}$/);

describe("SESSION_SECRET", () => {
  test("one secret of 32 characters will do", () => {
    expect(withSecret(A).sessionSecrets).toEqual([A]);
  });

  test("several are separated by commas, blanks around them left out", () => {
    expect(withSecret(`${A}, ${B}`).sessionSecrets).toEqual([A, B]);
  });

  test("one of 31 characters is too short", () => {
    expect(() => withSecret(A.slice(1))).toThrow(/SESSION_SECRET has 31 characters, but needs at least 32/);
  });

  test("blanks do not make a secret longer", () => {
    expect(() => withSecret(`${A},   ${" ".repeat(40)}x`)).toThrow(/a secret \(number 2\) of 1 characters/);
  });

  test("the message says which of several is too short", () => {
    expect(() => withSecret(`${A},short,${B}`)).toThrow(/a secret \(number 2\) of 5 characters/);
  });

  test("an empty place in the list is too short: a comma at the end is a slip", () => {
    expect(() => withSecret(`${A},`)).toThrow(/a secret \(number 2\) of 0 characters/);
  });
});

describe("no secret's value stands in the complaint", () => {
  propertyTest("whatever SESSION_SECRET, OIDC_CLIENT_SECRET and the private key are", () => {
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

  propertyTest("a user name or password inside a URL neither", () => {
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
  ])("not even where the URL is written oddly: %s", (url) => {
    expect(complaintAbout({ ...ENVIRONMENT, OIDC_ISSUER: url })).toContain("OIDC_ISSUER is ");
    expect(complaintAbout({ ...ENVIRONMENT, OIDC_ISSUER: url })).not.toContain("pa55word");
  });

  test("what was found is cut to a length fit for a terminal", () => {
    const long = "x".repeat(5_000);
    for (const name of ["APP_BASE_URL", "OIDC_CLIENT_AUTH", "OIDC_SCOPE", "SESSION_MAX_AGE"]) {
      expect(complaintAbout({ ...ENVIRONMENT, [name]: long }).length).toBeLessThan(1_000);
    }
  });
});
