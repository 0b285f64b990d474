import { describe, expect, test } from "vitest";
import { newNonce, securityHeaders } from "./security-headers.ts";

type Policy = Parameters<typeof securityHeaders>[0];

const headers = (changes: Partial<Policy> = {}) =>
  securityHeaders({
    nonce: "the-nonce",
    https: true,
    developmentTools: false,
    providerOrigins: ["https://idp.example.com"],
    sources: {}, // instead of the app owner's SOURCES
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
  test("a script needs the nonce to run", () => {
    expect(policy()["script-src"]).toEqual(["'self'", "'nonce-the-nonce'", "'strict-dynamic'"]);
  });

  test("development has the policy of production, and also allows the style elements of Next.js's overlay", () => {
    const sources = {
      "style-src": ["https://fonts.example.com"],
      "connect-src": ["https://api.example.com"],
    };
    for (const changes of [{}, { sources }]) {
      const production = policy(changes);
      const development = policy({ ...changes, developmentTools: true });
      expect(development).toEqual({
        ...production,
        "style-src": [...(production["style-src"] ?? []), "'unsafe-inline'"],
      });
    }
  });

  test("unsafe-inline is allowed for style attributes only, and unsafe-eval is not allowed", () => {
    const { "style-src-attr": attributes, ...others } = policy();
    expect(attributes).toEqual(["'unsafe-inline'"]);
    expect(JSON.stringify(others)).not.toMatch(/unsafe-/);
  });

  test("a source in the settings is added to its directive, and the other directives stay unchanged", () => {
    const sources = {
      "connect-src": ["https://api.example.com", "wss://api.example.com"],
      "font-src": ["https://fonts.example.com"],
      "img-src": ["blob:"],
      "script-src": ["'wasm-unsafe-eval'"],
    };
    const {
      "connect-src": connect,
      "font-src": font,
      "img-src": img,
      "script-src": script,
      ...rest
    } = policy({ sources });
    const { "img-src": ownImg, "script-src": ownScript, ...ownRest } = policy();
    expect(connect).toEqual(["'self'", "https://api.example.com", "wss://api.example.com"]);
    expect(font).toEqual(["'self'", "https://fonts.example.com"]);
    expect(img).toEqual([...(ownImg ?? []), "blob:"]);
    expect(script).toEqual([...(ownScript ?? []), "'wasm-unsafe-eval'"]);
    expect(rest).toEqual(ownRest);
  });

  test("frames, plug-ins, base URLs and, by default, other origins are not allowed", () => {
    expect(policy()).toMatchObject({
      "frame-ancestors": ["'none'"],
      "object-src": ["'none'"],
      "base-uri": ["'none'"],
      "default-src": ["'self'"],
    });
  });

  test("a form may lead to the app and to each origin of the provider only", () => {
    expect(
      policy({ providerOrigins: ["https://idp.example.com", "https://logout.example.com"] })["form-action"],
    ).toEqual(["'self'", "https://idp.example.com", "https://logout.example.com"]);
    expect(policy({ providerOrigins: [] })["form-action"]).toEqual(["'self'"]);
  });

  test("pictures may come from every https origin and from a provider on this computer", () => {
    expect(policy({ providerOrigins: ["http://localhost:9090"] })["img-src"]).toEqual(
      expect.arrayContaining(["https:", "http://localhost:9090"]),
    );
  });

  test("responses have X-Content-Type-Options, Referrer-Policy and Permissions-Policy", () => {
    expect(headers()).toMatchObject({
      "x-content-type-options": "nosniff",
      "referrer-policy": expect.stringMatching(/^(same-origin|no-referrer|strict-origin.*)$/),
      "permissions-policy": expect.stringContaining("camera=()"),
    });
  });

  test("Strict-Transport-Security is sent over https only", () => {
    expect(headers({ https: true })["strict-transport-security"]).toMatch(/^max-age=\d{8,}/);
    expect(headers({ https: false })["strict-transport-security"]).toBeUndefined();
  });
});

test("each nonce has 128 bits and is unique", () => {
  const nonces = Array.from({ length: 1_000 }, newNonce);
  expect(new Set(nonces).size).toBe(1_000);
  for (const nonce of nonces) expect(Buffer.from(nonce, "base64")).toHaveLength(16);
});

test("two nonces have no half in common", () => {
  const halves = Array.from({ length: 1_000 }, newNonce).flatMap((nonce) => {
    const bytes = Buffer.from(nonce, "base64");
    return [bytes.toString("hex", 0, 8), bytes.toString("hex", 8)];
  });
  expect(new Set(halves).size).toBe(2_000);
});
