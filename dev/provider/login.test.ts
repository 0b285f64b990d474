import { decodeJwt, decodeProtectedHeader } from "jose";
import { describe, expect, it } from "vitest";
import { SITE } from "../../lib/site.ts";
import { startTestProvider, TestApp, TestBrowser } from "./test-browser.ts";

const provider = await startTestProvider();
const app = new TestApp(provider);

describe("a login at the embedded provider", () => {
  it("the provider issues an ID token with claims, and an access token for the API and userinfo", async () => {
    const tokens = await app.logIn("alice@example.com");
    expect(decodeJwt(tokens.id_token)).toMatchObject({
      iss: provider.issuer,
      aud: SITE.id,
      sub: "alice",
      name: "Alice Example",
      email: "alice@example.com",
      picture: `${provider.issuer}/people/alice.svg`,
    });
    expect(decodeProtectedHeader(tokens.access_token)).toMatchObject({ alg: "RS256" });
    expect(decodeJwt(tokens.access_token)).toMatchObject({
      aud: [`https://api.${SITE.id}.local`, `${provider.issuer}/me`],
      scope: "openid profile email offline_access",
      permissions: [],
    });
    expect(await app.userinfo(tokens.access_token)).toMatchObject({ status: 200, claims: { sub: "alice" } });
  });

  it("the provider grants the admin the permission to read the admin message", async () => {
    const tokens = await app.logIn("admin@example.com");
    expect(decodeJwt(tokens.access_token).permissions).toEqual(["read:admin-messages"]);
  });

  it("the provider puts the admin's role into the ID token and userinfo, and no role for Alice", async () => {
    const tokens = await app.logIn("admin@example.com");
    expect(decodeJwt(tokens.id_token).roles).toEqual(["admin"]);
    expect(await app.userinfo(tokens.access_token)).toMatchObject({ claims: { roles: ["admin"] } });
    expect(decodeJwt((await app.logIn("alice@example.com")).id_token)).not.toHaveProperty("roles");
  });

  it("the provider issues an opaque access token without an audience, and a JWT for a resource", async () => {
    const opaque = await app.logIn("alice", { parameters: { audience: "" } });
    expect(() => decodeJwt(opaque.access_token)).toThrow();
    expect(await app.userinfo(opaque.access_token)).toMatchObject({ status: 200 });
    const resource = `https://api.${SITE.id}.local`;
    const jwt = await app.logIn("alice", { parameters: { audience: "", resource } });
    expect(decodeJwt(jwt.access_token).aud).toContain(resource);
  });

  it("the provider rejects an unknown audience, and a request without PKCE", async () => {
    const browser = new TestBrowser();
    const audience = await browser.open(app.authorizationUrl({ audience: "https://elsewhere.example.com" }));
    expect(audience.url.searchParams.get("error")).toBe("invalid_target");
    const pkce = await browser.open(app.authorizationUrl({ code_challenge: "", code_challenge_method: "" }));
    expect(pkce.url.searchParams.get("error")).toBe("invalid_request");
  });

  it("the provider shows the login page only without a session, for prompt=login or for max_age=0", async () => {
    const browser = new TestBrowser();
    const silent = { prompt: "none" };
    expect((await browser.open(app.authorizationUrl(silent))).url.searchParams.get("error")).toBe(
      "login_required",
    );
    await app.logIn("alice", { browser });
    expect((await browser.open(app.authorizationUrl(silent))).url.searchParams.get("code")).toBeTruthy();
    for (const parameters of [{ prompt: "login" }, { max_age: "0" }]) {
      expect((await browser.open(app.authorizationUrl(parameters))).text).toContain("<h1>Log in</h1>");
    }
  });

  it("a login ends with access_denied if the person cancels", async () => {
    const browser = new TestBrowser();
    const page = await browser.open(app.authorizationUrl());
    const { url } = await browser.open(`${page.url}/cancel`, {});
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      error: "access_denied",
      iss: provider.issuer,
    });
  });

  it("a login of another person in the same browser replaces the session", async () => {
    const browser = new TestBrowser();
    await app.logIn("alice", { browser });
    await app.logIn("admin", { browser, parameters: { prompt: "login" } });
    expect(decodeJwt((await app.logIn("nobody", { browser })).id_token).sub).toBe("admin");
  });
});
