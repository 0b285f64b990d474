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

/** The private key in the store, which no attacker has: to make tokens with one wrong claim. */
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

describe("an access token", () => {
  test("opens the API, under the app's name", async () => {
    expect(await app.whoCalls(tokens.access_token)).toEqual([200, "alice"]);
    expect(await app.whoCalls(await signed())).toEqual([200, "alice"]);
  });

  test("is checked without a request and without the store, once the keys are known", async () => {
    await app.whoCalls(tokens.access_token);
    const [asked, operations] = [op.asked.length, store.operations.length];
    for (let count = 0; count < 5; count += 1) await app.whoCalls(tokens.access_token);
    expect([op.asked.length, store.operations.length]).toEqual([asked, operations]);
  });

  test.each([
    ["is unavailable", unavailable],
    ["does not answer", () => new Promise<void>(() => undefined)],
  ])("is valid while the store %s", async (_, before) => {
    store.before = before;
    later(3_000);
    expect(await app.whoCalls(tokens.access_token)).toEqual([200, "alice"]);
  });

  test("expires after an hour", async () => {
    later(3_600 + 31);
    expect(await app.whoCalls(tokens.access_token)).toEqual(REFUSED);
  });

  test.each<[string, object]>([
    ["is for another audience", { aud: "https://other.example.com/api" }],
    ["has no audience", { aud: undefined }],
    ["is from another issuer", { iss: "https://other.example.com" }],
    ["is from the app's URL with a slash", { iss: "https://app.example.com/" }],
    ["has no issuer", { iss: undefined }],
    ["has expired", { exp: nowInSeconds() - 31 }],
    ["never expires", { exp: undefined }],
    ["is not valid yet", { nbf: nowInSeconds() + 300 }],
    ["is from the future", { iat: nowInSeconds() + 300 }],
    ["has no subject", { sub: undefined }],
    ["has an empty subject", { sub: "" }],
  ])("that %s is refused, although the app has signed it", async (_, claims) => {
    expect(await app.whoCalls(await signed(claims))).toEqual(REFUSED);
  });

  test.each(["JWT", "logout+jwt", undefined])("of the type %s is refused", async (typ) => {
    expect(await app.whoCalls(await signed({}, { typ }))).toEqual(REFUSED);
  });

  test("with alg none is refused", async () => {
    const { kid } = await storedKey();
    const [header, claims] = unsignedJwt(CLAIMS(), { alg: "none", typ: "at+jwt", kid }).split(".");
    expect(await app.whoCalls(`${header}.${claims}.`)).toEqual(REFUSED);
    expect(await app.whoCalls(`${header}.${claims}.c2lnbmF0dXJl`)).toEqual(REFUSED);
  });

  test("with alg HS256 and the public key as secret is refused", async () => {
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

  test("with a key of the attacker is refused, whatever kid, jwk or jku it names", async () => {
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

  test("with a kid that nobody knows does not make the app read the store each time", async () => {
    const { privateKey } = await generateKeyPair("RS256", { extractable: true });
    const key = await exportJWK(privateKey);
    later(60);
    await app.whoCalls(await signed({}, { kid: randomUUID() }, key));
    const before = store.operations.length;
    for (let count = 0; count < 20; count += 1) {
      await app.whoCalls(await signed({}, { kid: randomUUID() }, key));
    }
    // `signed` itself reads the key once for each token.
    expect(store.operations.length - before).toBeLessThanOrEqual(21);
  });

  test("that was changed is refused", async () => {
    const [header, claims, signature] = tokens.access_token.split(".");
    const admin = Buffer.from(JSON.stringify({ ...CLAIMS(), sub: "admin" })).toString("base64url");
    expect(await app.whoCalls(`${header}.${admin}.${signature}`)).toEqual(REFUSED);
    expect(await app.whoCalls(`${header}.${claims}.${signature?.slice(0, -6)}AAAAAA`)).toEqual(REFUSED);
    expect(await app.whoCalls(`${header}.${claims}.`)).toEqual(REFUSED);
  });

  test.each(["x", "a.b.c", "eyJhbGciOiJSUzI1NiJ9..", ".", "..", "e30.e30.e30", "a".repeat(9_000)])(
    "is not %s",
    async (text) => expect(await app.whoCalls(text)).toEqual(REFUSED),
  );

  test("is neither the provider's ID token nor its access token nor a refresh token", async () => {
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

  test("hands the handler who calls, and the verified claims", async () => {
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

  test("answers 401 without a token, and names no error (RFC 6750, 3.1)", async () => {
    const response = await route({});
    expect([response.status, response.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
    expect(await response.json()).toMatchObject({ error: "invalid_token", detail: expect.any(String) });
  });

  test("answers 401 to a bad token, and names the error", async () => {
    const response = await route({}, bearer("bad"));
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toMatch(/^Bearer error="invalid_token"/);
  });

  test("accepts the scheme in any case of letters", async () => {
    const headers = { authorization: `bearer ${tokens.access_token}` };
    expect((await route({}, { headers })).status).toBe(200);
  });

  test.each([`Basic ${"x".repeat(9)}`, "Bearer", "Bearer a b", "Token x"])(
    "accepts no other credentials: %s",
    async (authorization) => expect((await route({}, { headers: { authorization } })).status).toBe(401),
  );

  test("answers 403 where a scope is missing, and names it", async () => {
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

  test("answers 403 where a role is missing, and names it", async () => {
    const response = await route({ roles: ["admin"] }, bearer());
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({
      error: "insufficient_scope",
      detail: "This needs role admin.",
    });
    expect((await route({ roles: ["admin"] }, bearer(await signed()))).status).toBe(200);
  });

  test("reads roles where the app writes them, wherever OIDC_ROLES_CLAIM has the provider's", async () => {
    const settings = await app.run(() => import("@/lib/settings.ts"));
    Object.assign(app.run(() => settings.getSettings()).oidc, { rolesClaim: "realm_access.roles" });
    expect((await route({ roles: ["admin"] }, bearer(await signed()))).status).toBe(200);
  });

  describe("in a browser with a session", () => {
    beforeEach(async () => {
      const jar = new FakeCookieJar();
      const idToken = unsignedJwt({ iss: op.issuer, sub: "bob", groups: ["staff"] });
      await app.run(async () => {
        const { createSession } = await import("@/lib/auth/session.ts");
        await startSession(
          jar,
          createSession(tokenSet({ idToken }), { sub: "bob", email: "bob@example.com" }),
        );
      });
      for (const [name, value] of jar.cookies) cookies.set(name, value);
    });

    test("lets the person in, with the same roles and scopes", async () => {
      const response = await route({ roles: ["staff"], scopes: ["profile"] });
      expect(await response.json()).toMatchObject({ sub: "bob", email: "bob@example.com", token: null });
    });

    test("prefers a token to the session, also a bad one", async () => {
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
      ["a page without an origin", { origin: "null" }],
      ["nowhere", {}],
    ])("lets nothing be changed by a request from %s", async (_, headers) => {
      for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
        expect((await route({}, { method, headers })).status).toBe(401);
      }
      const authorization = `Bearer ${tokens.access_token}`;
      expect((await route({}, { method: "POST", headers: { ...headers, authorization } })).status).toBe(200);
    });

    test.each<Record<string, string>>([
      { "sec-fetch-site": "same-origin", "sec-fetch-dest": "empty" },
      { origin: "https://app.example.com" },
    ])("lets the app's own pages change something: %j", async (headers) => {
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

  test("knows a caller with a token", async () => {
    expect(await maybe({ authorization: `Bearer ${tokens.access_token}` })).toEqual([200, "alice"]);
  });

  test("refuses nobody: every other caller is anonymous", async () => {
    const authorization = `Bearer ${tokens.access_token}`;
    expect(await maybe({})).toEqual([200, null]);
    expect(await maybe({ authorization: "Bearer bad" })).toEqual([200, null]);
    expect(await maybe({ authorization }, { scopes: ["more"] })).toEqual([200, null]);
    expect(await maybe({ authorization }, { roles: ["more"] })).toEqual([200, null]);
    later(4_000);
    expect(await maybe({ authorization })).toEqual([200, null]);
  });

  test("refuses nobody while the store is unavailable", async () => {
    app = await BrokerInProcess.start(op, store);
    store.before = unavailable;
    expect(await maybe({ authorization: `Bearer ${tokens.access_token}` })).toEqual([200, null]);
  });
});

test("a guard while the store is unavailable and no key is known: 502, and not 401", async () => {
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
  ] as const)("%s says who calls", async (_, load) => {
    expect(await call(load, tokens.access_token)).toEqual([200, { sub: "alice" }]);
    expect(await call(load)).toMatchObject([401, { error: "invalid_token" }]);
  });

  test.each([
    ["/api/maybe-me", () => import("@/app/api/maybe-me/route.ts")],
    ["/maybe_me", () => import("@/app/maybe_me/route.ts")],
  ] as const)("%s says who calls, if it knows", async (_, load) => {
    expect(await call(load, tokens.access_token)).toEqual([200, { sub: "alice" }]);
    expect(await call(load)).toEqual([200, { anonymous: true }]);
    expect(await call(load, "bad")).toEqual([200, { anonymous: true }]);
  });

  test("/api/email needs a scope", async () => {
    const load = () => import("@/app/api/email/route.ts");
    expect(await call(load, tokens.access_token)).toMatchObject([403, { scope: "email" }]);
    const token = await signed({ scope: "openid email", email: "a@example.com" });
    expect(await call(load, token)).toEqual([200, { email: "a@example.com" }]);
  });

  test("/api/admin needs a role", async () => {
    const load = () => import("@/app/api/admin/route.ts");
    expect(await call(load, tokens.access_token)).toMatchObject([403, { error: "insufficient_scope" }]);
    const token = await signed({ roles: ["read:admin-messages"] });
    expect(await call(load, token)).toMatchObject([200, { sub: "alice" }]);
  });
});
