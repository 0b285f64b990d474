import { describe, expect, test } from "vitest";
import { thrownBy } from "@/dev/testing/fresh-process.ts";
import { LoginError } from "./errors.ts";
import { acceptTrailingSlash, assertComplete, assertSafeEndpoints, toDiscoveryError } from "./metadata.ts";

/** What openid-client throws for a document of another issuer. */
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
  ])("set as %s, stated as %s: the document is used as it is", (set, stated) => {
    expect(accept(mismatch(set, stated))).toEqual({ issuer: stated, token_endpoint: "t" });
  });

  test.each([
    ["https://a.example/x", "https://a.example/y"],
    ["https://a.example/x", "https://a.example/x//"],
    ["https://a.example/x", "https://b.example/x"],
    ["https://a.example/x", "http://a.example/x"],
    ["https://a.example/x", "https://a.example/X"],
  ])("set as %s, stated as %s: another issuer", (set, stated) => {
    const error = mismatch(set, stated);
    expect(() => accept(error)).toThrow(error);
  });

  test.each([new Error("fetch failed"), undefined])("another failure (%s) is thrown on", async (error) => {
    expect(await thrownBy(Promise.reject(error).catch(accept))).toBe(error);
  });
});

describe("a discovery document", () => {
  const whole = { authorization_endpoint: "a", token_endpoint: "t", jwks_uri: "j", issuer: "i" };

  test("with what a login needs is used as it is", () => {
    expect(() => assertComplete(whole)).not.toThrow();
  });

  test("with less is a configuration error that names what is missing", () => {
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

  test("must be https URLs; http is accepted on a loopback address if the settings use one", () => {
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

describe("a discovery that failed", () => {
  test("is reported as provider_unavailable if the provider cannot be reached", () => {
    const { reason, message, detail } = toDiscoveryError(new TypeError("fetch failed"), "https://a.example");
    expect([reason, detail.issuer]).toEqual(["provider_unavailable", "https://a.example"]);
    expect(message).not.toContain("OIDC_ISSUER");
  });

  test("is otherwise a configuration error that names the setting, whatever the answer was", () => {
    const error = new LoginError("invalid_response", "HTML", { status: 404 });
    expect(toDiscoveryError(error, "https://a.example")).toMatchObject({
      reason: "configuration",
      message: "HTML; check OIDC_ISSUER and its discovery document",
      detail: { status: 404, issuer: "https://a.example" },
    });
  });
});
