import { beforeEach, describe, expect, test, vi } from "vitest";
import { BrokerInProcess, tokensOf } from "@/dev/testing/broker-in-process.ts";
import { FakeCookieJar } from "@/dev/testing/cookie-jar.ts";
import { startScriptedProvider } from "@/dev/testing/fresh-process.ts";
import { openSession, startSession } from "@/dev/testing/kept-sessions.ts";
import { MemoryStore, unavailable } from "@/dev/testing/memory-store.ts";
import { tokenSet, unsignedJwt } from "@/dev/testing/tokens.ts";
import { isLoginPath, isRouteHandler, routeOf } from "@/lib/auth/routes.ts";

const cookies = vi.hoisted(() => new Map<string, string>());
const afterwards = vi.hoisted((): (() => Promise<void>)[] => []);
vi.mock("next/headers", async () => (await import("@/dev/testing/next-headers.ts")).nextHeaders(cookies));
vi.mock("next/server", async (original) => ({
  ...(await original<object>()),
  after: (task: () => Promise<void>) => afterwards.push(task),
}));

const op = await startScriptedProvider();
let store: MemoryStore;
let app: BrokerInProcess;

beforeEach(async () => {
  cookies.clear();
  store = new MemoryStore();
  app = await BrokerInProcess.start(op, store);
});

const GETS = ["login", "callback", "logout", "userinfo", "auth-ports", ".well-known/jwks.json"];
const POSTS = ["token", "device"];

describe("the broker's routes [P2]", () => {
  test.each(["/auth/v2/token", "/api/auth/v2/token"])(
    "the guard leaves requests for %s to the route handler",
    (path) => {
      expect(routeOf(path)).toMatchObject({ access: "session", json: true });
    },
  );

  test.each(["/me", "/maybe_me", "/api/me", "/api/maybe-me"])(
    "the guard lets everyone call %s, because its handler checks the caller",
    (path) => {
      expect(isRouteHandler(path)).toBe(true); // it is not a page, so the handler answers OPTIONS
      expect(routeOf(path)).toMatchObject({ access: "open", json: true });
      expect(routeOf(`${path}/below`)?.access, "nothing below it is open").not.toBe("open");
    },
  );

  test("a route of the broker cannot be the page to return to after a login", () => {
    expect(isLoginPath("/auth/v2/login")).toBe(true);
  });

  test("the routes below /auth/v2 and /api/auth/v2 have the same handlers", async () => {
    const [short, long] = [
      await import("@/app/auth/v2/[...path]/route.ts"),
      await import("@/app/api/auth/v2/[...path]/route.ts"),
    ];
    expect(Object.keys(short).sort()).toEqual(["GET", "POST"]);
    expect([long.GET, long.POST]).toEqual([short.GET, short.POST]);
  });

  test.each(GETS.filter((path) => path !== "callback"))(
    "a POST to %s gets 405, because only GET is allowed",
    async (path) => {
      const { status, headers } = await app.post(path, {});
      expect([status, headers.get("allow")]).toEqual([405, "GET"]);
    },
  );

  test.each(POSTS)("a GET of %s gets 405, because only POST is allowed", async (path) => {
    const { status, headers } = await app.get(path);
    expect([status, headers.get("allow")]).toEqual([405, "POST"]);
  });

  test("callback redirects the provider's form post to GET, so that the browser sends the login cookie", async () => {
    const { status, headers } = await app.post("callback", { code: "c", state: "s" });
    expect([status, headers.get("location")]).toEqual([303, "/auth/v2/callback?code=c&state=s"]);
  });

  test.each(["", "x", "token/x", "constructor", "__proto__", ".well-known/openid-configuration"])(
    "a request for the unknown route %j gets 404",
    async (path) => {
      expect(await app.get(path)).toMatchObject({ status: 404, body: { error: "not_found" } });
    },
  );

  test("without BROKER_AUDIENCE, the routes answer 404 and name the missing setting", async () => {
    app = await BrokerInProcess.start(op, store, { BROKER_AUDIENCE: undefined });
    for (const path of GETS) {
      const { status, body } = await app.get(path);
      expect([status, body?.detail]).toEqual([404, "Set BROKER_AUDIENCE to turn the token broker on."]);
    }
    for (const path of POSTS) expect((await app.post(path)).status).toBe(404);
    expect(store.operations).toEqual([]);
    expect(await app.whoCalls("x.y.z")).toEqual([401, "invalid_token"]);
  });

  test("while the store is unavailable, the routes answer 502, and a login can be finished later", async () => {
    const atProvider = await app.begin();
    store.before = unavailable;
    expect((await app.comeBack(atProvider)).status).toBe(502);
    expect((await app.get(".well-known/jwks.json")).status).toBe(502);
    expect((await app.post("token", { code: "c", redirect_uri: "r", code_verifier: "v" })).status).toBe(502);
    store.before = () => undefined;
    expect((await app.comeBack(atProvider)).status).toBe(303); // nothing was used up
  });

  test("auth-ports lists the ports that a redirect_uri may have", async () => {
    expect((await app.get("auth-ports")).body).toEqual({
      valid_ports: [53100, 53101, 53102, 53103, 53104, 53105],
    });
    app = await BrokerInProcess.start(op, store, { BROKER_REDIRECT_PORTS: "8000" });
    expect((await app.get("auth-ports")).body).toEqual({ valid_ports: [8000] });
    await app.begin({ redirect_uri: "http://localhost:8000/" });
  });
});

describe("a request that the token endpoint refuses", () => {
  test.each<[string, string | undefined, string]>([
    ["a request without a body and a content type", undefined, "invalid_request"],
    ["an empty form", "", "invalid_request"],
    ["a form without a code or a token", "grant_type=authorization_code", "invalid_request"],
    ["two grants", "code=c&refresh-token=r&redirect_uri=u&code_verifier=v", "invalid_request"],
    ["a refresh token under both spellings", "refresh-token=r&refresh_token=r", "invalid_request"],
    ["a parameter twice", "code=c&code=d&redirect_uri=u&code_verifier=v", "invalid_request"],
    ["a code without redirect_uri", "code=c&code_verifier=v", "invalid_request"],
    ["a code without code_verifier", "code=c&redirect_uri=u", "invalid_request"],
    ["an exchange without grant_type", "subject_token=t", "invalid_request"],
    ["a grant_type that does not match the parameter", "grant_type=refresh_token&code=c", "invalid_request"],
    ["an unknown grant_type", "grant_type=password&username=u&password=p", "unsupported_grant_type"],
    ["client credentials", "grant_type=client_credentials", "unsupported_grant_type"],
    ["an unknown code", "code=c&redirect_uri=u&code_verifier=v", "invalid_grant"],
    ["an unknown refresh token", "refresh-token=r", "invalid_grant"],
    ["an unknown device code", "device-code=d", "invalid_grant"],
    ["a form of 100 KB", `refresh-token=${"r".repeat(100_000)}`, "invalid_request"],
  ])("the token endpoint refuses %s", async (_, form, error) => {
    const { status, headers, body } = await app.post("token", form);
    expect(status).toBe(400);
    expect(body).toEqual({ error, error_description: expect.any(String), detail: body?.error_description });
    expect(headers.get("cache-control")).toContain("no-store");
  });

  test("the token endpoint refuses a JSON body", async () => {
    const json = { "content-type": "application/json" };
    const { status, body } = await app.post("token", '{"refresh-token": "r"}', json);
    expect([status, body?.error]).toEqual([400, "invalid_request"]);
  });
});

describe("userinfo [P6]", () => {
  const ask = (token: string) => app.get("userinfo", { authorization: `Bearer ${token}` });

  test("userinfo has the fields that programs read", async () => {
    op.claims = { preferred_username: "alice", given_name: "Alice", family_name: "Archer", name: "A. A." };
    const { access_token } = await app.logIn();
    expect(await ask(access_token)).toMatchObject({
      status: 200,
      body: {
        username: "alice",
        pw_name: "alice",
        first_name: "Alice",
        last_name: "Archer",
        email: "alice@example.com",
      },
    });
  });

  test("without given_name and family_name, userinfo uses the first and the last word of the name", async () => {
    op.claims = { preferred_username: "alice", name: "Alice von  Archer " };
    const { body } = await ask((await app.logIn()).access_token);
    expect([body?.first_name, body?.last_name]).toEqual(["Alice", "Archer"]);
  });

  test("userinfo answers 404 if the person has no username", async () => {
    expect((await ask((await app.logIn()).access_token)).status).toBe(404);
  });

  test("userinfo answers 401 without a valid token", async () => {
    expect((await app.get("userinfo")).headers.get("www-authenticate")).toBe("Bearer");
    expect((await ask("bad")).status).toBe(401);
  });

  test("after the program's login has ended, userinfo returns what the access token states", async () => {
    op.claims = { preferred_username: "alice", given_name: "Alice" };
    const { access_token, refresh_token } = await app.logIn();
    op.answers["/token"] = () => ({ status: 400, json: { error: "invalid_grant" } });
    await app.refresh({ refresh_token });
    const { body } = await ask(access_token);
    expect([body?.username, body?.first_name]).toEqual(["alice", ""]);
  });
});

describe("logout [P6]", () => {
  const AT_PROVIDER = () => ({ end_session_endpoint: `${op.issuer}/logout` });

  test("logout redirects to the provider, with the program's URL as post_logout_redirect_uri", async () => {
    op.metadata = AT_PROVIDER();
    app = await BrokerInProcess.start(op, store);
    const target = "http://localhost:53100/bye";
    const { status, headers } = await app.get(`logout?post_logout_redirect_uri=${target}`);
    const { origin, pathname, searchParams } = new URL(headers.get("location") ?? "");
    expect([status, origin + pathname]).toEqual([302, `${op.issuer}/logout`]);
    expect(searchParams.get("post_logout_redirect_uri")).toBe(target);
    expect(searchParams.get("client_id")).toBe("the-client");
  });

  test("without a logout at the provider, logout redirects to the program's URL or to the home page", async () => {
    const target = "http://localhost:53100/bye";
    const there = await app.get(`logout?post_logout_redirect_uri=${target}`);
    expect(there.headers.get("location")).toBe(target);
    expect((await app.get("logout")).headers.get("location")).toBe("/");
  });

  test.each(["https://evil.example/", "http://localhost:9999/", "//evil.example"])(
    "logout refuses to redirect to %s",
    async (target) => {
      const query = new URLSearchParams({ post_logout_redirect_uri: target });
      expect(await app.get(`logout?${query}`)).toMatchObject({
        status: 400,
        body: { error: "invalid_request" },
      });
    },
  );

  test("logout ends the browser's session and the login of the program whose access token is sent", async () => {
    op.metadata = AT_PROVIDER();
    app = await BrokerInProcess.start(op, store);
    const tokens = await app.logIn();
    const jar = new FakeCookieJar();
    const idToken = unsignedJwt({ iss: op.issuer, sub: "alice" });
    await app.run(async () => {
      const { createSession } = await import("@/lib/auth/session.ts");
      await startSession(jar, createSession(tokenSet({ idToken }), null));
    });
    for (const [name, value] of jar.cookies) cookies.set(name, value);
    const { headers } = await app.get("logout", { authorization: `Bearer ${tokens.access_token}` });
    expect(new URL(headers.get("location") ?? "").searchParams.get("id_token_hint")).toBe(idToken);
    expect(await app.run(() => openSession(jar))).toBeNull();
    expect((await app.refresh(tokens)).status).toBe(400);
    expect(afterwards).toHaveLength(1);
  });

  test.each<Record<string, string>>([
    { "sec-fetch-site": "cross-site", "sec-fetch-dest": "document" },
    { "sec-fetch-site": "same-origin", "sec-fetch-dest": "image" },
    { origin: "https://evil.example" },
    { "sec-purpose": "prefetch" },
  ])("logout refuses a request from another site, an image or a prefetch: %j", async (headers) => {
    const tokens = await app.logIn();
    const authorization = `Bearer ${tokens.access_token}`;
    expect((await app.get("logout", { ...headers, authorization })).status).toBe(400);
    tokensOf(await app.refresh(tokens));
  });
});
