import { beforeEach, describe, expect, test } from "vitest";
import { freshProcess, startScriptedProvider, thrownBy } from "@/dev/testing/fresh-process.ts";

const op = await startScriptedProvider();
beforeEach(() => {
  op.metadata = { pushed_authorization_request_endpoint: `${op.issuer}/par` };
  op.answers["/par"] = () => ({ status: 201, json: { request_uri: "urn:example:1", expires_in: 60 } });
});

async function begin(settings: Record<string, string> = {}): Promise<URL> {
  freshProcess({ OIDC_ISSUER: op.issuer, ...settings });
  const { authorizationUrl } = await import("./requests.ts");
  const request = { scope: "openid", state: "the-state", prompt: "login" };
  return authorizationUrl(request, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
}

describe("a pushed authorization request (RFC 9126)", () => {
  test("with OIDC_PAR, the request is pushed, and the browser gets only its request_uri", async () => {
    const url = await begin({ OIDC_PAR: "true" });
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: "the-client",
      request_uri: "urn:example:1",
    });
    expect(Object.fromEntries(new URLSearchParams(op.requestTo("/par")?.body))).toMatchObject({
      client_id: "the-client",
      response_type: "code",
      scope: "openid",
      state: "the-state",
      prompt: "login",
      code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
      code_challenge_method: "S256",
    });
  });

  test("the request is pushed if the provider requires it", async () => {
    op.metadata = { ...op.metadata, require_pushed_authorization_requests: true };
    expect((await begin()).searchParams.get("request_uri")).toBe("urn:example:1");
  });

  test("the request is not pushed by default", async () => {
    expect((await begin()).searchParams.get("scope")).toBe("openid");
    expect(op.asked).not.toContain("/par");
  });

  test("a pushed request is authenticated with the client's secret", async () => {
    await begin({ OIDC_PAR: "true", OIDC_CLIENT_SECRET: "the-secret" });
    expect(new URLSearchParams(op.requestTo("/par")?.body).get("client_secret")).toBe("the-secret");
  });

  test("OIDC_PAR is a configuration error if the provider has no endpoint for pushed requests", async () => {
    op.metadata = {};
    expect(await thrownBy(begin({ OIDC_PAR: "true" }))).toMatchObject({ reason: "configuration" });
  });

  test.each([
    [{ status: 400, json: { error: "invalid_scope" } }, "provider_error"],
    [{ status: 503, text: "" }, "provider_unavailable"],
    [{ status: 201, json: { request_uri: "" } }, "invalid_response"],
  ])("if the provider answers a pushed request with %j, the login fails with %s", async (answer, reason) => {
    op.answers["/par"] = () => answer;
    expect(await thrownBy(begin({ OIDC_PAR: "true" }))).toMatchObject({ reason });
  });
});
