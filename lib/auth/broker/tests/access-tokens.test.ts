import { createHmac, randomUUID } from "node:crypto";
import { exportJWK, exportSPKI, generateKeyPair, importJWK, type JWK, SignJWT } from "jose";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { AUDIENCE, BrokerInProcess, type Tokens } from "@/dev/testing/broker-in-process.ts";
import { FakeCookieJar } from "@/dev/testing/cookie-jar.ts";
import { startScriptedProvider } from "@/dev/testing/fresh-process.ts";
import { startSession } from "@/dev/testing/kept-sessions.ts";
import { MemoryStore, unavailable } from "@/dev/testing/memory-store.ts";
import { tokenSet, unsignedJwt } from "@/dev/testing/tokens.ts";
import { nowInSeconds } from "@/lib/clock.ts";

const cookies = vi.hoisted(() => new Map<string, string>());
vi.mock("next/headers", async () => (await import("@/dev/testing/next-headers.ts")).nextHeaders(cookies));

const op = await startScriptedProvider();
let store: MemoryStore;
let app: BrokerInProcess;
let tokens: Tokens;

beforeEach(async () => {
  cookies.clear();
  store = new MemoryStore();
  app = await BrokerInProcess.start(op, store);
  tokens = await app.logIn();
  cookies.clear();
});
afterEach(() => vi.useRealTimers());

const later = (seconds: number) => vi.useFakeTimers({ now: Date.now() + seconds * 1000, toFake: ["Date"] });

const CLAIMS = () => ({
  iss: "https://app.example.com",
  sub: "alice",
  aud: AUDIENCE,
  iat: nowInSeconds(),
  exp: nowInSeconds() + 600,
  jti: "j",
  scope: "openid",
  roles: ["admin"],
});

/** The private key from the store. The tests use it to sign tokens with one wrong claim. */
async function storedKey(): Promise<JWK & { kid: string }> {
  const { readRecords } = await app.run(() => import("@/lib/auth/stored/records.ts"));
  const [keys] = await app.run(() => readRecords(store.keys("keys")));
  const [{ kid, privateJwk }] = keys as [{ kid: string; privateJwk: JWK }];
  return { ...privateJwk, kid };
}

async function signed(claims: object = {}, header: object = {}, key?: JWK): Promise<string> {
  const stored = await storedKey();
  const used = (await importJWK(key ?? stored, "RS256")) as CryptoKey;
  return new SignJWT(JSON.parse(JSON.stringify({ ...CLAIMS(), ...claims })))
    .setProtectedHeader({ alg: "RS256", typ: "at+jwt", kid: stored.kid, ...header })
    .sign(used);
}

const REFUSED = [401, "invalid_token"];

describe("an access token of the broker", () => {
  test("the API accepts an access token whose issuer is this app's URL", async () => {
    expect(await app.whoCalls(tokens.access_token)).toEqual([200, "alice"]);
    expect(await app.whoCalls(await signed())).toEqual([200, "alice"]);
  });

  test("once the keys are loaded, the app checks access tokens without a request and without the store", async () => {
    await app.whoCalls(tokens.access_token);
    const [asked, operations] = [op.asked.length, store.operations.length];
    for (let count = 0; count < 5; count += 1) await app.whoCalls(tokens.access_token);
    expect([op.asked.length, store.operations.length]).toEqual([asked, operations]);
  });

  test.each([
    ["is unavailable", unavailable],
    ["does not answer", () => new Promise<void>(() => undefined)],
  ])("the API accepts an access token while the store %s", async (_, before) => {
    store.before = before;
    later(3_000);
    expect(await app.whoCalls(tokens.access_token)).toEqual([200, "alice"]);
  });

  test("an access token expires after an hour", async () => {
    later(3_600 + 31);
    expect(await app.whoCalls(tokens.access_token)).toEqual(REFUSED);
  });

  test.each<[string, object]>([
    ["is for another audience", { aud: "https://other.example.com/api" }],
    ["has no audience", { aud: undefined }],
    ["names another issuer", { iss: "https://other.example.com" }],
    ["names the app's URL with a trailing slash as issuer", { iss: "https://app.example.com/" }],
    ["has no issuer", { iss: undefined }],
    ["has expired", { exp: nowInSeconds() - 31 }],
    ["never expires", { exp: undefined }],
    ["is not valid yet", { nbf: nowInSeconds() + 300 }],
    ["was issued in the future", { iat: nowInSeconds() + 300 }],
    ["has no subject", { sub: undefined }],
    ["has an empty subject", { sub: "" }],
  ])("an access token that %s is refused, even if this app signed it", async (_, claims) => {
    expect(await app.whoCalls(await signed(claims))).toEqual(REFUSED);
  });

  test.each(["JWT", "logout+jwt", undefined])("an access token with the typ %s is refused", async (typ) => {
    expect(await app.whoCalls(await signed({}, { typ }))).toEqual(REFUSED);
  });

  test("an access token with alg none is refused", async () => {
    const { kid } = await storedKey();
    const [header, claims] = unsignedJwt(CLAIMS(), { alg: "none", typ: "at+jwt", kid }).split(".");
    expect(await app.whoCalls(`${header}.${claims}.`)).toEqual(REFUSED);
    expect(await app.whoCalls(`${header}.${claims}.c2lnbmF0dXJl`)).toEqual(REFUSED);
  });

  test("an access token signed by HS256 with the public key as the secret is refused", async () => {
    const { kid, n, e } = await storedKey();
    const publicKey = (await importJWK({ kty: "RSA", n, e } as JWK, "RS256", {
      extractable: true,
    })) as CryptoKey;
    for (const secret of [await exportSPKI(publicKey), JSON.stringify({ kty: "RSA", n, e }), String(n)]) {
      const parts = [{ alg: "HS256", typ: "at+jwt", kid }, CLAIMS()].map((part) =>
        Buffer.from(JSON.stringify(part)).toString("base64url"),
      );
      const signature = createHmac("sha256", secret).update(parts.join(".")).digest("base64url");
      expect(await app.whoCalls(`${parts.join(".")}.${signature}`)).toEqual(REFUSED);
    }
  });

  test("an access token signed with an attacker's key is refused, whatever kid, jwk or jku it names", async () => {
    const { privateKey, publicKey } = await generateKeyPair("RS256", { extractable: true });
    const [key, jwk] = [await exportJWK(privateKey), await exportJWK(publicKey)];
    const headers = [{}, { kid: "elsewhere" }, { kid: undefined }, { jwk }, { jku: `${op.issuer}/jwks` }];
    const asked = op.asked.length;
    for (const header of headers) {
      const token = await signed({}, JSON.parse(JSON.stringify(header)), key);
      expect(await app.whoCalls(token)).toEqual(REFUSED);
    }
    expect(op.asked.length).toBe(asked);
  });

  test("access tokens with unknown kids do not make the app read the store each time", async () => {
    const { privateKey } = await generateKeyPair("RS256", { extractable: true });
    const key = await exportJWK(privateKey);
    later(60);
    await app.whoCalls(await signed({}, { kid: randomUUID() }, key));
    const before = store.operations.length;
    for (let count = 0; count < 20; count += 1) {
      await app.whoCalls(await signed({}, { kid: randomUUID() }, key));
    }
    // 20 of these reads are the test's own, because `signed` reads the key for each token.
    expect(store.operations.length - before).toBeLessThanOrEqual(21);
  });

  test("an access token with changed claims or a changed signature is refused", async () => {
    const [header, claims, signature] = tokens.access_token.split(".");
    const admin = Buffer.from(JSON.stringify({ ...CLAIMS(), sub: "admin" })).toString("base64url");
    expect(await app.whoCalls(`${header}.${admin}.${signature}`)).toEqual(REFUSED);
    expect(await app.whoCalls(`${header}.${claims}.${signature?.slice(0, -6)}AAAAAA`)).toEqual(REFUSED);
    expect(await app.whoCalls(`${header}.${claims}.`)).toEqual(REFUSED);
  });

  test.each(["x", "a.b.c", "eyJhbGciOiJSUzI1NiJ9..", ".", "..", "e30.e30.e30", "a".repeat(9_000)])(
    "the text %s is refused as an access token",
    async (text) => expect(await app.whoCalls(text)).toEqual(REFUSED),
  );

  test("the provider's tokens and the broker's refresh tokens are refused as access tokens", async () => {
    const idToken = await op.idToken();
    const forApi = await op.sign({ ...CLAIMS(), iss: op.issuer }, { typ: "at+jwt" });
    for (const token of [idToken, forApi, tokens.refresh_token]) {
      expect(await app.whoCalls(token)).toEqual(REFUSED);
    }
  });
});

describe("requireToken [P8]", () => {
  const route = (rule: object, init: RequestInit = {}) => {
    const handler = app.broker.requireToken(rule, (_request, caller) => Response.json(caller));
    return app.run(() => handler(new Request("http://0.0.0.0:3000/api/x", init), {}));
  };
  const bearer = (token = tokens.access_token) => ({ headers: { authorization: `Bearer ${token}` } });

  test("requireToken passes the caller and the verified claims to the handler", async () => {
    expect(await (await route({}, bearer())).json()).toMatchObject({
      sub: "alice",
      iss: "https://app.example.com",
      scopes: ["openid", "profile"],
      roles: [],
      preferred_username: null,
      email: "alice@example.com",
      token: { aud: AUDIENCE, sub: "alice" },
    });
  });

  test("requireToken answers 401 to a request without a token, and the challenge has no error (RFC 6750, 3.1)", async () => {
    const response = await route({});
    expect([response.status, response.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
    expect(await response.json()).toMatchObject({ error: "invalid_token", detail: expect.any(String) });
  });

  test("requireToken answers 401 to a bad token, and the challenge has the error invalid_token", async () => {
    const response = await route({}, bearer("bad"));
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toMatch(/^Bearer error="invalid_token"/);
  });

  test("requireToken accepts the Bearer scheme in lower case as well", async () => {
    const headers = { authorization: `bearer ${tokens.access_token}` };
    expect((await route({}, { headers })).status).toBe(200);
  });

  test.each([`Basic ${"x".repeat(9)}`, "Bearer", "Bearer a b", "Token x"])(
    "requireToken answers 401 to other credentials: %s",
    async (authorization) => expect((await route({}, { headers: { authorization } })).status).toBe(401),
  );

  test("requireToken answers 403 to a token that lacks scopes, and names them", async () => {
    const response = await route({ scopes: ["openid", "notes:read", "notes:write"] }, bearer());
    expect(response.status).toBe(403);
    const challenge = response.headers.get("www-authenticate");
    expect(challenge).toContain('error="insufficient_scope"');
    expect(challenge).toContain('scope="notes:read notes:write"');
    expect(await response.json()).toMatchObject({
      error: "insufficient_scope",
      error_description: "This needs scope notes:read notes:write.",
    });
  });

  test("requireToken answers 403 to a token that lacks a role, and names it", async () => {
    const response = await route({ roles: ["admin"] }, bearer());
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({
      error: "insufficient_scope",
      detail: "This needs role admin.",
    });
    expect((await route({ roles: ["admin"] }, bearer(await signed()))).status).toBe(200);
  });

  test("requireToken reads the roles claim of the broker's token, even if OIDC_ROLES_CLAIM names another claim", async () => {
    const settings = await app.run(() => import("@/lib/settings.ts"));
    Object.assign(app.run(() => settings.getSettings()).oidc, { rolesClaim: "realm_access.roles" });
    expect((await route({ roles: ["admin"] }, bearer(await signed()))).status).toBe(200);
  });

  describe("requireToken in a browser with a session", () => {
    beforeEach(async () => {
      const jar = new FakeCookieJar();
      const idToken = unsignedJwt({ iss: op.issuer, sub: "bob", groups: ["staff"] });
      await app.run(async () => {
        const { createSession } = await import("@/lib/auth/session.ts");
        await startSession(
          jar,
          createSession(tokenSet({ idToken }), { sub: "bob", email: "bob@example.com", groups: ["admin"] }),
        );
      });
      for (const [name, value] of jar.cookies) cookies.set(name, value);
    });

    test("a user with a session needs no token, and has the roles and scopes of the session", async () => {
      const response = await route({ roles: ["staff"], scopes: ["profile"] });
      expect(await response.json()).toMatchObject({ sub: "bob", email: "bob@example.com", token: null });
    });

    test("a role that only the userinfo of the login still states does not count", async () => {
      expect((await route({ roles: ["admin"] })).status).toBe(403);
    });

    test("the token of a request decides who calls, even if the token is bad and there is a session", async () => {
      expect(await (await route({}, bearer())).json()).toMatchObject({ sub: "alice" });
      for (const token of ["bad", "", "two words"]) expect((await route({}, bearer(token))).status).toBe(401);
    });

    test.each<[string, Record<string, string>]>([
      ["another site", { "sec-fetch-site": "cross-site", origin: "https://evil.example" }],
      ["another site of the same domain", { "sec-fetch-site": "same-site", origin: "https://x.example.com" }],
      ["another site, by a form in an old browser", { origin: "https://evil.example" }],
      [
        "another site that names our origin",
        { "sec-fetch-site": "cross-site", origin: "https://app.example.com" },
      ],
      ["a page with a null origin", { origin: "null" }],
      ["a client that states no origin", {}],
    ])(
      "a state-changing request from %s needs an access token, even if there is a session",
      async (_, headers) => {
        for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
          expect((await route({}, { method, headers })).status).toBe(401);
        }
        const authorization = `Bearer ${tokens.access_token}`;
        expect((await route({}, { method: "POST", headers: { ...headers, authorization } })).status).toBe(
          200,
        );
      },
    );

    test.each<Record<string, string>>([
      { "sec-fetch-site": "same-origin", "sec-fetch-dest": "empty" },
      { origin: "https://app.example.com" },
    ])("a state-changing request from the app's own pages needs only a session: %j", async (headers) => {
      expect((await route({}, { method: "POST", headers })).status).toBe(200);
    });
  });
});

describe("optionalToken [P8]", () => {
  const maybe = async (headers: Record<string, string>, rule = {}) => {
    const handler = app.broker.optionalToken(rule, (_request, caller) => Response.json(caller?.sub ?? null));
    const response = await app.run(() => handler(new Request("http://0.0.0.0:3000/api/x", { headers }), {}));
    return [response.status, await response.json()];
  };

  test("optionalToken names the caller of a request with a valid token", async () => {
    expect(await maybe({ authorization: `Bearer ${tokens.access_token}` })).toEqual([200, "alice"]);
  });

  test("optionalToken treats a caller without a valid token, or without the required rights, as anonymous", async () => {
    const authorization = `Bearer ${tokens.access_token}`;
    expect(await maybe({})).toEqual([200, null]);
    expect(await maybe({ authorization: "Bearer bad" })).toEqual([200, null]);
    expect(await maybe({ authorization }, { scopes: ["more"] })).toEqual([200, null]);
    expect(await maybe({ authorization }, { roles: ["more"] })).toEqual([200, null]);
    later(4_000);
    expect(await maybe({ authorization })).toEqual([200, null]);
  });

  test("optionalToken treats every caller as anonymous while the store is unavailable", async () => {
    app = await BrokerInProcess.start(op, store);
    store.before = unavailable;
    expect(await maybe({ authorization: `Bearer ${tokens.access_token}` })).toEqual([200, null]);
  });
});

test("requireToken answers 502, not 401, while the store is unavailable and no key is loaded", async () => {
  app = await BrokerInProcess.start(op, store);
  store.before = unavailable;
  expect(await app.whoCalls(tokens.access_token)).toEqual([502, "temporarily_unavailable"]);
});

describe("the example routes [P9]", () => {
  const call = async (
    load: () => Promise<{ GET: (request: Request, context: object) => Promise<Response> }>,
    token?: string,
  ) => {
    const headers = token ? { authorization: `Bearer ${token}` } : {};
    const { GET } = await app.run(load);
    const response = await app.run(() => GET(new Request("http://0.0.0.0:3000/", { headers }), {}));
    return [response.status, await response.json()];
  };

  test.each([
    ["/api/me", () => import("@/app/api/me/route.ts")],
    ["/me", () => import("@/app/me/route.ts")],
  ] as const)("%s returns the caller, and answers 401 without a token", async (_, load) => {
    expect(await call(load, tokens.access_token)).toEqual([200, { sub: "alice" }]);
    expect(await call(load)).toMatchObject([401, { error: "invalid_token" }]);
  });

  test.each([
    ["/api/maybe-me", () => import("@/app/api/maybe-me/route.ts")],
    ["/maybe_me", () => import("@/app/maybe_me/route.ts")],
  ] as const)("%s returns the caller, or anonymous without a valid token", async (_, load) => {
    expect(await call(load, tokens.access_token)).toEqual([200, { sub: "alice" }]);
    expect(await call(load)).toEqual([200, { anonymous: true }]);
    expect(await call(load, "bad")).toEqual([200, { anonymous: true }]);
  });

  test("/api/email requires the scope email", async () => {
    const load = () => import("@/app/api/email/route.ts");
    expect(await call(load, tokens.access_token)).toMatchObject([403, { scope: "email" }]);
    const token = await signed({ scope: "openid email", email: "a@example.com" });
    expect(await call(load, token)).toEqual([200, { email: "a@example.com" }]);
  });

  test("/api/admin requires the role read:admin-messages", async () => {
    const load = () => import("@/app/api/admin/route.ts");
    expect(await call(load, tokens.access_token)).toMatchObject([403, { error: "insufficient_scope" }]);
    const token = await signed({ roles: ["read:admin-messages"] });
    expect(await call(load, token)).toMatchObject([200, { sub: "alice" }]);
  });
});
