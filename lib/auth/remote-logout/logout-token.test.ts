import { createSecretKey } from "node:crypto";
import {
  base64url,
  CompactEncrypt,
  EncryptJWT,
  exportJWK,
  exportSPKI,
  FlattenedSign,
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

/** Valid claims, for tokens that a test signs itself. */
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

describe("a logout token that is accepted", () => {
  test.each([
    ["with a sub", {}, { sub: "alice", sid: undefined }],
    ["with a sid", { sub: undefined, sid: "s-1" }, { sub: undefined, sid: "s-1" }],
    ["with a sub and a sid", { sid: "s-1" }, { sub: "alice", sid: "s-1" }],
    ["for several clients, including this one", { aud: ["another", "the-client"] }, { sub: "alice" }],
    ["issued 29 seconds in the future", { iat: NOW + 29 }, { sub: "alice" }],
    ["that expired 28 seconds ago", { exp: NOW - 28 }, { sub: "alice" }],
    ["with several events", { events: { [LOGOUT_EVENT]: {}, "https://else.example": 1 } }, {}],
    [
      "with members that are null",
      { sid: null, azp: null, nonce: null, nbf: null },
      { sub: "alice", sid: undefined },
    ],
    ["whose event has members", { events: { [LOGOUT_EVENT]: { reason: "x" } } }, {}],
  ])("a logout token %s is accepted", async (_, claims, expected) => {
    expect(await verifyLogoutToken(await op.logoutToken(claims))).toMatchObject(expected);
  });

  test.each(["logout+jwt", "LOGOUT+JWT", "application/logout+jwt", "JWT", undefined, null])(
    "a logout token with the typ %s is accepted",
    async (typ) => {
      const header = { typ: typ as string };
      expect(await verifyLogoutToken(await op.logoutToken({}, header))).toMatchObject({ sub: "alice" });
    },
  );

  test("verifyLogoutToken returns the jti and the exp, by which a second use is detected", async () => {
    const claims = { jti: "the-jti", exp: NOW + 60 };
    expect(await verifyLogoutToken(await op.logoutToken(claims))).toMatchObject(claims);
  });
});

describe("a logout token that is refused (Back-Channel Logout 1.0, 2.6)", () => {
  test("a logout token that another key signed is refused", async () => {
    await op.signWithForeignKey();
    await expectRefused(await op.logoutToken());
  });

  test("a logout token with the signature of another token is refused", async () => {
    const [one, other] = [await op.logoutToken(), await op.logoutToken({ sub: "bob" })];
    await expectRefused([...other.split(".").slice(0, 2), one.split(".")[2]].join("."));
  });

  test("a logout token without a signature (alg none) is refused", async () => {
    await expectRefused(new UnsecuredJWT(goodClaims()).encode());
    const header = base64url.encode(JSON.stringify({ alg: "none", kid: op.published[0]?.kid }));
    await expectRefused(`${header}.${base64url.encode(JSON.stringify(goodClaims()))}.`);
  });

  test.each(["none", "None", "HS256"])(
    "a logout token whose alg was changed to %s is refused",
    async (alg) => {
      const [, claims, signature] = (await op.logoutToken()).split(".");
      const header = base64url.encode(JSON.stringify({ alg, kid: op.published[0]?.kid }));
      await expectRefused(`${header}.${claims}.${signature}`);
    },
  );

  test("a logout token signed with the client's secret is refused", async () => {
    const secret = createSecretKey(Buffer.from(CLIENT_SECRET));
    await expectRefused(await new SignJWT(goodClaims()).setProtectedHeader({ alg: "HS256" }).sign(secret));
  });

  test("a logout token signed with the provider's public key as a secret is refused", async () => {
    const [jwk = {}] = op.published;
    const pem = await exportSPKI((await importJWK(jwk, "ES256")) as CryptoKey);
    for (const text of [pem, JSON.stringify(jwk)]) {
      const token = new SignJWT(goodClaims()).setProtectedHeader({ alg: "HS256", kid: String(jwk.kid) });
      await expectRefused(await token.sign(Buffer.from(text)));
    }
  });

  test("a logout token signed with a secret that the provider publishes by mistake is refused", async () => {
    const secret = base64url.encode("a-secret-among-the-published-keys");
    op.answers["/jwks"] = () => ({ json: { keys: [{ kty: "oct", kid: "oct", k: secret, alg: "HS256" }] } });
    const token = new SignJWT(goodClaims()).setProtectedHeader({ alg: "HS256", kid: "oct" });
    await expectRefused(await token.sign(base64url.decode(secret)));
  });

  test("a logout token that contains or names its own key is refused", async () => {
    const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
    const jwk = await exportJWK(publicKey);
    for (const header of [{ jwk }, { jku: "https://evil.example/keys" }, { kid: "../../dev/null" }]) {
      const token = new SignJWT(goodClaims()).setProtectedHeader({ alg: "ES256", ...header });
      await expectRefused(await token.sign(privateKey));
    }
  });

  test("a logout token with an unknown critical extension is refused (RFC 7515, 4.1.11)", async () => {
    const [, claims, signature] = (await op.logoutToken()).split(".");
    const header = { alg: "ES256", kid: op.published[0]?.kid, crit: ["new"], new: 1 };
    await expectRefused(`${base64url.encode(JSON.stringify(header))}.${claims}.${signature}`);
  });

  test.each([
    [
      "is not encoded (b64, RFC 7797)",
      { b64: false, crit: ["b64"] },
      (json: string) => base64url.encode(json),
    ],
    ["begins with a byte order mark", {}, (json: string) => `\uFEFF${json}`],
  ])("a logout token is refused if its signed payload %s", async (_, more, payloadOf) => {
    const { publicKey, privateKey } = await generateKeyPair("ES256");
    op.published = [{ ...(await exportJWK(publicKey)), kid: "own" }];
    const payload = payloadOf(JSON.stringify(goodClaims()));
    const signer = new FlattenedSign(Buffer.from(payload));
    const jws = await signer.setProtectedHeader({ alg: "ES256", kid: "own", ...more }).sign(privateKey);
    await expectRefused(`${jws.protected}.${jws.payload || payload}.${jws.signature}`);
  });

  test("the error quotes and shortens the name of an unknown critical extension", async () => {
    const name = `${base64url.encode('{"alg":"none"}')}.x.y\n${"a".repeat(20_000)}`;
    const header = { alg: "ES256", crit: [name], [name]: 1 };
    const token = `${base64url.encode(JSON.stringify(header))}.e30.AAAA`;
    await expectRefused(token);
    expect(String(await thrownBy(verifyLogoutToken(token)))).toMatch(/^.{1,400}$/);
  });

  test("an encrypted logout token is refused", async () => {
    const secret = Buffer.alloc(32, 1);
    const header = { alg: "dir", enc: "A256GCM" } as const;
    await expectRefused(await new EncryptJWT(goodClaims()).setProtectedHeader(header).encrypt(secret));
    const nested = new CompactEncrypt(Buffer.from(await op.logoutToken())).setProtectedHeader(header);
    await expectRefused(await nested.encrypt(secret));
  });

  test.each([
    ["of another issuer", { iss: "https://evil.example" }],
    ["of the issuer with a trailing slash", { iss: "ISSUER/" }],
    ["without an issuer", { iss: undefined }],
    ["for another client", { aud: "another" }],
    ["for a client whose id begins with this client's id", { aud: "the-client-2" }],
    ["for other clients", { aud: ["another", "third"] }],
    ["without aud", { aud: undefined }],
    ["whose aud is an empty list", { aud: [] }],
    ["with the azp of another client", { azp: "another" }],
    ["without exp", { exp: undefined }],
    ["that has expired", { exp: NOW - 31 }],
    ["whose exp is text", { exp: String(NOW + 60) }],
    ["whose exp is null", { exp: null }],
    ["without iat", { iat: undefined }],
    ["issued in the future", { iat: NOW + 60, exp: NOW + 180 }],
    ["whose iat is 1e300", { iat: 1e300 }],
    ["whose iat is text", { iat: String(NOW) }],
    ["whose nbf is 60 seconds in the future", { nbf: NOW + 60 }],
    ["without jti", { jti: undefined }],
    ["with an empty jti", { jti: "" }],
    ["whose jti is a number", { jti: 7 }],
    ["without sub and sid", { sub: undefined }],
    ["with an empty sub", { sub: "" }],
    ["with an empty sid and without sub", { sub: undefined, sid: "" }],
    ["with a sub and an empty sid", { sid: "" }],
    ["whose sub is a number", { sub: 1 }],
    ["whose sub is a list", { sub: ["alice"] }],
    ["whose sub and sid are null", { sub: null, sid: null }],
    ["whose sid is a number", { sid: 1 }],
    ["whose sid is an object", { sid: { toString: "s-1" } }],
    ["with a nonce", { nonce: NONCE }],
    ["with an empty nonce", { nonce: "" }],
    ["with a nonce that is not text", { nonce: 0 }],
    ["whose nbf is 40 seconds in the future", { nbf: NOW + 40 }],
    ["whose nbf is text", { nbf: "now" }],
    ["without events", { events: undefined }],
    ["whose events are text", { events: LOGOUT_EVENT }],
    ["whose events are a list", { events: [LOGOUT_EVENT] }],
    ["whose events are a list of objects", { events: [{ [LOGOUT_EVENT]: {} }] }],
    ["whose events are null", { events: null }],
    ["without an event", { events: {} }],
    ["with another event", { events: { "http://schemas.openid.net/event/else": {} } }],
    ["whose event has a trailing slash in its name", { events: { [`${LOGOUT_EVENT}/`]: {} } }],
    ["whose event is true", { events: { [LOGOUT_EVENT]: true } }],
    ["whose event is text", { events: { [LOGOUT_EVENT]: "{}" } }],
    ["whose event is null", { events: { [LOGOUT_EVENT]: null } }],
    ["whose event is a list", { events: { [LOGOUT_EVENT]: [] } }],
  ])("a logout token %s is refused", async (_, claims) => {
    const told = "iss" in claims && claims.iss === "ISSUER/" ? { iss: `${op.issuer}/` } : claims;
    await expectRefused(await op.logoutToken(told));
  });

  test.each(["__proto__", "constructor", "prototype"])(
    "a logout token whose event is inside %s, and so only inherited, is refused",
    async (name) => {
      const inherited = JSON.parse(`{"${name}": {"${LOGOUT_EVENT}": {}}}`);
      await expectRefused(await op.logoutToken({ events: inherited }));
    },
  );

  test("a logout token whose claims are inside __proto__, and so only inherited, is refused", async () => {
    const { sub, jti, events, ...rest } = goodClaims();
    const text = JSON.stringify({ ...rest, proto: { sub, jti, events } }).replace('"proto"', '"__proto__"');
    await expectRefused(await op.sign(JSON.parse(text), { typ: "logout+jwt" }));
  });

  test.each(["at+jwt", "id+jwt", "logout", "secevent+jwt", "logout+jwt2", ""])(
    "a logout token with the typ %j is refused",
    async (typ) => expectRefused(await op.logoutToken({}, { typ })),
  );

  test("a logout token whose typ is a list is refused", async () => {
    await expectRefused(await op.logoutToken({}, { typ: ["logout+jwt"] as unknown as string }));
  });

  test("an ID token is refused as a logout token", async () => {
    op.claims = { jti: "x", nonce: undefined };
    await expectRefused(await op.idToken());
  });

  test.each(["", "x", "a.b.c", "..", "eyJhbGciOiJFUzI1NiJ9..", "null", "{}", "\u0000", "é.é.é", "a.b.c.d.e"])(
    "the text %j is refused as a logout token",
    async (text) => expectRefused(text),
  );
});

describe("the keys that verify logout tokens", () => {
  const fetched = () => op.asked.filter((path) => path === "/jwks").length;

  test("the keys are fetched once for several logout tokens", async () => {
    for (const sub of ["alice", "bob"]) await verifyLogoutToken(await op.logoutToken({ sub }));
    expect(fetched()).toBe(1);
  });

  test("the keys are fetched again for a logout token with a new kid", async () => {
    await verifyLogoutToken(await op.logoutToken());
    await op.rotateKeys("the-next");
    at(1);
    expect(await verifyLogoutToken(await op.logoutToken())).toMatchObject({ sub: "alice" });
    expect(fetched()).toBe(2);
  });

  test("the keys are not fetched again for every invented kid", async () => {
    await verifyLogoutToken(await op.logoutToken());
    at(1);
    for (const kid of ["a", "b", "c", "d"]) await expectRefused(await op.logoutToken({}, { kid }));
    expect(fetched()).toBe(2);
  });

  test("a logout token cannot be verified while the keys cannot be fetched, and is accepted later", async () => {
    op.answers["/jwks"] = () => ({ status: 503 });
    const token = await op.logoutToken();
    expect(await thrownBy(verifyLogoutToken(token))).toMatchObject({ reason: "provider_unavailable" });
    op.answers = {};
    expect(await verifyLogoutToken(token)).toMatchObject({ sub: "alice" });
  });

  test("a logout token with a new kid cannot be verified while the keys cannot be fetched again", async () => {
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

  test("a logout token is refused if the provider publishes no usable key", async () => {
    op.answers["/jwks"] = () => ({ json: { keys: [{}, { kty: "EC" }, null, 7] } });
    await expectRefused(await op.logoutToken());
  });
});
