import { beforeEach, describe, expect, test, vi } from "vitest";
import { AUDIENCE, BrokerInProcess, tokensOf } from "@/dev/testing/broker-in-process.ts";
import { startScriptedProvider } from "@/dev/testing/fresh-process.ts";
import { MemoryStore } from "@/dev/testing/memory-store.ts";
import { unsignedJwt } from "@/dev/testing/tokens.ts";
import { decodeJwt } from "@/lib/auth/provider/index.ts";
import { nowInSeconds } from "@/lib/clock.ts";

const cookies = vi.hoisted(() => new Map<string, string>());
vi.mock("next/headers", async () => (await import("@/dev/testing/next-headers.ts")).nextHeaders(cookies));

const API = "https://api.example.com";
const GRANT = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token";

const op = await startScriptedProvider();
let store: MemoryStore;
let app: BrokerInProcess;

beforeEach(async () => {
  store = new MemoryStore();
  app = await BrokerInProcess.start(op, store, { OIDC_AUDIENCE: API });
});

/** An access token of the provider. @param claims replace the usual ones */
function providerToken(
  claims: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
): Promise<string> {
  const now = nowInSeconds();
  const usual = { iss: op.issuer, sub: "alice", aud: API, iat: now, exp: now + 7_200, scope: "openid email" };
  return op.sign({ ...usual, ...claims }, { typ: "at+jwt", ...header });
}

const exchange = (subject_token: string, more: Record<string, string> = {}) =>
  app.post("token", { grant_type: GRANT, subject_token, ...more });

const REFUSED = { status: 400, body: { error: "invalid_request" } };

describe("the exchange of the provider's access token [P4]", () => {
  test("a program exchanges the provider's access token for an access token of the app (RFC 8693)", async () => {
    const token = await providerToken({ permissions: ["read:admin-messages"], preferred_username: "al" });
    const { access_token, expires, ...rest } = tokensOf(await exchange(token));
    expect(rest).toEqual({
      token_type: "Bearer",
      issued_token_type: ACCESS_TOKEN,
      expires_in: expect.any(Number),
      refresh_token: "",
      refresh_expires: expires,
      scope: "openid email",
    });
    expect(decodeJwt(access_token)?.claims).toMatchObject({
      sub: "alice",
      aud: AUDIENCE,
      preferred_username: "al",
      email: "alice@example.com",
      roles: ["read:admin-messages"],
    });
    expect(await app.whoCalls(access_token)).toEqual([200, "alice"]);
    expect(store.keys("program")).toEqual([]);
  });

  test.each<[string, Record<string, string>]>([
    ["hyphens in the parameter names", { "grant-type": GRANT, "subject-token": "" }],
    ["the subject_token_type", { grant_type: GRANT, subject_token: "", subject_token_type: ACCESS_TOKEN }],
    ["this app's audience", { grant_type: GRANT, subject_token: "", audience: AUDIENCE }],
  ])("an exchange may be requested with %s", async (_, form) => {
    const token = await providerToken();
    const filled = Object.entries(form).map(([name, value]) => [name, value || token]);
    tokensOf(await app.post("token", Object.fromEntries(filled)));
  });

  test("the app exchanges a token with several audiences, with the audience OIDC_RESOURCE, or without typ", async () => {
    tokensOf(await exchange(await providerToken({ aud: ["https://other.example.com", API] })));
    tokensOf(await exchange(await providerToken({}, { typ: "JWT" })));
    tokensOf(await exchange(await providerToken({}, { typ: undefined })));
    app = await BrokerInProcess.start(op, store, { OIDC_RESOURCE: API });
    tokensOf(await exchange(await providerToken()));
  });

  test("the app's token expires when the provider's token expires", async () => {
    const exp = nowInSeconds() + 100;
    expect(tokensOf(await exchange(await providerToken({ exp }))).expires).toBe(exp);
  });

  test("a token is exchanged even if the userinfo endpoint fails", async () => {
    op.answers["/userinfo"] = () => ({ status: 500 });
    tokensOf(await exchange(await providerToken()));
  });

  test("the app's token has the scopes in the claim scp, which is a list (Okta)", async () => {
    const token = await providerToken({ scope: undefined, scp: ["a", "b"] });
    expect(tokensOf(await exchange(token)).scope).toBe("a b");
  });
});

describe("an exchange that the app refuses", () => {
  test.each<[string, Record<string, unknown>]>([
    ["a token for another audience", { aud: "https://other.example.com" }],
    ["another client's token, for that client", { aud: "another-client", azp: "another-client" }],
    ["a token without an audience", { aud: undefined }],
    ["a token of another issuer", { iss: "https://other.example.com" }],
    ["an expired token", { exp: nowInSeconds() - 1 }],
    ["a token that never expires", { exp: undefined }],
    ["a token that is not valid yet", { nbf: nowInSeconds() + 300 }],
    ["a token that was issued in the future", { iat: nowInSeconds() + 300 }],
    ["a token without a subject", { sub: undefined }],
    ["an ID token (it has a nonce)", { nonce: "n" }],
    ["an ID token (it has an at_hash)", { at_hash: "h" }],
    ["an ID token of Keycloak", { typ: "ID" }],
    ["a logout token", { events: {} }],
    ["a token that is bound to a key (RFC 9449)", { cnf: { jkt: "x" } }],
  ])("the app does not exchange %s", async (_, claims) => {
    expect(await exchange(await providerToken(claims, { typ: "JWT" }))).toMatchObject(REFUSED);
  });

  test("the app does not exchange the provider's ID token", async () => {
    expect(await exchange(await op.idToken())).toMatchObject(REFUSED);
  });

  test("if the API's audience is the client id, the app exchanges only tokens with the typ at+jwt", async () => {
    app = await BrokerInProcess.start(op, store, { OIDC_AUDIENCE: "the-client" });
    for (const typ of ["JWT", undefined]) {
      expect(await exchange(await providerToken({ aud: "the-client" }, { typ }))).toMatchObject(REFUSED);
    }
    tokensOf(await exchange(await providerToken({ aud: "the-client" })));
  });

  test("the app does not exchange an access token that it issued itself, for any audience", async () => {
    const { access_token } = await app.logIn();
    for (const more of [{}, { audience: AUDIENCE }] as const) {
      expect(await exchange(access_token, more)).toMatchObject(REFUSED);
    }
    const elsewhere = { audience: "https://other.example.com" };
    expect(await exchange(access_token, elsewhere)).toMatchObject({ body: { error: "invalid_target" } });
  });

  test.each(["logout+jwt", "dpop+jwt", "secevent+jwt"])(
    "the app does not exchange a token with the typ %s",
    async (typ) => {
      expect(await exchange(await providerToken({}, { typ }))).toMatchObject(REFUSED);
    },
  );

  test("the app does not exchange a token with alg none, or signed with a foreign key", async () => {
    const [, claims] = (await providerToken()).split(".");
    const header = Buffer.from(JSON.stringify({ alg: "none", typ: "at+jwt" })).toString("base64url");
    expect(await exchange(`${header}.${claims}.`)).toMatchObject(REFUSED);
    const decoded = decodeJwt(await providerToken())?.claims ?? {};
    expect(await exchange(unsignedJwt(decoded, { alg: "ES256", typ: "at+jwt" }))).toMatchObject(REFUSED);
    await op.signWithForeignKey();
    const forged = await providerToken();
    await op.rotateKeys("second");
    expect(await exchange(forged)).toMatchObject(REFUSED);
  });

  test.each(["x", "a.b.c", "opaque-access-token"])("the app does not exchange the text %s", async (text) => {
    expect(await exchange(text)).toMatchObject(REFUSED);
  });

  test.each<[string, Record<string, string>, string]>([
    [
      "another subject_token_type",
      { subject_token_type: "urn:ietf:params:oauth:token-type:id_token" },
      "invalid_request",
    ],
    [
      "another requested_token_type",
      { requested_token_type: "urn:ietf:params:oauth:token-type:refresh_token" },
      "invalid_request",
    ],
    ["an actor_token", { actor_token: "x" }, "invalid_request"],
    ["another audience", { audience: "https://other.example.com" }, "invalid_target"],
    ["a resource", { resource: "https://other.example.com" }, "invalid_target"],
  ])("the app refuses an exchange request with %s", async (_, more, error) => {
    expect(await exchange(await providerToken(), more)).toMatchObject({ status: 400, body: { error } });
  });

  test("the app refuses an exchange request without grant_type", async () => {
    expect(await app.post("token", { subject_token: await providerToken() })).toMatchObject(REFUSED);
  });

  test("without OIDC_AUDIENCE and OIDC_RESOURCE, the app refuses every exchange", async () => {
    app = await BrokerInProcess.start(op, store);
    const aud = ["the-client", "undefined", AUDIENCE];
    expect(await exchange(await providerToken({ aud }))).toMatchObject(REFUSED);
  });
});

test("while the provider's keys cannot be fetched, an exchange gets 502", async () => {
  op.answers["/jwks"] = () => ({ status: 500 });
  expect(await exchange(await providerToken())).toMatchObject({
    status: 502,
    body: { error: "temporarily_unavailable" },
  });
});
