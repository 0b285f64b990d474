import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { SITE } from "../../lib/site.ts";
import { type EmbeddedProvider, startProvider } from "../provider/provider.ts";
import { APP, TestApp } from "../provider/test-browser.ts";
import { freePort, type LocalServer, startLocalServer } from "../testing/local-server.ts";
import { type MessageApi, startMessageApi } from "./message-api.ts";

const audience = `https://api.${SITE.id}.local`;

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
  it("the API returns the public message to everyone", async () => {
    expect(await read("public")).toMatchObject({ status: 200, body: { text: "This is a public message." } });
  });

  it("the API returns the protected message to every user, and the admin message only with the permission", async () => {
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

  it("the API also accepts the permission as a scope", async () => {
    const parameters = { scope: "openid read:admin-messages" };
    const { access_token: admins } = await app.logIn("admin@example.com", { parameters });
    const { access_token: alices } = await app.logIn("alice@example.com", { parameters });
    expect((await read("admin", admins)).status).toBe(200);
    expect((await read("admin", alices)).status).toBe(403);
  });

  it("the API rejects a request without a token", async () => {
    expect(await read("protected")).toMatchObject({
      status: 401,
      body: { message: "Requires authentication" },
      challenge: `Bearer realm="${SITE.name} message API"`,
    });
  });

  it("the API rejects every token that is not an access token of this provider for this API", async () => {
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

  it("the API rejects an expired access token", async () => {
    provider.accessTokenTtl = 1;
    const { access_token: token } = await app.logIn("alice@example.com");
    await expect.poll(async () => (await read("protected", token)).status, { timeout: 3000 }).toBe(401);
  });

  it("the API accepts tokens that are signed with new keys", async () => {
    await provider.rotateKeys();
    const { access_token: token } = await app.logIn("alice@example.com");
    await expect.poll(async () => (await read("protected", token)).status, { timeout: 3000 }).toBe(200);
  });

  it("if the API cannot fetch the provider's keys, it reports their URL once and later recovers", async () => {
    const said: string[] = [];
    const say = (line: string) => void said.push(line);
    const fresh = await startMessageApi({ port: await freePort(), issuer: provider.issuer, audience, say });
    const { access_token: token } = await app.logIn("alice@example.com");
    const status = async () =>
      (await fetch(`${fresh.url}/api/messages/protected`, { headers: { authorization: `Bearer ${token}` } }))
        .status;
    await provider.stop();
    for (let request = 0; request < 3; request += 1) expect(await status()).toBe(503);
    expect(said).toEqual([
      expect.stringContaining(`${provider.issuer}/.well-known/openid-configuration: ECONNREFUSED`),
    ]);
    await provider.start();
    expect(await status()).toBe(200);
    expect(said).toHaveLength(1);
    await fresh.stop();
  });

  it("the API reports the URL of the discovery document if the issuer is wrong", async () => {
    const said: string[] = [];
    const { access_token: token } = await app.logIn("alice@example.com");
    const headers = { authorization: `Bearer ${token}` };
    for (const issuer of [`${provider.issuer}/realms/a`, provider.issuer.replace("localhost", "127.0.0.1")]) {
      const port = await freePort();
      const lost = await startMessageApi({ port, issuer, audience, say: (line) => void said.push(line) });
      expect((await fetch(`${lost.url}/api/messages/protected`, { headers })).status).toBe(503);
      await lost.stop();
    }
    expect(said).toEqual([
      expect.stringContaining("/realms/a/.well-known/openid-configuration: it answers 404"),
      expect.stringContaining(`another issuer, "${provider.issuer}"`),
    ]);
  });

  it("the API answers 404 to other paths and 405 to other methods", async () => {
    expect(await read("secret")).toMatchObject({ status: 404, body: { message: "Not found" } });
    const url = `${api.url}/api/messages/public`;
    const post = await fetch(url, { method: "POST" });
    expect([post.status, post.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
    const head = await fetch(url, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
  });
});

describe("the message API, with another provider", () => {
  let keys: CryptoKeyPair;
  let issuer: LocalServer;
  let other: MessageApi;

  beforeAll(async () => {
    keys = await generateKeyPair("ES384");
    const jwk = { ...(await exportJWK(keys.publicKey)), kid: "k", alg: "ES384" };
    issuer = await startLocalServer(({ path }) =>
      path === "/jwks"
        ? { json: { keys: [jwk] } }
        : { json: { issuer: issuer.origin, jwks_uri: `${issuer.origin}/jwks` } },
    );
    other = await startMessageApi({ port: await freePort(), issuer: issuer.origin, audience: "the-api" });
  });
  afterAll(() => Promise.all([other.stop(), issuer.close()]));

  it.each([
    { permissions: ["read:admin-messages"] },
    { scope: "openid read:admin-messages" },
    { scp: ["openid", "read:admin-messages"] },
    { scp: "openid read:admin-messages" },
    { roles: ["read:admin-messages"] },
  ])(
    "the API accepts tokens that are signed with an elliptic curve and have the permission in %j",
    async (claims) => {
      const token = await new SignJWT({ sub: "alice", ...claims })
        .setProtectedHeader({ alg: "ES384", kid: "k" })
        .setIssuer(issuer.origin)
        .setAudience("the-api")
        .setExpirationTime("1 min")
        .sign(keys.privateKey);
      const headers = { authorization: `Bearer ${token}` };
      expect((await fetch(`${other.url}/api/messages/admin`, { headers })).status).toBe(200);
    },
  );

  // part: fapi
  it("the API rejects a DPoP-bound access token (RFC 9449) that is sent without a proof", async () => {
    const token = await new SignJWT({ sub: "alice", cnf: { jkt: "the-thumbprint" } })
      .setProtectedHeader({ alg: "ES384", kid: "k" })
      .setIssuer(issuer.origin)
      .setAudience("the-api")
      .setExpirationTime("1 min")
      .sign(keys.privateKey);
    for (const scheme of ["Bearer", "DPoP"]) {
      const headers = { authorization: `${scheme} ${token}` };
      expect((await fetch(`${other.url}/api/messages/protected`, { headers })).status, scheme).toBe(401);
    }
  });
  // end part: fapi
});

describe("a note at the message API", () => {
  async function note(token?: string, text?: string) {
    const response = await fetch(`${api.url}/api/note`, {
      ...(token && { headers: { authorization: `Bearer ${token}` } }),
      ...(text !== undefined && { method: "POST", body: new URLSearchParams({ text }) }),
    });
    return [response.status, await response.json()];
  }

  it("a note is kept for the person of the access token, and shown to no other person", async () => {
    const { access_token: alices } = await app.logIn("alice@example.com");
    const { access_token: admins } = await app.logIn("admin@example.com");
    expect(await note(alices)).toEqual([200, { text: "" }]);
    expect(await note(alices, "Tea & milk?")).toEqual([200, { text: "Tea & milk?" }]);
    expect(await note(admins)).toEqual([200, { text: "" }]);
    expect(await note((await app.logIn("alice@example.com")).access_token)).toEqual([
      200,
      { text: "Tea & milk?" },
    ]);
  });

  it("a note needs an access token, and a text of 1 to 200 characters", async () => {
    const { access_token: token } = await app.logIn("alice@example.com");
    for (const text of [undefined, "x"]) expect((await note(undefined, text))[0]).toBe(401);
    for (const text of ["", " ", "x".repeat(201), "x".repeat(100_000)])
      expect((await note(token, text))[0]).toBe(400);
    expect(await note(token, "x".repeat(200))).toEqual([200, { text: "x".repeat(200) }]);
    expect((await fetch(`${api.url}/api/note`, { method: "PUT" })).headers.get("allow")).toBe(
      "GET, HEAD, POST",
    );
  });
});
