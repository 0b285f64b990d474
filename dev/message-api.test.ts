import { generateKeyPair, SignJWT } from "jose";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type MessageApi, startMessageApi } from "./message-api.ts";
import { APP, freePort, TestApp } from "./provider/test-browser.ts";
import { type EmbeddedProvider, startProvider } from "./provider.ts";

const audience = "https://api.hello-oidc.local";

let provider: EmbeddedProvider;
let api: MessageApi;
let app: TestApp;

beforeAll(async () => {
  provider = await startProvider({ port: await freePort(), appBaseUrl: APP });
  api = await startMessageApi({ port: await freePort(), issuer: `${provider.issuer}/`, audience });
  app = new TestApp(provider);
});

afterEach(() => {
  provider.accessTokenTtl = 3600;
});

afterAll(async () => {
  await Promise.all([provider.stop(), api.stop()]);
});

async function read(name: string, token?: string) {
  const headers = token ? { authorization: `Bearer ${token}` } : undefined;
  const response = await fetch(`${api.url}/api/messages/${name}`, headers && { headers });
  return {
    status: response.status,
    body: await response.json(),
    challenge: response.headers.get("www-authenticate"),
  };
}

describe("the message API", () => {
  it("gives the public message to everybody", async () => {
    expect(await read("public")).toMatchObject({ status: 200, body: { text: "This is a public message." } });
  });

  it("gives the protected message to whoever has an access token, the admin message only with the permission", async () => {
    const { access_token: alices } = await app.logIn("alice@example.com");
    const { access_token: admins } = await app.logIn("admin@example.com");
    expect(await read("protected", alices)).toMatchObject({ body: { text: "This is a protected message." } });
    expect(await read("admin", alices)).toMatchObject({
      status: 403,
      body: { message: "Permission denied" },
      challenge: expect.stringContaining('error="insufficient_scope"'),
    });
    expect(await read("admin", admins)).toMatchObject({ body: { text: "This is an admin message." } });
  });

  it("takes the permission as a scope too", async () => {
    const parameters = { scope: "openid read:admin-messages" };
    const { access_token: admins } = await app.logIn("admin@example.com", { parameters });
    const { access_token: alices } = await app.logIn("alice@example.com", { parameters });
    expect((await read("admin", admins)).status).toBe(200);
    expect((await read("admin", alices)).status).toBe(403);
  });

  it("refuses a request without a token", async () => {
    expect(await read("protected")).toMatchObject({
      status: 401,
      body: { message: "Requires authentication" },
      challenge: 'Bearer realm="Hello OIDC message API"',
    });
  });

  it("refuses every token that is not an access token of this provider for this API", async () => {
    const { access_token: valid, id_token: idToken } = await app.logIn("alice@example.com");
    const { access_token: opaque } = await app.logIn("alice@example.com", { parameters: { audience: "" } });
    const { privateKey } = await generateKeyPair("RS256");
    const forged = await new SignJWT({ sub: "alice" })
      .setProtectedHeader({ alg: "RS256" })
      .setIssuer(provider.issuer)
      .setAudience(audience)
      .setExpirationTime("1h")
      .sign(privateKey);
    const [, payload] = valid.split(".");
    const unsigned = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${payload}.`;
    for (const token of [idToken, opaque, forged, unsigned, `${valid.slice(0, -8)}AAAAAAAA`, "garbage"]) {
      expect(await read("protected", token)).toMatchObject({
        status: 401,
        body: { message: "Bad credentials" },
        challenge: expect.stringContaining('error="invalid_token"'),
      });
    }
  });

  it("refuses an access token that has expired", async () => {
    provider.accessTokenTtl = 1;
    const { access_token: token } = await app.logIn("alice@example.com");
    await expect.poll(async () => (await read("protected", token)).status, { timeout: 3000 }).toBe(401);
  });

  it("takes tokens that are signed with new keys", async () => {
    await provider.rotateKeys();
    const { access_token: token } = await app.logIn("alice@example.com");
    await expect.poll(async () => (await read("protected", token)).status, { timeout: 3000 }).toBe(200);
  });

  it("says so while it cannot have the provider's keys, and recovers", async () => {
    const fresh = await startMessageApi({ port: await freePort(), issuer: provider.issuer, audience });
    const { access_token: token } = await app.logIn("alice@example.com");
    const status = async () =>
      (await fetch(`${fresh.url}/api/messages/protected`, { headers: { authorization: `Bearer ${token}` } }))
        .status;
    await provider.stop();
    expect(await status()).toBe(503);
    await provider.start();
    expect(await status()).toBe(200);
    await fresh.stop();
  });

  it("has nothing else, and only reads", async () => {
    expect(await read("secret")).toMatchObject({ status: 404, body: { message: "Not found" } });
    const url = `${api.url}/api/messages/public`;
    const post = await fetch(url, { method: "POST" });
    expect([post.status, post.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
    const head = await fetch(url, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
  });
});
