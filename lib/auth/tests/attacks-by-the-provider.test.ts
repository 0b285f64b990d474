import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { AppInProcess } from "@/dev/testing/app-in-process.ts";
import { type LocalServer, startLocalServer } from "@/dev/testing/local-server.ts";
import { ScriptedProvider } from "@/dev/testing/scripted-provider.ts";

vi.mock("next/headers", () => ({}));

const DISCOVERY = "/.well-known/openid-configuration";
/** Each row: the path of a URL that the app requests, and the reason if a login fails there. */
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

/** Makes an answer from JSON text. In an object literal, the key `__proto__` would set the prototype instead. */
const json = (text: string) => ({ headers: { "content-type": "application/json" }, text });

describe.each(ASKED)("an answer of the provider at %s", (path, reason) => {
  test.each([301, 302, 303, 307, 308])(
    "a redirect with %i is not followed, and the login fails",
    async (status) => {
      op.answers[path] = () => ({ status, headers: { location: `${elsewhere.origin}/` } });
      expect(await app.logIn()).toBe(`/auth/error?reason=${reason}`);
      expect(elsewhere.requests).toEqual([]);
      expect(await app.session()).toBeNull();
    },
  );

  test("a compressed answer that unpacks to 64 MB is aborted after 1 MB, and the login fails", async () => {
    const bomb = gzipSync(Buffer.alloc(64_000_000, " "), { level: 1 });
    op.answers[path] = () => ({
      headers: { "content-type": "application/json", "content-encoding": "gzip" },
      text: bomb,
    });
    expect(await app.logIn()).toBe(`/auth/error?reason=${reason}`);
    expect(JSON.stringify(app.warnings)).toContain("longer than 1000000 bytes");
  });

  test("an answer that never ends is aborted after 1 MB, and the login fails", async () => {
    op.answers[path] = () => "flood";
    expect(await app.logIn()).toBe(`/auth/error?reason=${reason}`);
    expect(JSON.stringify(app.warnings)).toContain("longer than 1000000 bytes");
  });

  test("an answer that is not compressed as its header states fails the login", async () => {
    op.answers[path] = () => ({
      headers: { "content-type": "application/json", "content-encoding": "gzip" },
      text: '{"not": "packed"}',
    });
    expect(await app.logIn()).toMatch(
      /^\/auth\/error\?reason=(provider_unavailable|invalid_response|configuration)$/,
    );
  });
});

describe("members of an answer with names that objects inherit, such as __proto__", () => {
  const POLLUTION =
    '"__proto__": {"polluted": true, "name": "Mallory", "sub": "mallory"}, "constructor": {"prototype": {"polluted": true}}';

  test("inherited names in an ID token do not change the user or any object", async () => {
    op.claims = { ...(JSON.parse(`{${POLLUTION}}`) as object) };
    expect(await app.logIn()).toBe("/profile");
    await expectClean();
  });

  test("inherited names in userinfo do not change the user or any object", async () => {
    op.answers["/userinfo"] = () => json(`{"sub": "alice", "email": "alice@example.com", ${POLLUTION}}`);
    expect(await app.logIn()).toBe("/profile");
    await expectClean();
  });

  test("a sub inside __proto__ is not accepted as the sub of userinfo", async () => {
    op.answers["/userinfo"] = () => json('{"__proto__": {"sub": "alice", "name": "Mallory"}}');
    expect(await app.logIn()).toBe("/profile");
    const { toUser } = await import("../current-user.ts");
    const session = await app.session();
    expect(session?.userinfo).toBeNull();
    expect(session && toUser(session)).toMatchObject({ sub: "alice", name: "Anonymous" });
  });

  test("a sub inside __proto__ is not accepted as the sub of an ID token", async () => {
    op.claims = { sub: undefined, ...(JSON.parse('{"__proto__": {"sub": "alice"}}') as object) };
    expect(await app.logIn()).toBe("/auth/error?reason=invalid_response");
  });

  test("an endpoint inside __proto__ of a discovery document is not accepted", async () => {
    const { issuer } = op;
    op.answers[DISCOVERY] = () =>
      json(`{"issuer": "${issuer}", "authorization_endpoint": "${issuer}/a", "jwks_uri": "${issuer}/jwks",
        "__proto__": {"token_endpoint": "${elsewhere.origin}/token"}}`);
    expect(await app.logIn()).toBe("/auth/error?reason=configuration");
    expect(Object.hasOwn(Object.prototype, "token_endpoint")).toBe(false);
  });

  test("tokens inside __proto__ of a token response are not accepted", async () => {
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

describe("a discovery document with unusable URLs", () => {
  test.each(["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "/relative", "not a url", ""])(
    "a login does not redirect to the authorization endpoint %j",
    async (url) => {
      op.metadata = { authorization_endpoint: url };
      expect((await app.begin()).pathname).toBe("/auth/error");
    },
  );

  test.each([42, null, {}, ["https://x.example"]])(
    "a login does not redirect to an authorization endpoint that is not text: %j",
    async (url) => {
      op.metadata = { authorization_endpoint: url };
      expect((await app.begin()).pathname).toBe("/auth/error");
    },
  );

  test.each(["javascript:alert(1)", "data:text/html,x", "/relative", 42])(
    "a logout does not redirect to the end-session endpoint %j",
    async (url) => {
      op.metadata = { end_session_endpoint: url };
      const { endSessionUrl } = await import("../provider/index.ts");
      await expect(endSessionUrl({})).rejects.toThrow();
    },
  );

  /** Makes a `data:` URL, which contains its own response. */
  const dataUrl = (json: unknown) => `data:application/json,${encodeURIComponent(JSON.stringify(json))}`;

  test.each([
    ["jwks_uri", async () => ({ keys: op.published })],
    [
      "token_endpoint",
      async () => ({ access_token: "a", token_type: "Bearer", id_token: await op.idToken() }),
    ],
    ["userinfo_endpoint", async () => ({ sub: "alice" })],
  ] as const)(
    "a login fails if %s is a data: URL, even if that contains the right answer",
    async (field, answer) => {
      op.metadata = { [field]: dataUrl(await answer()) };
      expect(await app.logIn()).toBe("/auth/error?reason=configuration");
      expect(app.warnings[0]?.refused).toEqual({ [field]: expect.stringMatching(/^data:application/) });
      expect(new Set(op.asked)).toEqual(new Set([DISCOVERY]));
    },
  );

  test.each([
    "file:///etc/passwd",
    "ftp://127.0.0.1/",
    "http://169.254.169.254/latest",
    "http://app.example/",
  ])("the app sends no request to an endpoint with the URL %j", async (url) => {
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

  test.each([42, {}, ["https://x.example"], "/relative"])("a login fails if jwks_uri is %j", async (url) => {
    op.metadata = { jwks_uri: url };
    expect(await app.logIn()).toBe("/auth/error?reason=configuration");
  });
});
