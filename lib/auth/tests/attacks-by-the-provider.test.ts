import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { AppInProcess } from "@/dev/testing/app-in-process.ts";
import { type LocalServer, startLocalServer } from "@/dev/testing/local-server.ts";
import { ScriptedProvider } from "@/dev/testing/scripted-provider.ts";

vi.mock("next/headers", () => ({}));

const DISCOVERY = "/.well-known/openid-configuration";
/** Every address that the app requests on its own, and the reason if that fails. */
const ASKED = [
  [DISCOVERY, "configuration"],
  ["/jwks", "invalid_response"],
  ["/token", "invalid_response"],
  ["/userinfo", "invalid_response"],
] as const;

let op: ScriptedProvider;
let elsewhere: LocalServer;
let app: AppInProcess;

beforeAll(async () => {
  op = await ScriptedProvider.start();
  elsewhere = await startLocalServer(() => ({ json: {} }));
});
afterAll(() => Promise.all([op.close(), elsewhere.close()]));

beforeEach(async () => {
  op.reset();
  elsewhere.requests.length = 0;
  app = await AppInProcess.start(op, { OIDC_CLIENT_SECRET: "secret1" });
});

/** JSON that holds keys which an object literal cannot. */
const json = (text: string) => ({ headers: { "content-type": "application/json" }, text });

describe.each(ASKED)("an answer of %s", (path, reason) => {
  test.each([301, 302, 303, 307, 308])("that leads elsewhere with %i is not followed", async (status) => {
    op.answers[path] = () => ({ status, headers: { location: `${elsewhere.origin}/` } });
    expect(await app.logIn()).toBe(`/auth/error?reason=${reason}`);
    expect(elsewhere.requests).toEqual([]);
    expect(await app.session()).toBeNull();
  });

  test("that unpacks to 64 MB from a few KB is given up after the first of them", async () => {
    const bomb = gzipSync(Buffer.alloc(64_000_000, " "), { level: 1 });
    op.answers[path] = () => ({
      headers: { "content-type": "application/json", "content-encoding": "gzip" },
      text: bomb,
    });
    expect(await app.logIn()).toBe(`/auth/error?reason=${reason}`);
    expect(JSON.stringify(app.warnings)).toContain("longer than 1000000 bytes");
  });

  test("that never ends is given up", async () => {
    op.answers[path] = () => ({
      headers: { "content-type": "application/json", "content-length": "9000000" },
      text: "x".repeat(9_000_000),
    });
    expect(await app.logIn()).toBe(`/auth/error?reason=${reason}`);
    expect(JSON.stringify(app.warnings)).toContain("longer than 1000000 bytes");
  });

  test("that is packed otherwise than it says fails the login, no more", async () => {
    op.answers[path] = () => ({
      headers: { "content-type": "application/json", "content-encoding": "gzip" },
      text: '{"not": "packed"}',
    });
    expect(await app.logIn()).toMatch(
      /^\/auth\/error\?reason=(provider_unavailable|invalid_response|configuration)$/,
    );
  });
});

describe("claims named after what objects inherit", () => {
  const POLLUTION =
    '"__proto__": {"polluted": true, "name": "Mallory", "sub": "mallory"}, "constructor": {"prototype": {"polluted": true}}';

  test("change nothing: in the ID token", async () => {
    op.claims = { ...(JSON.parse(`{${POLLUTION}}`) as object) };
    expect(await app.logIn()).toBe("/profile");
    await expectClean();
  });

  test("change nothing: in userinfo", async () => {
    op.answers["/userinfo"] = () => json(`{"sub": "alice", "email": "alice@example.com", ${POLLUTION}}`);
    expect(await app.logIn()).toBe("/profile");
    await expectClean();
  });

  test("are not accepted as the sub of userinfo", async () => {
    op.answers["/userinfo"] = () => json('{"__proto__": {"sub": "alice", "name": "Mallory"}}');
    expect(await app.logIn()).toBe("/profile");
    const { toUser } = await import("../current-user.ts");
    const session = await app.session();
    expect(session?.userinfo).toBeNull();
    expect(session && toUser(session)).toMatchObject({ sub: "alice", name: "Anonymous" });
  });

  test("are not accepted as a claim of an ID token", async () => {
    op.claims = { sub: undefined, ...(JSON.parse('{"__proto__": {"sub": "alice"}}') as object) };
    expect(await app.logIn()).toBe("/auth/error?reason=invalid_response");
  });

  test("are not accepted as an endpoint of a discovery document", async () => {
    const { issuer } = op;
    op.answers[DISCOVERY] = () =>
      json(`{"issuer": "${issuer}", "authorization_endpoint": "${issuer}/a", "jwks_uri": "${issuer}/jwks",
        "__proto__": {"token_endpoint": "${elsewhere.origin}/token"}}`);
    expect(await app.logIn()).toBe("/auth/error?reason=configuration");
    expect(Object.hasOwn(Object.prototype, "token_endpoint")).toBe(false);
  });

  test("are not accepted as tokens", async () => {
    op.answers["/token"] = async () =>
      json(
        `{"__proto__": {"access_token": "a", "token_type": "Bearer", "id_token": "${await op.idToken()}"}}`,
      );
    expect(await app.logIn()).toBe("/auth/error?reason=invalid_response");
  });

  async function expectClean(): Promise<void> {
    expect("polluted" in {}).toBe(false);
    const session = await app.session();
    const { toUser } = await import("../current-user.ts");
    expect(session && toUser(session)).toMatchObject({ sub: "alice", name: "alice" });
  }
});

describe("a discovery document that lists addresses of another kind", () => {
  test.each(["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "/relative", "not a url", ""])(
    "sends nobody to the authorization endpoint %j",
    async (url) => {
      op.metadata = { authorization_endpoint: url };
      expect((await app.begin()).pathname).toBe("/auth/error");
    },
  );

  test.each([42, null, {}, ["https://x.example"]])("nor to %j", async (url) => {
    op.metadata = { authorization_endpoint: url };
    expect((await app.begin()).pathname).toBe("/auth/error");
  });

  test.each(["javascript:alert(1)", "data:text/html,x", "/relative", 42])(
    "sends nobody who logs out to %j",
    async (url) => {
      op.metadata = { end_session_endpoint: url };
      const { endSessionUrl } = await import("../provider/index.ts");
      await expect(endSessionUrl({})).rejects.toThrow();
    },
  );

  /** An address that holds its own answer. */
  const dataUrl = (json: unknown) => `data:application/json,${encodeURIComponent(JSON.stringify(json))}`;

  test.each([
    ["jwks_uri", async () => ({ keys: op.published })],
    [
      "token_endpoint",
      async () => ({ access_token: "a", token_type: "Bearer", id_token: await op.idToken() }),
    ],
    ["userinfo_endpoint", async () => ({ sub: "alice" })],
  ] as const)("logs nobody in with a data: URL as %s that holds the right answer", async (field, answer) => {
    op.metadata = { [field]: dataUrl(await answer()) };
    expect(await app.logIn()).toBe("/auth/error?reason=configuration");
    expect(app.warnings[0]?.refused).toEqual({ [field]: expect.stringMatching(/^data:application/) });
    expect(new Set(op.asked)).toEqual(new Set([DISCOVERY]));
  });

  test.each([
    "file:///etc/passwd",
    "ftp://127.0.0.1/",
    "http://169.254.169.254/latest",
    "http://app.example/",
  ])("asks no endpoint %j", async (url) => {
    const fetched = vi.spyOn(globalThis, "fetch");
    for (const field of ["jwks_uri", "token_endpoint", "userinfo_endpoint", "revocation_endpoint"]) {
      op.metadata = { [field]: url };
      app = await AppInProcess.start(op);
      expect(await app.logIn(), field).toBe("/auth/error?reason=configuration");
      expect(await app.session()).toBeNull();
    }
    const addresses = new Set(fetched.mock.calls.map(([address]) => String(address)));
    expect(addresses).toEqual(new Set([op.issuer + DISCOVERY]));
  });

  test.each([42, {}, ["https://x.example"], "/relative"])("nor one that is %j", async (url) => {
    op.metadata = { jwks_uri: url };
    expect(await app.logIn()).toBe("/auth/error?reason=configuration");
  });
});
