import { beforeEach, describe, expect, test, vi } from "vitest";
import { FakeCookieJar } from "@/dev/testing/cookie-jar.ts";
import { startScriptedProvider } from "@/dev/testing/fresh-process.ts";
import { openSession, startSession } from "@/dev/testing/kept-sessions.ts";
import { freshProcessWith, STORAGES, type StorageKind } from "@/dev/testing/storages.ts";
import { tokenSet } from "@/dev/testing/tokens.ts";
import { SITE } from "../site.ts";

/** Tasks that Next.js runs after the response. */
const afterwards = vi.hoisted((): (() => Promise<void>)[] => []);
vi.mock("next/server", () => ({ after: (task: () => Promise<void>) => afterwards.push(task) }));

const op = await startScriptedProvider();
let lib: typeof import("./logout.ts") & typeof import("./session-cookie.ts") & typeof import("./session.ts");
let jar: FakeCookieJar;

async function load(storage: StorageKind, settings: Record<string, string> = {}): Promise<void> {
  freshProcessWith(storage, { OIDC_ISSUER: op.issuer, ...settings });
  lib = {
    ...(await import("./logout.ts")),
    ...(await import("./session-cookie.ts")),
    ...(await import("./session.ts")),
  };
  const { log } = await import("../log.ts");
  log.level = "silent";
  jar = new FakeCookieJar([[`__Host-${SITE.id}.login.x`, "y"]]);
  await startSession(jar, lib.createSession(tokenSet(), null));
}

beforeEach(async () => {
  op.metadata = { end_session_endpoint: `${op.issuer}/logout` };
  afterwards.length = 0;
});

const logOut = (headers: Record<string, string> = {}, method = "POST") =>
  lib.logOut(new Request("http://0.0.0.0:3000/auth/logout", { method, headers }), jar, "r");

/** The only cookie that remains after a logout. It makes the home page show a notice. */
const NOTICE: readonly string[] = [
  `__Host-${SITE.id}.notice`, // part: demo
];

describe.each(STORAGES)("logging out of a session in %s [C5] [A5] [K6]", (storage) => {
  beforeEach(() => load(storage));

  test("a logout ends the session and redirects to the provider's logout", async () => {
    const response = await logOut();
    expect(response.status).toBe(303);
    const location = new URL(response.headers.get("location") ?? "");
    expect(location.origin + location.pathname).toBe(`${op.issuer}/logout`);
    expect(Object.fromEntries(location.searchParams)).toEqual({
      client_id: "the-client",
      id_token_hint: tokenSet().idToken,
      post_logout_redirect_uri: "https://app.example.com/",
      state: expect.stringMatching(/^[\w-]{22}$/),
    });
    expect(jar.names()).toEqual(NOTICE);
  });

  test.each([
    [2_000, true],
    [2_001, false],
  ])(
    "an ID token of %i characters is sent as id_token_hint: %j (Entra ID refuses long URLs)",
    async (length, sent) => {
      const idToken = tokenSet().idToken.padEnd(length, "A"); // a longer signature
      await startSession(jar, lib.createSession(tokenSet({ idToken }), null));
      const { searchParams } = new URL((await logOut()).headers.get("location") ?? "");
      expect(searchParams.has("id_token_hint")).toBe(sent);
      expect(searchParams.get("client_id")).toBe("the-client");
      expect(searchParams.get("post_logout_redirect_uri")).toBe("https://app.example.com/");
    },
  );

  test("a copy of the session cookie does not work after a logout", async () => {
    const copy = jar.copy();
    await logOut();
    expect(await openSession(copy)).toBeNull();
  });

  test("a logout without a session leads to the home page, and deletes leftover cookies", async () => {
    jar = new FakeCookieJar([[`__Host-${SITE.id}.session`, "rubbish"]]);
    const response = await logOut();
    expect([response.status, response.headers.get("location"), jar.names()]).toEqual([303, "/", NOTICE]);
  });

  test.each([
    ["https://tenant.eu.auth0.com", "https://tenant.eu.auth0.com/v2/logout"],
    ["https://tenant.auth0.com/", "https://tenant.auth0.com/v2/logout"],
    ["https://auth0.com", "https://auth0.com/v2/logout"],
    ["https://auth0.com.evil.example", null],
    ["https://notauth0.com", null],
  ])(
    "without an end-session endpoint, a logout at %s leads to %s (null: the home page) [A5]",
    async (issuer, expected) => {
      await load(storage, {
        OIDC_ISSUER: issuer,
        OIDC_AUTHORIZATION_ENDPOINT: `${issuer}/authorize`,
        OIDC_TOKEN_ENDPOINT: `${issuer}/token`,
        OIDC_JWKS_URI: `${issuer}/jwks`,
      });
      const location = (await logOut()).headers.get("location");
      if (expected === null) return expect(location).toBe("/");
      const query = new URLSearchParams({ client_id: "the-client", returnTo: "https://app.example.com/" });
      expect(location).toBe(`${expected}?${query}`);
    },
  );

  test("a logout ends the session even while the provider is unavailable", async () => {
    op.answers["/.well-known/openid-configuration"] = () => ({ status: 503 });
    const response = await logOut();
    expect([response.headers.get("location"), jar.names()]).toEqual(["/", NOTICE]);
  });

  test("a logout revokes the refresh token after the response, and a failed revocation has no effect", async () => {
    op.metadata = { ...op.metadata, revocation_endpoint: `${op.issuer}/revoke` };
    await logOut();
    expect(op.asked).not.toContain("/revoke");
    await Promise.all(afterwards.map((task) => task()));
    expect(new URLSearchParams(op.requestTo("/revoke")?.body).get("token")).toBe("refresh-token-0");
    op.answers["/revoke"] = () => "reset";
    await expect(Promise.all(afterwards.map((task) => task()))).resolves.toBeDefined();
  });
});

describe.each(STORAGES)("the origin of a logout request, with a session in %s", (storage) => {
  beforeEach(() => load(storage));

  test.each([
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { "sec-fetch-site": "" },
    { origin: "https://evil.example" },
    { origin: "null" },
    { origin: "https://app.example.com.evil.example" },
    { origin: "http://app.example.com" },
    { "sec-fetch-site": "none", origin: "null" },
    { "sec-fetch-site": "cross-site", origin: "null" },
    { "sec-fetch-site": "cross-site", origin: "https://app.example.com" },
    { "sec-purpose": "prefetch;prerender", "sec-fetch-site": "none" },
    { purpose: "prefetch" },
    { "x-moz": "prefetch" },
    { "next-router-prefetch": "1" },
    { "sec-fetch-site": "same-origin", "sec-fetch-dest": "image" },
    { "sec-fetch-site": "same-origin", "sec-fetch-dest": "script" },
    { "sec-fetch-site": "same-origin", "sec-fetch-dest": "iframe" },
    { "sec-fetch-site": "same-origin", "sec-fetch-dest": "empty" },
    { "sec-fetch-dest": "" },
  ])("a logout request with %j is refused and changes nothing", async (headers) => {
    const response = await logOut(headers as Record<string, string>);
    expect(response.status).toBe(403);
    expect(jar.written.filter(({ value }) => value === "")).toEqual([]);
    expect(await openSession(jar)).not.toBeNull();
    expect(afterwards).toEqual([]);
  });

  test.each([
    {},
    { "sec-fetch-site": "none" },
    { "sec-fetch-site": "same-origin" },
    { "sec-fetch-site": "same-origin", "sec-fetch-dest": "document", origin: "https://app.example.com" },
    { "sec-fetch-site": "same-origin", origin: "null" },
    { "sec-fetch-site": "same-origin", origin: "https://old-name.example.com" },
    { origin: "https://app.example.com" },
    { "x-moz": "" },
  ])("a logout request with %j is accepted", async (headers) => {
    expect((await logOut(headers as Record<string, string>)).status).toBe(303);
  });
});
