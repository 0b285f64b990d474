import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { AUDIENCE, BrokerInProcess } from "@/dev/testing/broker-in-process.ts";
import { type Answerer, type LocalServer, startLocalServer } from "@/dev/testing/local-server.ts";
import { MemoryStore } from "@/dev/testing/memory-store.ts";
import { ScriptedProvider } from "@/dev/testing/scripted-provider.ts";
import { nowInSeconds } from "@/lib/clock.ts";

const cookies = vi.hoisted(() => new Map<string, string>());
vi.mock("next/headers", async () => (await import("@/dev/testing/next-headers.ts")).nextHeaders(cookies));

const JWKS = "/auth/v2/.well-known/jwks.json";
const DISCOVERY = "/.well-known/openid-configuration";

let op: ScriptedProvider;
let app: BrokerInProcess;
/** A server whose tokens the app trusts. */
let peer: LocalServer;
let answers: Record<string, Answerer>;

beforeAll(async () => {
  op = await ScriptedProvider.start();
  peer = await startLocalServer((request) => answers[request.path]?.(request) ?? { status: 404 });
});
afterAll(async () => {
  await op.close();
  await peer.close();
});

beforeEach(async () => {
  op.reset();
  cookies.clear();
  answers = {};
  peer.requests.length = 0;
  app = await trusting(peer.origin);
});
afterEach(() => vi.useRealTimers());

function trusting(issuers: string, settings = {}): Promise<BrokerInProcess> {
  return BrokerInProcess.start(op, new MemoryStore(), { BROKER_TRUSTED_ISSUERS: issuers, ...settings });
}

const later = (seconds: number) => vi.useFakeTimers({ now: Date.now() + seconds * 1000, toFake: ["Date"] });
const requests = () => peer.requests.map(({ path }) => path);
const REFUSED = [401, "invalid_token"];

/** Makes a key, and a function that signs tokens with it. */
async function makeSigner(kid: string, alg = "RS256") {
  const { privateKey, publicKey } = await generateKeyPair(alg);
  const usual = () => ({
    iss: peer.origin,
    sub: "peter",
    aud: AUDIENCE,
    iat: nowInSeconds(),
    exp: nowInSeconds() + 600,
  });
  return {
    jwk: { ...(await exportJWK(publicKey)), kid, alg },
    sign: (claims: object = {}, header: object = {}) =>
      new SignJWT(JSON.parse(JSON.stringify({ ...usual(), ...claims })))
        .setProtectedHeader({ alg, kid, ...header })
        .sign(privateKey),
  };
}

const publish =
  (...keys: object[]): Answerer =>
  () => ({ json: { keys } });

describe("an app that trusts another app [P11]", () => {
  test("an app accepts an access token of another app that it trusts", async () => {
    const theirs = await BrokerInProcess.start(op, new MemoryStore(), { APP_BASE_URL: peer.origin });
    answers[JWKS] = async () => ({ json: (await theirs.get(".well-known/jwks.json")).body });
    const atProvider = await theirs.begin();
    const { headers } = await theirs.comeBack(atProvider);
    const { body } = await theirs.redeem(new URL(headers.get("location") ?? ""));
    const token = String(body?.access_token);
    expect(await app.whoCalls(token)).toEqual([200, "alice"]);
    expect(requests()).toEqual([JWKS]);
    expect(await theirs.whoCalls(token)).toEqual([200, "alice"]);
  });

  test("an app refuses a token of a trusted app that is for another audience", async () => {
    const settings = { APP_BASE_URL: peer.origin, BROKER_AUDIENCE: "https://another.example.com" };
    const theirs = await BrokerInProcess.start(op, new MemoryStore(), settings);
    answers[JWKS] = async () => ({ json: (await theirs.get(".well-known/jwks.json")).body });
    const { access_token } = await theirs.logIn();
    expect(await app.whoCalls(access_token)).toEqual(REFUSED);
  });
});

describe("a token of a trusted issuer", () => {
  test("once the issuer's keys are known, the app checks tokens without a request", async () => {
    const { jwk, sign } = await makeSigner("k");
    answers[JWKS] = publish(jwk);
    for (let count = 0; count < 5; count += 1) {
      expect(await app.whoCalls(await sign())).toEqual([200, "peter"]);
    }
    expect(requests()).toEqual([JWKS]);
    expect(peer.requests[0]?.headers.cookie).toBeUndefined();
  });

  test("the handler gets the token's issuer, because the same sub may be another person there", async () => {
    const { jwk, sign } = await makeSigner("k");
    answers[JWKS] = publish(jwk);
    const handler = app.broker.requireToken({}, (_request, { iss }) => Response.json({ iss }));
    const headers = { authorization: `Bearer ${await sign()}` };
    const response = await app.run(() => handler(new Request("http://0.0.0.0:3000/x", { headers }), {}));
    expect(await response.json()).toEqual({ iss: peer.origin });
  });

  test.each<[string, object, object]>([
    ["for another audience", { aud: "https://another.example.com" }, {}],
    ["that has expired", { exp: nowInSeconds() - 31 }, {}],
    ["without an expiry", { exp: undefined }, {}],
    ["that is not valid yet", { nbf: nowInSeconds() + 300 }, {}],
    ["without a subject", { sub: undefined }, {}],
    ["that is an ID token (it has a nonce)", { nonce: "n" }, {}],
    ["that is an ID token (it has an at_hash)", { at_hash: "h" }, {}],
    ["that is an ID token (Keycloak's claim typ)", { typ: "ID" }, {}],
    ["that is a logout token", { events: {} }, {}],
    ["that is bound to a key", { cnf: { jkt: "k" } }, {}],
    ["with the typ logout+jwt", {}, { typ: "logout+jwt" }],
    ["with an unknown kid", {}, { kid: "elsewhere" }],
    ["whose iss has a trailing slash", { iss: "PEER/" }, {}],
  ])("a token %s is refused", async (_, claims, header) => {
    const { jwk, sign } = await makeSigner("k");
    answers[JWKS] = publish(jwk);
    const iss = "iss" in claims ? `${peer.origin}/` : peer.origin;
    expect(await app.whoCalls(await sign({ ...claims, iss }, header))).toEqual(REFUSED);
  });

  test.each(["ES256", "PS256", "EdDSA"])(
    "a token signed with %s is refused, because only RS256 is allowed",
    async (alg) => {
      const { jwk, sign } = await makeSigner("k", alg);
      answers[JWKS] = publish(jwk);
      expect(await app.whoCalls(await sign())).toEqual(REFUSED);
    },
  );

  test("a token is accepted even if the issuer also publishes keys of other types", async () => {
    const [{ jwk, sign }, other] = [await makeSigner("k"), await makeSigner("e", "ES256")];
    answers[JWKS] = publish(other.jwk, jwk, { kty: "oct" }, {});
    expect(await app.whoCalls(await sign())).toEqual([200, "peter"]);
  });

  test.each(["at+jwt", "application/at+jwt", "JWT", undefined])(
    "a token may have the typ %s",
    async (typ) => {
      const { jwk, sign } = await makeSigner("k");
      answers[JWKS] = publish(jwk);
      expect(await app.whoCalls(await sign({}, { typ }))).toEqual([200, "peter"]);
    },
  );

  test("a token is checked with the keys of its own issuer only, not with those of another trusted issuer", async () => {
    const [mine, theirs] = [await makeSigner("k"), await makeSigner("other")];
    const second = await startLocalServer(publish(theirs.jwk));
    app = await trusting(`${peer.origin},${second.origin}`);
    answers[JWKS] = publish(mine.jwk);
    expect(await app.whoCalls(await theirs.sign({ iss: second.origin }))).toEqual([200, "peter"]);
    expect(await app.whoCalls(await theirs.sign({ iss: peer.origin }))).toEqual(REFUSED);
    expect(await app.whoCalls(await mine.sign({ iss: second.origin }))).toEqual(REFUSED);
    await second.close();
  });

  test("a trusted issuer cannot issue tokens in this app's name, even if it publishes this app's key id", async () => {
    const { access_token } = await app.logIn();
    const kid = JSON.parse(Buffer.from(access_token.split(".")[0] ?? "", "base64url").toString()).kid;
    const { jwk, sign } = await makeSigner(kid);
    answers[JWKS] = publish(jwk);
    expect(await app.whoCalls(await sign())).toEqual([200, "peter"]);
    const header = { typ: "at+jwt" };
    expect(await app.whoCalls(await sign({ iss: "https://app.example.com" }, header))).toEqual(REFUSED);
    expect(await app.whoCalls(access_token)).toEqual([200, "alice"]);
  });
});

describe("a token of an issuer that is not trusted", () => {
  test("a token of an untrusted issuer is refused without any request", async () => {
    const { jwk, sign } = await makeSigner("k");
    answers[JWKS] = publish(jwk);
    const untrusted = await startLocalServer(publish(jwk));
    const names = [
      untrusted.origin,
      `${peer.origin}/`,
      `${peer.origin}.evil.example`,
      peer.origin.toUpperCase(),
    ];
    names.push(`${peer.origin}/auth/v2`, `${peer.origin}#`, "https://app.example.com", op.issuer);
    for (const iss of names) expect(await app.whoCalls(await sign({ iss, aud: AUDIENCE }))).toEqual(REFUSED);
    for (const iss of [[peer.origin], { url: peer.origin }, 7, null]) {
      expect(await app.whoCalls(await sign({ iss }))).toEqual(REFUSED);
    }
    expect(untrusted.requests).toEqual([]);
    expect(peer.requests).toEqual([]);
    await untrusted.close();
  });
});

describe("a trusted issuer's server", () => {
  test("if a trusted issuer is not a broker, the app finds its keys in its discovery document", async () => {
    const { jwk, sign } = await makeSigner("k");
    answers[DISCOVERY] = () => ({ json: { issuer: peer.origin, jwks_uri: `${peer.origin}/keys` } });
    answers["/keys"] = publish(jwk);
    expect(await app.whoCalls(await sign())).toEqual([200, "peter"]);
    expect(requests()).toEqual([JWKS, DISCOVERY, "/keys"]);
  });

  test.each<[string, object]>([
    ["about another issuer", { issuer: "https://other.example.com", jwks_uri: "PEER/keys" }],
    ["whose jwks_uri is not https", { issuer: "PEER", jwks_uri: "http://other.example.com/keys" }],
    ["without a jwks_uri", { issuer: "PEER" }],
  ])("the app ignores a discovery document %s, and refuses the token", async (_, document) => {
    const { jwk, sign } = await makeSigner("k");
    answers[DISCOVERY] = () => ({
      json: JSON.parse(JSON.stringify(document).replaceAll("PEER", peer.origin)),
    });
    answers["/keys"] = publish(jwk);
    const fetching = vi.spyOn(globalThis, "fetch");
    expect(await app.whoCalls(await sign())).toEqual(REFUSED);
    expect(fetching.mock.calls.map(([url]) => url)).toEqual([peer.origin + JWKS, peer.origin + DISCOVERY]);
  });

  test("if the issuer is down when the app starts, the app fetches its keys half a minute later", async () => {
    const { jwk, sign } = await makeSigner("k");
    answers[JWKS] = () => "reset";
    expect(await app.whoCalls(await sign())).toEqual(REFUSED);
    answers[JWKS] = publish(jwk);
    expect(await app.whoCalls(await sign())).toEqual(REFUSED);
    later(31);
    expect(await app.whoCalls(await sign())).toEqual([200, "peter"]);
  });

  test("if the issuer goes down later, the app accepts its tokens for another day", async () => {
    const { jwk, sign } = await makeSigner("k");
    answers[JWKS] = publish(jwk);
    await app.whoCalls(await sign());
    answers[JWKS] = () => "reset";
    later(86_000);
    expect(await app.whoCalls(await sign())).toEqual([200, "peter"]);
    later(1_000);
    expect(await app.whoCalls(await sign())).toEqual(REFUSED);
  });

  test("after the issuer rotates its keys, the app accepts new tokens within a minute", async () => {
    const [before, after] = [await makeSigner("before"), await makeSigner("after")];
    answers[JWKS] = publish(before.jwk);
    expect(await app.whoCalls(await before.sign())).toEqual([200, "peter"]);
    answers[JWKS] = publish(after.jwk, before.jwk);
    later(31);
    expect(await app.whoCalls(await after.sign())).toEqual([200, "peter"]);
    expect(await app.whoCalls(await before.sign())).toEqual([200, "peter"]);
  });

  test("ten minutes after the issuer withdraws a key, the app refuses tokens signed with it", async () => {
    const [before, after] = [await makeSigner("before"), await makeSigner("after")];
    answers[JWKS] = publish(before.jwk);
    await app.whoCalls(await before.sign());
    answers[JWKS] = publish(after.jwk);
    later(601);
    await app.whoCalls(await before.sign()); // makes the app fetch the keys in the background
    await vi.waitUntil(() => requests().length === 2);
    await vi.waitUntil(async () => (await app.whoCalls(await before.sign()))[0] === 401);
  });

  test("tokens with unknown keys make the app ask the issuer at most once in half a minute", async () => {
    const [known, unknown] = [await makeSigner("k"), await makeSigner("unknown")];
    answers[JWKS] = publish(known.jwk);
    await app.whoCalls(await known.sign());
    const tokens = await Promise.all(Array.from({ length: 30 }, () => unknown.sign()));
    await Promise.all(tokens.map((token) => app.whoCalls(token)));
    expect(requests().length).toBe(1);
    later(31);
    await Promise.all(tokens.map((token) => app.whoCalls(token)));
    expect(requests().length).toBe(2);
  });

  test.each(["hang", "drip"] as const)(
    "a slow issuer (%s) delays a request by about three seconds at most",
    async (fault) => {
      const { sign } = await makeSigner("k");
      answers[JWKS] = () => fault;
      const startedAt = performance.now();
      expect(await app.whoCalls(await sign())).toEqual(REFUSED);
      expect(performance.now() - startedAt).toBeLessThan(4_500);
      expect(await app.whoCalls(await sign())).toEqual(REFUSED); // at once
      expect(performance.now() - startedAt).toBeLessThan(4_500);
    },
  );

  test("the app ignores an answer that is too large, even if it contains the key", async () => {
    const { jwk, sign } = await makeSigner("k");
    answers[JWKS] = () => ({ json: { keys: [jwk], filler: "x".repeat(300_000) } });
    expect(await app.whoCalls(await sign())).toEqual(REFUSED);
  });

  test.each<[string, Answerer]>([
    ["HTML", () => ({ text: "<!doctype html>" })],
    ["null", () => ({ json: null })],
    ["a text instead of the list", () => ({ json: { keys: "none" } })],
    ["a list without keys", () => ({ json: { keys: [null, 7, "x"] } })],
    ["a redirect", () => ({ status: 302, headers: { location: "http://127.0.0.1:1/" } })],
    ["half an answer", () => "cut"],
  ])("if the issuer answers with %s, the app refuses the token and does not log it", async (_, answer) => {
    const { sign } = await makeSigner("k");
    answers[JWKS] = answer;
    expect(await app.whoCalls(await sign())).toEqual(REFUSED);
    expect(app.logged.join("\n")).not.toMatch(/eyJ[\w-]{5,}\./);
  });
});
