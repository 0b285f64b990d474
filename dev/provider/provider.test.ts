import { decodeJwt, decodeProtectedHeader } from "jose";
import { describe, expect, it, vi } from "vitest";
import { freePort } from "../testing/local-server.ts";
import { createClient } from "./clients.ts";
import { startProvider } from "./provider.ts";
import { APP, startTestProvider, TestApp, TestBrowser } from "./test-browser.ts";

const provider = await startTestProvider();
const app = new TestApp(provider);

describe("the embedded provider", () => {
  it("the provider prints no notice of oidc-provider about missing configuration", async () => {
    const notices = (["info", "warn"] as const).map((method) => vi.spyOn(console, method));
    const quiet = await startProvider({ port: await freePort(), appBaseUrl: APP });
    const browser = new TestBrowser();
    const tokens = await new TestApp(quiet).logIn("alice", { browser });
    for (const path of ["/session/end", "/session/end/success", "/auth", "/auth?client_id=unknown"]) {
      await browser.open(`${quiet.issuer}${path}`);
    }
    await new TestApp(quiet).refresh(tokens.refresh_token);
    await quiet.stop();
    for (const notice of notices) expect(notice).not.toHaveBeenCalled();
  });

  it("the provider keeps sessions and grants when it is stopped and started again", async () => {
    const browser = new TestBrowser();
    const tokens = await app.logIn("alice", { browser });
    await provider.stop();
    await expect(fetch(provider.issuer)).rejects.toThrow();
    await provider.start();
    expect((await app.refresh(tokens.refresh_token)).error).toBeUndefined();
    expect((await browser.open(app.authorizationUrl())).url.origin).toBe(APP);
  });

  it("the provider signs ID tokens with a new key after rotateKeys()", async () => {
    const keys = async () =>
      (await (await fetch(`${provider.issuer}/jwks`)).json()).keys.map(({ kid }: { kid: string }) => kid);
    const before = await keys();
    await provider.rotateKeys();
    const after = await keys();
    expect(after.filter((kid: string) => before.includes(kid))).toEqual([]);
    expect(after).toContain(decodeProtectedHeader((await app.logIn("alice")).id_token).kid);
  });

  it("the provider accepts a client that is added while it runs, and keeps existing grants", async () => {
    const tokens = await app.logIn("alice");
    const url = `${provider.issuer}/auth?client_id=added&response_type=code&scope=openid&code_challenge=${"a".repeat(43)}&code_challenge_method=S256`;
    expect((await fetch(url, { redirect: "manual" })).status).toBe(400);
    provider.addClient(createClient("added", [APP]));
    provider.addClient(createClient("added", [APP])); // replaces the client of the line above
    const answer = await fetch(`${url}&redirect_uri=${APP}/auth/callback`, { redirect: "manual" });
    expect(answer.headers.get("location")).toMatch(/^\/interaction\//);
    expect((await app.refresh(tokens.refresh_token)).error).toBeUndefined();
  });

  it("the provider counts requests, lets a hook answer them, and can change the lifetime of access tokens", async () => {
    provider.resetCounts();
    provider.accessTokenTtl = 7;
    const tokens = await app.logIn("alice");
    await app.userinfo(tokens.access_token);
    expect(provider.counts).toMatchObject({
      authorization: 1,
      token: { authorization_code: 1 },
      userinfo: 1,
    });
    const { iat = 0, exp = 0 } = decodeJwt(tokens.access_token);
    expect(exp - iat).toBe(7);
    provider.intercept = (_request, response) => Boolean(response.writeHead(503).end());
    expect((await fetch(`${provider.issuer}/jwks`)).status).toBe(503);
    provider.intercept = undefined;
    provider.revokeAllRefreshTokens();
    expect((await app.refresh(tokens.refresh_token)).error).toBe("invalid_grant");
  });

  it("the provider does not start in production", async () => {
    vi.stubEnv("NODE_ENV", "production");
    await expect(startProvider({ port: await freePort(), appBaseUrl: APP })).rejects.toThrow(
      "NODE_ENV=production",
    );
  });
});
