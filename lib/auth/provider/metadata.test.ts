import { describe, expect, test } from "vitest";
import {
  freshProcess,
  shortenTimeouts,
  startScriptedProvider,
  thrownBy,
} from "@/dev/testing/fresh-process.ts";
import { unusedOrigin } from "@/dev/testing/local-server.ts";
import { NONCE } from "@/dev/testing/scripted-provider.ts";

const DISCOVERY = "/.well-known/openid-configuration";

const op = await startScriptedProvider();

/** Loads the provider's modules in a new process with these settings. */
async function load(settings: Record<string, string> = {}) {
  freshProcess({ OIDC_ISSUER: op.issuer, ...settings });
  return { ...(await import("./metadata.ts")), ...(await import("./requests.ts")) };
}
const discover = async (settings?: Record<string, string>) => (await load(settings)).getProviderMetadata();

describe("discovery [C2]", () => {
  test("getProviderMetadata returns the provider's discovery document", async () => {
    expect(await discover()).toMatchObject({ issuer: op.issuer, token_endpoint: `${op.issuer}/token` });
  });

  test("parallel callers share one discovery request", async () => {
    const { getProviderMetadata } = await load();
    await Promise.all([getProviderMetadata(), getProviderMetadata(), getProviderMetadata()]);
    await getProviderMetadata();
    expect(op.asked).toEqual([DISCOVERY]);
  });

  test("knownProviderMetadata returns only cached metadata, and sends no request", async () => {
    const { knownProviderMetadata, getProviderMetadata } = await load();
    expect(knownProviderMetadata()).toBeUndefined();
    await getProviderMetadata();
    expect(knownProviderMetadata()).toMatchObject({ issuer: op.issuer });
  });

  test.each([
    ["/oauth", "/oauth/"],
    ["/oauth/", "/oauth"],
    ["", "/"],
  ])(
    "a trailing slash in only one of the document's issuer and OIDC_ISSUER is accepted: %j, %j",
    async (stated, set) => {
      op.issuerPath = stated;
      const { getProviderMetadata, exchangeCode } = await load({
        OIDC_ISSUER: new URL(op.issuer).origin + set,
      });
      expect((await getProviderMetadata()).issuer).toBe(op.issuer);
      const checks = { state: "the-state", nonce: NONCE, codeVerifier: "v".repeat(43) };
      await expect(exchangeCode(op.callback(), checks)).resolves.toBeDefined();
      op.claims = { iss: `${op.issuer}x` };
      expect(await thrownBy(exchangeCode(op.callback(), checks))).toMatchObject({
        reason: "invalid_response",
      });
    },
  );

  test("an endpoint in the settings overrides the endpoint in the document [Q1]", async () => {
    const metadata = await discover({ OIDC_TOKEN_ENDPOINT: `${op.issuer}/other-token` });
    expect(metadata.token_endpoint).toBe(`${op.issuer}/other-token`);
    expect(metadata.authorization_endpoint).toBe(`${op.issuer}/authorize`);
  });

  test("an endpoint in the settings is used if the document lacks it", async () => {
    op.metadata = { jwks_uri: undefined };
    expect((await discover({ OIDC_JWKS_URI: `${op.issuer}/jwks` })).jwks_uri).toBe(`${op.issuer}/jwks`);
  });
});

describe("a discovery that fails", () => {
  test.each([
    ["500", { status: 500, text: "oops" }, "provider_unavailable"],
    ["429", { status: 429, text: "" }, "provider_unavailable"],
    ["a broken connection", "reset", "provider_unavailable"],
    ["a document that breaks off", "cut", "provider_unavailable"],
    ["404", { status: 404, text: "?" }, "configuration"],
    ["a redirect", { status: 301, headers: { location: "https://evil.example/" } }, "configuration"],
    ["HTML", { text: "<h1>Welcome</h1>" }, "configuration"],
    ["invalid JSON", { headers: { "content-type": "application/json" }, text: "{" }, "configuration"],
    ["a list", { json: [] }, "configuration"],
    ["JSON without an issuer", { json: { token_endpoint: "x" } }, "configuration"],
    ["JSON whose issuer is not a URL", { json: { issuer: "me" } }, "configuration"],
  ] as const)("discovery fails with the right reason if the answer is %s", async (_, answer, reason) => {
    op.answers[DISCOVERY] = () => answer;
    expect(await thrownBy(discover())).toMatchObject({
      name: "LoginError",
      reason,
      detail: { issuer: op.issuer },
    });
  });

  test.each(["https://evil.example", "/other", "//"])(
    "discovery fails if the document has another issuer (%s)",
    async (suffix) => {
      op.metadata = { issuer: suffix.startsWith("https") ? suffix : op.issuer + suffix };
      expect(await thrownBy(discover())).toMatchObject({ reason: "configuration" });
    },
  );

  test.each(["authorization_endpoint", "token_endpoint", "jwks_uri"])(
    "discovery fails if the document lacks %s, and the error names it",
    async (field) => {
      op.metadata = { [field]: undefined };
      expect(await thrownBy(discover())).toMatchObject({
        reason: "configuration",
        detail: { missing: [field] },
      });
    },
  );

  test("discovery fails with provider_unavailable if no server listens", async () => {
    expect(await thrownBy(discover({ OIDC_ISSUER: await unusedOrigin() }))).toMatchObject({
      reason: "provider_unavailable",
    });
  });

  test("discovery fails with provider_unavailable if no answer arrives within ten seconds", async () => {
    op.answers[DISCOVERY] = () => "hang";
    const timeouts = shortenTimeouts();
    expect(await thrownBy(discover())).toMatchObject({ reason: "provider_unavailable" });
    expect(timeouts).toHaveBeenCalledWith(10_000);
  });

  test("the next caller tries a failed discovery again", async () => {
    const { getProviderMetadata } = await load();
    op.answers[DISCOVERY] = () => ({ status: 503 });
    await thrownBy(getProviderMetadata());
    op.reset();
    expect(await getProviderMetadata()).toMatchObject({ issuer: op.issuer });
  });
});

describe("endpoints in the settings [Q1]", () => {
  const stated = () => ({
    OIDC_AUTHORIZATION_ENDPOINT: `${op.issuer}/authorize`,
    OIDC_TOKEN_ENDPOINT: `${op.issuer}/token`,
    OIDC_JWKS_URI: `${op.issuer}/jwks`,
  });

  test("with three endpoints in the settings, the app does not request the document", async () => {
    op.answers[DISCOVERY] = () => ({ status: 404 });
    op.metadata = {};
    const { exchangeCode, fetchUserinfo, endSessionUrl } = await load(stated());
    op.tokenResponse = { id_token: undefined };
    const checks = { state: "the-state", nonce: NONCE, codeVerifier: "v".repeat(43) };
    expect(await thrownBy(exchangeCode(op.callback(), checks))).toMatchObject({ reason: "invalid_response" });
    expect(await fetchUserinfo({ accessToken: "token" }, "alice")).toBeNull();
    expect(await endSessionUrl({})).toBeNull();
    expect(op.asked).toEqual(["/jwks", "/token"]);
  });

  test("with two of the three endpoints, the app requests the document for the third", async () => {
    const { OIDC_JWKS_URI: _, ...two } = stated();
    expect((await discover(two)).jwks_uri).toBe(`${op.issuer}/jwks`);
    expect(op.asked).toEqual([DISCOVERY]);
  });
});

describe("URLs at the provider", () => {
  test("authorizationUrl leads to the authorization endpoint, and asks for a code for this client [C3] [A2]", async () => {
    op.metadata = { authorization_endpoint: `${op.issuer}/authorize?tenant=a` };
    const { authorizationUrl } = await load();
    const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"; // the example of RFC 7636, appendix B
    const url = await authorizationUrl({ state: "s", scope: "openid" }, verifier);
    expect(url.origin + url.pathname).toBe(`${op.issuer}/authorize`);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      tenant: "a",
      client_id: "the-client",
      response_type: "code",
      state: "s",
      scope: "openid",
      code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
      code_challenge_method: "S256",
    });
  });

  test("endSessionUrl leads to the end-session endpoint, and names this client [C5]", async () => {
    op.metadata = { end_session_endpoint: `${op.issuer}/logout` };
    const url = await (await load()).endSessionUrl({ id_token_hint: "t", state: "s" });
    expect(Object.fromEntries(url?.searchParams ?? [])).toEqual({
      client_id: "the-client",
      id_token_hint: "t",
      state: "s",
    });
  });

  test("endSessionUrl returns null if the provider has no end_session_endpoint [A5]", async () => {
    expect(await (await load()).endSessionUrl({})).toBeNull();
  });
});
