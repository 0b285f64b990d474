import { describe, expect, test } from "vitest";
import { securityHeaders } from "./security-headers.ts";

type Policy = Parameters<typeof securityHeaders>[0];

const headers = (changes: Partial<Policy> = {}) =>
  securityHeaders({
    nonce: "the-nonce",
    https: true,
    developmentTools: false,
    providerOrigins: ["https://idp.example.com"],
    ...changes,
  });

/** The directives of the Content-Security-Policy, by name. */
function policy(changes: Partial<Policy> = {}): Record<string, string[]> {
  const directives = headers(changes)["content-security-policy"].split("; ");
  return Object.fromEntries(
    directives.map((directive) => {
      const [name = "", ...sources] = directive.trim().split(/\s+/);
      return [name, sources];
    }),
  );
}

describe("security headers", () => {
  test("scripts run by the nonce alone", () => {
    expect(policy()["script-src"]).toEqual(["'self'", "'nonce-the-nonce'", "'strict-dynamic'"]);
  });

  test("Next's development tools may style themselves, but scripts keep to the nonce", () => {
    expect(policy({ developmentTools: true })["style-src"]).toContain("'unsafe-inline'");
    expect(policy({ developmentTools: true })["script-src"]).toEqual(policy()["script-src"]);
  });

  test("nothing is unsafe-inline or unsafe-eval", () => {
    expect(headers()["content-security-policy"]).not.toMatch(/unsafe-/);
  });

  test("no frame, no plug-in, no foreign base URL, nothing from elsewhere by default", () => {
    expect(policy()).toMatchObject({
      "frame-ancestors": ["'none'"],
      "object-src": ["'none'"],
      "base-uri": ["'none'"],
      "default-src": ["'self'"],
    });
  });

  test("forms may end at the app and at each origin of the provider, nowhere else", () => {
    expect(
      policy({ providerOrigins: ["https://idp.example.com", "https://logout.example.com"] })["form-action"],
    ).toEqual(["'self'", "https://idp.example.com", "https://logout.example.com"]);
    expect(policy({ providerOrigins: [] })["form-action"]).toEqual(["'self'"]);
  });

  test("pictures may come from any https origin and from a provider on this machine", () => {
    expect(policy({ providerOrigins: ["http://localhost:9090"] })["img-src"]).toEqual(
      expect.arrayContaining(["https:", "http://localhost:9090"]),
    );
  });

  test("the rest is there", () => {
    expect(headers()).toMatchObject({
      "x-content-type-options": "nosniff",
      "referrer-policy": expect.stringMatching(/^(same-origin|no-referrer|strict-origin.*)$/),
      "permissions-policy": expect.stringContaining("camera=()"),
    });
  });

  test("https only is demanded of the browser on https alone", () => {
    expect(headers({ https: true })["strict-transport-security"]).toMatch(/^max-age=\d{8,}/);
    expect(headers({ https: false })["strict-transport-security"]).toBeUndefined();
  });
});
