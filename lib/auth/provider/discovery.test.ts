import { describe, expect, test } from "vitest";
import { thrownBy } from "@/dev/testing/fresh-process.ts";
import { LoginError } from "./errors.ts";
import { acceptTrailingSlash, assertComplete, assertSafeEndpoints, toDiscoveryError } from "./metadata.ts";

/** The error that openid-client throws for a discovery document of another issuer. */
const mismatch = (expected: string, issuer: string) =>
  Object.assign(new Error("issuer mismatch"), {
    code: "OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED",
    cause: { expected, body: { issuer, token_endpoint: "t" }, attribute: "issuer" },
  });

const accept = (error: unknown) => acceptTrailingSlash<{ issuer: string }>(error);

describe("a trailing slash of the issuer [C2]", () => {
  test.each([
    ["https://a.example/x/", "https://a.example/x"],
    ["https://a.example/x", "https://a.example/x/"],
    ["https://a.example/x", "https://a.example/x"],
  ])("with OIDC_ISSUER %s, a document with the issuer %s is accepted", (set, stated) => {
    expect(accept(mismatch(set, stated))).toEqual({ issuer: stated, token_endpoint: "t" });
  });

  test.each([
    ["https://a.example/x", "https://a.example/y"],
    ["https://a.example/x", "https://a.example/x//"],
    ["https://a.example/x", "https://b.example/x"],
    ["https://a.example/x", "http://a.example/x"],
    ["https://a.example/x", "https://a.example/X"],
  ])("with OIDC_ISSUER %s, a document with the issuer %s is refused", (set, stated) => {
    const error = mismatch(set, stated);
    expect(() => accept(error)).toThrow(error);
  });

  test.each([new Error("fetch failed"), undefined])(
    "acceptTrailingSlash throws any other error again: %s",
    async (error) => {
      expect(await thrownBy(Promise.reject(error).catch(accept))).toBe(error);
    },
  );
});

describe("a discovery document", () => {
  const whole = { authorization_endpoint: "a", token_endpoint: "t", jwks_uri: "j", issuer: "i" };

  test("a discovery document with every endpoint that a login needs is accepted", () => {
    expect(() => assertComplete(whole)).not.toThrow();
  });

  test("a discovery document that lacks required endpoints is a configuration error that names the settings", () => {
    expect(() => assertComplete({ token_endpoint: "" })).toThrow(
      expect.objectContaining({
        reason: "configuration",
        message: expect.stringContaining("OIDC_AUTHORIZATION_ENDPOINT, OIDC_TOKEN_ENDPOINT, OIDC_JWKS_URI"),
        detail: { missing: ["authorization_endpoint", "token_endpoint", "jwks_uri"] },
      }),
    );
  });
});

describe("the endpoints of a discovery document", () => {
  const refused = (metadata: Record<string, unknown>, settingsAllowHttp: boolean) => {
    try {
      assertSafeEndpoints(metadata, { allowHttp: settingsAllowHttp });
      return [];
    } catch (error) {
      return Object.keys((error as LoginError).detail.refused as object);
    }
  };

  test("endpoints must use https, or http on a loopback address if the settings use that", () => {
    const metadata = {
      issuer: "http://not.an.endpoint.example",
      op_policy_uri: "http://not.an.endpoint.example",
      authorization_endpoint: "https://a.example/authorize",
      token_endpoint: "http://localhost:9090/token",
      jwks_uri: "http://[::1]/jwks",
      end_session_endpoint: "http://10.0.0.1/",
      revocation_endpoint: "http://localhost.example.com/",
      introspection_endpoint: "HTTPS://a.example",
      userinfo_endpoint: "",
      registration_endpoint: undefined,
    };
    const others = ["end_session_endpoint", "revocation_endpoint"];
    expect(refused(metadata, true)).toEqual(others);
    expect(refused(metadata, false)).toEqual(["token_endpoint", "jwks_uri", ...others]);
  });
});

describe("toDiscoveryError", () => {
  test("a provider that cannot be reached becomes provider_unavailable", () => {
    const { reason, message, detail } = toDiscoveryError(new TypeError("fetch failed"), "https://a.example");
    expect([reason, detail.issuer]).toEqual(["provider_unavailable", "https://a.example"]);
    expect(message).not.toContain("OIDC_ISSUER");
  });

  test("every other failure becomes a configuration error that names OIDC_ISSUER", () => {
    const error = new LoginError("invalid_response", "HTML", { status: 404 });
    expect(toDiscoveryError(error, "https://a.example")).toMatchObject({
      reason: "configuration",
      message: "HTML; check OIDC_ISSUER and its discovery document",
      detail: { status: 404, issuer: "https://a.example" },
    });
  });
});
