import { decodeJwt, decodeProtectedHeader } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { freePort } from "../testing/local-server.ts";
import { FAULTS } from "./faults.ts";
import { type EmbeddedProvider, startProvider } from "./provider.ts";
import { APP, TestApp, TestBrowser } from "./test-browser.ts";

let provider: EmbeddedProvider;
let app: TestApp;

beforeAll(async () => {
  provider = await startProvider({ port: await freePort(), appBaseUrl: APP, faultSwitches: true });
});

beforeEach(() => {
  app = new TestApp(provider);
  provider.breakNextLogin(null);
});

afterAll(() => provider.stop());

const switchOn = (browser: TestBrowser, form: Record<string, string>) =>
  browser.open(`${provider.issuer}/faults`, form);

const nonceOf = ({ id_token }: { id_token: string }) => decodeJwt(id_token).nonce;

describe("the fault switches", () => {
  it("/faults lists every fault, and the discovery document contains the URL of this list", async () => {
    const discovery = await fetch(`${provider.issuer}/.well-known/openid-configuration`);
    const { faults_endpoint } = await discovery.json();
    const list = await (await fetch(faults_endpoint)).json();
    expect(list).toContainEqual({ id: "wrong-nonce", title: "The ID token is for another login" });
    expect(list.map(({ id }: { id: string }) => id)).toEqual(Object.keys(FAULTS));
  });

  it("a fault breaks the next login of the same browser, and no other login", async () => {
    const [browser, other] = [new TestBrowser(), new TestBrowser()];
    const parameters = { nonce: "n" };
    expect((await switchOn(browser, { fault: "wrong-nonce" })).status).toBe(204);
    expect(nonceOf(await app.logIn("alice", { browser: other, parameters }))).toBe("n");
    expect(nonceOf(await app.logIn("alice", { browser, parameters }))).toBe("another");
    expect(nonceOf(await app.logIn("alice", { browser, parameters }))).toBe("n");
  });

  it("/faults redirects the browser to the app, and to no other site", async () => {
    const browser = new TestBrowser();
    const back = await switchOn(browser, { fault: "unsigned", return_to: `${APP}/auth/login?prompt=login` });
    expect(back.url.href).toBe(`${APP}/auth/login?prompt=login`);
    for (const return_to of ["https://evil.test/", `${APP}.evil.test/`, "//evil.test", "javascript:x"]) {
      expect((await switchOn(new TestBrowser(), { fault: "unsigned", return_to })).status).toBe(400);
    }
  });

  it("a fault can be switched off, and /faults rejects an unknown fault", async () => {
    const browser = new TestBrowser();
    await switchOn(browser, { fault: "unsigned" });
    await switchOn(browser, { fault: "" });
    expect(decodeProtectedHeader((await app.logIn("alice", { browser })).id_token).alg).toBe("RS256");
    for (const fault of ["unheard-of", "toString"]) {
      expect((await switchOn(browser, { fault })).status).toBe(400);
    }
  });

  it("another site cannot switch a fault on", async () => {
    const headers = { "sec-fetch-site": "cross-site" };
    const body = new URLSearchParams({ fault: "unsigned" });
    const answer = await fetch(`${provider.issuer}/faults`, { method: "POST", headers, body });
    expect([answer.status, answer.headers.getSetCookie()]).toEqual([403, []]);
  });

  it("the provider has no fault switches unless it was started with them", async () => {
    const usual = await startProvider({ port: await freePort(), appBaseUrl: APP });
    const discovery = await (await fetch(`${usual.issuer}/.well-known/openid-configuration`)).json();
    expect(discovery).not.toHaveProperty("faults_endpoint");
    const body = new URLSearchParams({ fault: "unsigned" });
    for (const request of [{}, { method: "POST", body }]) {
      expect((await fetch(`${usual.issuer}/faults`, request)).status).toBe(404);
    }
    const name = `hello-provider.${new URL(usual.issuer).port}.fault`;
    const cookie = { name, value: "unsigned", domain: "localhost", path: "/auth", expires: -1 };
    const kind = { httpOnly: true, secure: false, sameSite: "Lax" } as const;
    const browser = new TestBrowser([{ ...cookie, ...kind }]);
    const own = new TestApp(usual);
    const page = await browser.open(own.authorizationUrl());
    const tokens = await own.redeem((await browser.open(`${page.url}/login`, { email: "alice" })).url);
    expect(decodeProtectedHeader(tokens.id_token).alg).toBe("RS256");
    await usual.stop();
  });
});

describe("a broken login", () => {
  it("the provider rejects the app's PKCE verifier, because the code belongs to another login", async () => {
    provider.breakNextLogin("swapped-code");
    expect((await app.logIn("alice")).error).toBe("invalid_grant");
  });

  it("the provider issues an access token that userinfo accepts and the API rejects", async () => {
    provider.breakNextLogin("refused-access-token");
    const tokens = await app.logIn("alice");
    expect(decodeJwt(tokens.access_token).aud).toEqual(["https://another-api.test", `${provider.issuer}/me`]);
    expect((await app.userinfo(tokens.access_token)).status).toBe(200);
  });

  it("the provider refuses the login's refresh token, but accepts the refresh token of another login", async () => {
    provider.breakNextLogin("refresh-refused");
    const [broken, usual] = [await app.logIn("alice"), await app.logIn("alice")];
    expect((await app.refresh(broken.refresh_token)).error).toBe("invalid_grant");
    expect((await app.refresh(usual.refresh_token)).error).toBeUndefined();
  });
});
