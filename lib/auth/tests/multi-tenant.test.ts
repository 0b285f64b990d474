import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { freshProcess, startScriptedProvider, thrownBy } from "@/dev/testing/fresh-process.ts";
import { NONCE } from "@/dev/testing/scripted-provider.ts";

const ORIGIN = "https://login.microsoftonline.com";
const TENANT = "9188040d-6c67-4c5b-b112-36a304b66dad";

const op = await startScriptedProvider();
let lib: typeof import("../provider/index.ts");
afterEach(() => vi.unstubAllGlobals());

beforeEach(async () => {
  const { fetch } = globalThis;
  const own = op.issuer;
  vi.stubGlobal("fetch", (url: unknown, init: RequestInit) => fetch(String(url).replace(ORIGIN, own), init));
  op.issuerPath = "/organizations/v2.0";
  op.metadata = {
    issuer: `${ORIGIN}/{tenantid}/v2.0`,
    authorization_endpoint: `${ORIGIN}/organizations/oauth2/v2.0/authorize`,
    token_endpoint: `${ORIGIN}/token`,
    jwks_uri: `${ORIGIN}/jwks`,
    userinfo_endpoint: `${ORIGIN}/userinfo`,
  };
  op.claims = { iss: `${ORIGIN}/${TENANT}/v2.0`, tid: TENANT };
  freshProcess({ OIDC_ISSUER: `${ORIGIN}/organizations/v2.0` });
  lib = await import("../provider/index.ts");
});

const checks = { state: "the-state", nonce: NONCE, codeVerifier: "v".repeat(43) };
const exchange = () => lib.exchangeCode(op.callback(), checks);

describe("Entra ID for accounts of any tenant, with {tenantid} in the issuer of its document", () => {
  test("the app accepts the document, and uses its authorization endpoint", async () => {
    expect((await lib.getProviderMetadata()).issuer).toBe(`${ORIGIN}/{tenantid}/v2.0`);
    const url = await lib.authorizationUrl({ scope: "openid" }, "v".repeat(43));
    expect(url.pathname).toBe("/organizations/oauth2/v2.0/authorize");
  });

  test("the app accepts an ID token of every tenant", async () => {
    await expect(exchange()).resolves.toMatchObject({ idToken: expect.any(String) });
    op.claims = { iss: `${ORIGIN}/another-tenant/v2.0`, tid: "another-tenant" };
    await expect(exchange()).resolves.toMatchObject({ idToken: expect.any(String) });
  });

  test.each([
    ["whose tid is not the tenant of its issuer", { tid: "another-tenant" }],
    ["without tid", { tid: undefined }],
    ["whose issuer still contains {tenantid}", { iss: `${ORIGIN}/{tenantid}/v2.0` }],
    ["of another issuer", { iss: `https://evil.example/${TENANT}/v2.0` }],
    ["whose tid is a list", { tid: [TENANT], iss: `${ORIGIN}/${[TENANT, "x"]}/v2.0` }],
  ])("the app refuses an ID token %s", async (_, claims) => {
    op.claims = { ...op.claims, ...claims };
    expect(await thrownBy(exchange())).toMatchObject({ name: "LoginError", reason: "invalid_response" });
  });

  test("a refresh with an ID token of another tenant is refused", async () => {
    const previous = { iss: `${ORIGIN}/${TENANT}/v2.0`, sub: "alice" };
    op.claims = { ...op.claims, nonce: undefined };
    await expect(lib.refreshTokens("r", previous)).resolves.toMatchObject({ idToken: expect.any(String) });
    op.claims = { nonce: undefined, iss: `${ORIGIN}/another-tenant/v2.0`, tid: "another-tenant" };
    expect(await thrownBy(lib.refreshTokens("r", previous))).toMatchObject({ reason: "invalid_response" });
  });
});
