import { describe, expect, it } from "vitest";
import { SITE } from "../../lib/site.ts";
import { startTestProvider, TestApp, TestBrowser } from "./test-browser.ts";

const provider = await startTestProvider();
const app = new TestApp(provider);

describe("a refresh at the embedded provider", () => {
  it("a refresh replaces the refresh token, and a second use of the old token also revokes the new tokens", async () => {
    const first = await app.logIn("alice");
    const second = await app.refresh(first.refresh_token);
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect((await app.refresh(first.refresh_token)).error).toBe("invalid_grant");
    expect((await app.refresh(second.refresh_token)).error).toBe("invalid_grant");
    expect((await app.userinfo(second.access_token)).status).toBe(401);
  });

  it("a refresh works after a pushed authorization request", async () => {
    const { searchParams } = new URL(app.authorizationUrl());
    const pushed = await fetch(`${provider.issuer}/request`, { method: "POST", body: searchParams });
    const { request_uri } = await pushed.json();
    const url = `${provider.issuer}/auth?${new URLSearchParams({ client_id: SITE.id, request_uri })}`;
    const browser = new TestBrowser();
    const page = await browser.open(url);
    const tokens = await app.redeem((await browser.open(`${page.url}/login`, { email: "alice" })).url);
    expect((await app.refresh(tokens.refresh_token)).error).toBeUndefined();
  });

  it("at most one of ten simultaneous refreshes with the same refresh token succeeds", async () => {
    const { refresh_token: token } = await app.logIn("alice");
    const answers = await Promise.all(Array.from({ length: 10 }, () => app.refresh(token)));
    expect(answers.filter(({ error }) => !error).length).toBeLessThanOrEqual(1);
  });

  it("a refresh works for one login after the refresh token of the person's other login is revoked", async () => {
    const browser = new TestBrowser();
    const first = await app.logIn("alice", { browser });
    const second = await app.logIn("alice", { browser });
    const body = new URLSearchParams({ client_id: SITE.id, token: first.refresh_token });
    await fetch(`${provider.issuer}/token/revocation`, { method: "POST", body });
    expect((await app.refresh(first.refresh_token)).error).toBe("invalid_grant");
    expect((await app.refresh(second.refresh_token)).error).toBeUndefined();
  });
});
