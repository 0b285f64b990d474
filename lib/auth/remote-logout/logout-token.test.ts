import { createSecretKey } from "node:crypto";
import {
  base64url,
  CompactEncrypt,
  EncryptJWT,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  importJWK,
  SignJWT,
  UnsecuredJWT,
} from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { freshProcess, thrownBy } from "@/dev/testing/fresh-process.ts";
import { LOGOUT_EVENT, NONCE, ScriptedProvider } from "@/dev/testing/scripted-provider.ts";

const NOW = 1_700_000_000;
const CLIENT_SECRET = "the-secret-of-the-client-0123456789";

let op: ScriptedProvider;
let verifyLogoutToken: typeof import("./logout-token.ts").verifyLogoutToken;

beforeAll(async () => {
  op = await ScriptedProvider.start();
  ({ verifyLogoutToken } = await import("./logout-token.ts"));
  (await import("../../log.ts")).log.level = "silent";
});
afterAll(() => op.close());

beforeEach(async () => {
  vi.useFakeTimers({ now: NOW * 1000, toFake: ["Date"] });
  freshProcess({ OIDC_ISSUER: op.issuer, OIDC_CLIENT_SECRET: CLIENT_SECRET });
  op.reset();
  await op.rotateKeys(crypto.randomUUID());
  return () => vi.useRealTimers();
});

const at = (seconds: number) => vi.setSystemTime((NOW + seconds) * 1000);

/** Claims that are good, for tokens that are signed in another way. */
const goodClaims = () => ({
  iss: op.issuer,
  sub: "alice",
  aud: "the-client",
  iat: NOW,
  exp: NOW + 120,
  jti: crypto.randomUUID(),
  events: { [LOGOUT_EVENT]: {} },
});

async function expectRefused(token: string): Promise<void> {
  const error = await thrownBy(verifyLogoutToken(token));
  expect(error).toMatchObject({ name: "LoginError", reason: "invalid_response" });
  expect(JSON.stringify(error) + String(error)).not.toMatch(/eyJ|alice/);
}

describe("a logout token is good", () => {
  test.each([
    ["that names a subject", {}, { sub: "alice", sid: undefined }],
    ["that names a session", { sub: undefined, sid: "s-1" }, { sub: undefined, sid: "s-1" }],
    ["that names both", { sid: "s-1" }, { sub: "alice", sid: "s-1" }],
    ["for several clients, this one among them", { aud: ["another", "the-client"] }, { sub: "alice" }],
    ["from a clock 30 seconds ahead", { iat: NOW + 29 }, { sub: "alice" }],
    ["that has expired within 30 seconds", { exp: NOW - 28 }, { sub: "alice" }],
    ["with more events than one", { events: { [LOGOUT_EVENT]: {}, "https://else.example": 1 } }, {}],
    [
      "with members that are null, which is as good as none",
      { sid: null, azp: null, nonce: null, nbf: null },
      { sub: "alice", sid: undefined },
    ],
    ["whose event says something", { events: { [LOGOUT_EVENT]: { reason: "x" } } }, {}],
  ])("%s", async (_, claims, expected) => {
    expect(await verifyLogoutToken(await op.logoutToken(claims))).toMatchObject(expected);
  });

  test.each(["logout+jwt", "LOGOUT+JWT", "application/logout+jwt", "JWT", undefined, null])(
    "of the type %s",
    async (typ) => {
      const header = { typ: typ as string };
      expect(await verifyLogoutToken(await op.logoutToken({}, header))).toMatchObject({ sub: "alice" });
    },
  );

  test("with what is needed to see that it is used once", async () => {
    const claims = { jti: "the-jti", exp: NOW + 60 };
    expect(await verifyLogoutToken(await op.logoutToken(claims))).toMatchObject(claims);
  });
});

describe("a logout token is refused (Back-Channel Logout 1.0, 2.6)", () => {
  test("whose signature another key made", async () => {
    await op.signWithForeignKey();
    await expectRefused(await op.logoutToken());
  });

  test("whose signature is of another token", async () => {
    const [one, other] = [await op.logoutToken(), await op.logoutToken({ sub: "bob" })];
    await expectRefused([...other.split(".").slice(0, 2), one.split(".")[2]].join("."));
  });

  test("without a signature: alg none", async () => {
    await expectRefused(new UnsecuredJWT(goodClaims()).encode());
    const header = base64url.encode(JSON.stringify({ alg: "none", kid: op.published[0]?.kid }));
    await expectRefused(`${header}.${base64url.encode(JSON.stringify(goodClaims()))}.`);
  });

  test.each(["none", "None", "HS256"])("that has its alg changed to %s", async (alg) => {
    const [, claims, signature] = (await op.logoutToken()).split(".");
    const header = base64url.encode(JSON.stringify({ alg, kid: op.published[0]?.kid }));
    await expectRefused(`${header}.${claims}.${signature}`);
  });

  test("signed with the client's secret: others than the provider have it", async () => {
    const secret = createSecretKey(Buffer.from(CLIENT_SECRET));
    await expectRefused(await new SignJWT(goodClaims()).setProtectedHeader({ alg: "HS256" }).sign(secret));
  });

  test("signed with the provider's public key as if that were a secret", async () => {
    const [jwk = {}] = op.published;
    const pem = await exportSPKI((await importJWK(jwk, "ES256")) as CryptoKey);
    for (const text of [pem, JSON.stringify(jwk)]) {
      const token = new SignJWT(goodClaims()).setProtectedHeader({ alg: "HS256", kid: String(jwk.kid) });
      await expectRefused(await token.sign(Buffer.from(text)));
    }
  });

  test("signed with a secret that the provider publishes by mistake", async () => {
    const secret = base64url.encode("a-secret-among-the-published-keys");
    op.answers["/jwks"] = () => ({ json: { keys: [{ kty: "oct", kid: "oct", k: secret, alg: "HS256" }] } });
    const token = new SignJWT(goodClaims()).setProtectedHeader({ alg: "HS256", kid: "oct" });
    await expectRefused(await token.sign(base64url.decode(secret)));
  });

  test("that brings its key along", async () => {
    const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
    const jwk = await exportJWK(publicKey);
    for (const header of [{ jwk }, { jku: "https://evil.example/keys" }, { kid: "../../dev/null" }]) {
      const token = new SignJWT(goodClaims()).setProtectedHeader({ alg: "ES256", ...header });
      await expectRefused(await token.sign(privateKey));
    }
  });

  test("with an extension that is critical and unknown (RFC 7515, 4.1.11)", async () => {
    const [, claims, signature] = (await op.logoutToken()).split(".");
    const header = { alg: "ES256", kid: op.published[0]?.kid, crit: ["new"], new: 1 };
    await expectRefused(`${base64url.encode(JSON.stringify(header))}.${claims}.${signature}`);
  });

  test("whose critical extension has a name of any length and form: it is quoted", async () => {
    const name = `${base64url.encode('{"alg":"none"}')}.x.y\n${"a".repeat(20_000)}`;
    const header = { alg: "ES256", crit: [name], [name]: 1 };
    const token = `${base64url.encode(JSON.stringify(header))}.e30.AAAA`;
    await expectRefused(token);
    expect(String(await thrownBy(verifyLogoutToken(token)))).toMatch(/^.{1,400}$/);
  });

  test("that is encrypted: no key here opens one", async () => {
    const secret = Buffer.alloc(32, 1);
    const header = { alg: "dir", enc: "A256GCM" } as const;
    await expectRefused(await new EncryptJWT(goodClaims()).setProtectedHeader(header).encrypt(secret));
    const nested = new CompactEncrypt(Buffer.from(await op.logoutToken())).setProtectedHeader(header);
    await expectRefused(await nested.encrypt(secret));
  });

  test.each([
    ["of another issuer", { iss: "https://evil.example" }],
    ["of an issuer with a slash more", { iss: "ISSUER/" }],
    ["without an issuer", { iss: undefined }],
    ["for another client", { aud: "another" }],
    ["for a client whose id begins like ours", { aud: "the-client-2" }],
    ["for other clients", { aud: ["another", "third"] }],
    ["for nobody", { aud: undefined }],
    ["for nobody, by an empty list", { aud: [] }],
    ["issued to another client", { azp: "another" }],
    ["without exp", { exp: undefined }],
    ["that has expired", { exp: NOW - 31 }],
    ["whose exp is text", { exp: String(NOW + 60) }],
    ["whose exp is not a time", { exp: null }],
    ["without iat", { iat: undefined }],
    ["issued in the future", { iat: NOW + 60, exp: NOW + 180 }],
    ["issued so far in the future that it is none", { iat: 1e300 }],
    ["whose iat is text", { iat: String(NOW) }],
    ["not good yet", { nbf: NOW + 60 }],
    ["without jti", { jti: undefined }],
    ["with an empty jti", { jti: "" }],
    ["whose jti is a number", { jti: 7 }],
    ["that names neither subject nor session", { sub: undefined }],
    ["with an empty subject", { sub: "" }],
    ["with an empty session, and no subject", { sub: undefined, sid: "" }],
    ["with an empty session beside its subject", { sid: "" }],
    ["whose subject is a number", { sub: 1 }],
    ["whose subject is a list", { sub: ["alice"] }],
    ["whose subject and session are null", { sub: null, sid: null }],
    ["whose session is a number", { sid: 1 }],
    ["whose session is an object", { sid: { toString: "s-1" } }],
    ["with a nonce, as an ID token has", { nonce: NONCE }],
    ["with an empty nonce", { nonce: "" }],
    ["with a nonce that is not text", { nonce: 0 }],
    ["valid only from later on", { nbf: NOW + 40 }],
    ["valid from no time", { nbf: "now" }],
    ["without events", { events: undefined }],
    ["whose events are text", { events: LOGOUT_EVENT }],
    ["whose events are a list", { events: [LOGOUT_EVENT] }],
    ["whose events are a list of objects", { events: [{ [LOGOUT_EVENT]: {} }] }],
    ["whose events are null", { events: null }],
    ["without an event", { events: {} }],
    ["about another event", { events: { "http://schemas.openid.net/event/else": {} } }],
    ["about an event spelt otherwise", { events: { [`${LOGOUT_EVENT}/`]: {} } }],
    ["whose event is true", { events: { [LOGOUT_EVENT]: true } }],
    ["whose event is text", { events: { [LOGOUT_EVENT]: "{}" } }],
    ["whose event is null", { events: { [LOGOUT_EVENT]: null } }],
    ["whose event is a list", { events: { [LOGOUT_EVENT]: [] } }],
  ])("%s", async (_, claims) => {
    const told = "iss" in claims && claims.iss === "ISSUER/" ? { iss: `${op.issuer}/` } : claims;
    await expectRefused(await op.logoutToken(told));
  });

  test.each(["__proto__", "constructor", "prototype"])(
    "whose event is only inherited, by %s",
    async (name) => {
      const inherited = JSON.parse(`{"${name}": {"${LOGOUT_EVENT}": {}}}`);
      await expectRefused(await op.logoutToken({ events: inherited }));
    },
  );

  test("whose claims are only inherited", async () => {
    const { sub, jti, events, ...rest } = goodClaims();
    const text = JSON.stringify({ ...rest, proto: { sub, jti, events } }).replace('"proto"', '"__proto__"');
    await expectRefused(await op.sign(JSON.parse(text), { typ: "logout+jwt" }));
  });

  test.each(["at+jwt", "id+jwt", "logout", "secevent+jwt", "logout+jwt2", ""])(
    "of the type %j",
    async (typ) => expectRefused(await op.logoutToken({}, { typ })),
  );

  test("whose type is not a text", async () => {
    await expectRefused(await op.logoutToken({}, { typ: ["logout+jwt"] as unknown as string }));
  });

  test("that is an ID token", async () => {
    op.claims = { jti: "x", nonce: undefined };
    await expectRefused(await op.idToken());
  });

  test.each(["", "x", "a.b.c", "..", "eyJhbGciOiJFUzI1NiJ9..", "null", "{}", "\u0000", "é.é.é", "a.b.c.d.e"])(
    "that is not a token at all: %j",
    async (text) => expectRefused(text),
  );
});

describe("the provider's keys", () => {
  const fetched = () => op.asked.filter((path) => path === "/jwks").length;

  test("are asked for once, whatever number of tokens comes", async () => {
    for (const sub of ["alice", "bob"]) await verifyLogoutToken(await op.logoutToken({ sub }));
    expect(fetched()).toBe(1);
  });

  test("are fetched again for a kid that is not among them", async () => {
    await verifyLogoutToken(await op.logoutToken());
    await op.rotateKeys("the-next");
    at(1);
    expect(await verifyLogoutToken(await op.logoutToken())).toMatchObject({ sub: "alice" });
    expect(fetched()).toBe(2);
  });

  test("are not fetched again for every kid that somebody makes up", async () => {
    await verifyLogoutToken(await op.logoutToken());
    at(1);
    for (const kid of ["a", "b", "c", "d"]) await expectRefused(await op.logoutToken({}, { kid }));
    expect(fetched()).toBe(2);
  });

  test("that cannot be fetched leave the answer for later: nobody knows whether the token is good", async () => {
    op.answers["/jwks"] = () => ({ status: 503 });
    const token = await op.logoutToken();
    expect(await thrownBy(verifyLogoutToken(token))).toMatchObject({ reason: "provider_unavailable" });
    op.answers = {};
    expect(await verifyLogoutToken(token)).toMatchObject({ sub: "alice" });
  });

  test("that cannot be fetched again, likewise", async () => {
    await verifyLogoutToken(await op.logoutToken());
    await op.rotateKeys("the-next");
    at(1);
    const token = await op.logoutToken();
    op.answers["/jwks"] = () => "reset";
    expect(await thrownBy(verifyLogoutToken(token))).toMatchObject({ reason: "provider_unavailable" });
    op.answers = {};
    at(31);
    expect(await verifyLogoutToken(token)).toMatchObject({ sub: "alice" });
  });

  test("that are not keys belong to nobody", async () => {
    op.answers["/jwks"] = () => ({ json: { keys: [{}, { kty: "EC" }, null, 7] } });
    await expectRefused(await op.logoutToken());
  });
});
