import { createHash } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { AUDIENCE, BrokerInProcess, REDIRECT_URI, tokensOf } from "@/dev/testing/broker-in-process.ts";
import { startScriptedProvider } from "@/dev/testing/fresh-process.ts";
import { MemoryStore } from "@/dev/testing/memory-store.ts";
import { decodeJwt } from "@/lib/auth/provider/index.ts";
import { nowInSeconds } from "@/lib/clock.ts";

const cookies = vi.hoisted(() => new Map<string, string>());
vi.mock("next/headers", async () => (await import("@/dev/testing/next-headers.ts")).nextHeaders(cookies));

const op = await startScriptedProvider();
let store: MemoryStore;
let app: BrokerInProcess;

beforeEach(async () => {
  cookies.clear();
  store = new MemoryStore();
  app = await BrokerInProcess.start(op, store);
});

const INVALID_GRANT = { status: 400, body: { error: "invalid_grant" } };
const INVALID_REQUEST = { status: 400, body: { error: "invalid_request" } };

describe("a program's login [P3]", () => {
  test("a program's login leads to the provider with PKCE, nonce, state and the registered callback", async () => {
    const { origin, searchParams } = await app.begin();
    expect(origin).toBe(op.issuer);
    expect(Object.fromEntries(searchParams)).toEqual({
      client_id: "the-client",
      response_type: "code",
      redirect_uri: "https://app.example.com/auth/v2/callback",
      scope: "openid profile email offline_access",
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: "S256",
    });
  });

  test("each login of a program has its own state, nonce and code challenge", async () => {
    const [one, other] = [await app.begin(), await app.begin()].map(({ searchParams }) => searchParams);
    for (const name of ["state", "nonce", "code_challenge"]) {
      expect(one?.get(name)).not.toBe(other?.get(name));
    }
  });

  test("a program's login sends the resource and the response mode of the settings", async () => {
    const settings = { OIDC_RESOURCE: "https://api.example.com", OIDC_RESPONSE_MODE: "form_post" };
    app = await BrokerInProcess.start(op, store, settings);
    const { searchParams } = await app.begin();
    expect(searchParams.get("resource")).toBe("https://api.example.com");
    expect(searchParams.get("response_mode")).toBe("form_post");
  });

  test("a program gets no code if the person's login is older than max_age (OpenID Connect Core 3.1.3.7)", async () => {
    app = await BrokerInProcess.start(op, store, { OIDC_AUTHORIZATION_PARAMS: "max_age=60" });
    op.claims = { auth_time: nowInSeconds() };
    expect((await app.begin()).searchParams.get("max_age")).toBe("60");
    expect((await app.authorize()).searchParams.has("code")).toBe(true);
    op.claims = { auth_time: nowInSeconds() - 600 };
    const { searchParams } = await app.authorize();
    expect([searchParams.get("error"), searchParams.has("code")]).toEqual(["server_error", false]);
  });

  test("a fourth login in one browser ends the oldest login, whatever the order of the cookies", async () => {
    const begun: URL[] = [];
    for (let second = 0; second < 3; second += 1) {
      vi.useFakeTimers({ now: Date.now() + 1_000, toFake: ["Date"] });
      begun.push(await app.begin());
    }
    const reversed = [...cookies].reverse();
    cookies.clear();
    for (const [name, value] of reversed) cookies.set(name, value);
    vi.useFakeTimers({ now: Date.now() + 1_000, toFake: ["Date"] });
    begun.push(await app.begin());
    const statuses: number[] = [];
    for (const url of begun) statuses.push((await app.comeBack(url)).status);
    expect(statuses).toEqual([400, 303, 303, 303]);
  });

  test("a person has ten minutes to log in, and then the program has one minute to exchange its code", async () => {
    const later = (seconds: number) =>
      vi.useFakeTimers({ now: Date.now() + seconds * 1_000, toFake: ["Date"] });
    const begun = await app.begin();
    later(590);
    const { status, headers } = await app.comeBack(begun);
    expect(status).toBe(303);
    later(55);
    tokensOf(await app.redeem(new URL(headers.get("location") ?? "")));
  });

  test("if the provider's token response has no scope, the program gets the scopes it requested (RFC 6749, 5.1)", async () => {
    op.tokenResponse = { scope: undefined };
    const { body } = await app.redeem(await app.authorize({ scope: "openid", offline_access: "" }));
    expect(body?.scope).toBe("openid");
  });

  test.each([
    [{ scope: "profile" }, "profile openid"],
    [{ scope: "openid email" }, "openid email"],
    [{ scope: "profile", offline_access: "TRUE" }, "profile offline_access openid"],
    [{ scope: "profile", offline_access: "1" }, "profile openid"],
  ])("the provider is asked for the scopes that the program requests: %j", async (query, scope) => {
    const { searchParams } = await app.begin({ offline_access: "false", ...query });
    expect(searchParams.get("scope")).toBe(scope);
  });

  test("offline_access is requested only if the provider supports it", async () => {
    op.metadata = { scopes_supported: ["openid", "profile"] };
    expect((await app.begin({ scope: "profile" })).searchParams.get("scope")).toBe("profile openid");
  });

  test.each([
    ["login", "login"],
    ["consent", "consent"],
    ["select_account", "select_account"],
    ["none", null],
  ])("the program's prompt=%s is sent to the provider as %s", async (prompt, sent) => {
    expect((await app.begin({ prompt })).searchParams.get("prompt")).toBe(sent);
  });

  test("a login with an unknown prompt is refused", async () => {
    const query = new URLSearchParams({ redirect_uri: REDIRECT_URI, prompt: "none login x" });
    expect(await app.get(`login?${query}`)).toMatchObject(INVALID_REQUEST);
  });

  test("the authorization parameters of the settings are sent too, and prompts are combined", async () => {
    app = await BrokerInProcess.start(op, store, {
      OIDC_AUTHORIZATION_PARAMS: "prompt=login&acr_values=gold",
      OIDC_AUDIENCE: "https://api.example.com",
    });
    const { searchParams } = await app.begin({ prompt: "consent" });
    expect(searchParams.get("prompt")).toBe("login consent");
    expect(searchParams.get("acr_values")).toBe("gold");
    expect(searchParams.get("audience")).toBe("https://api.example.com");
  });

  test("a login without a redirect_uri gets a JSON error that programs can read", async () => {
    expect(await app.get("login")).toMatchObject({
      status: 400,
      body: {
        error: "invalid_request",
        error_description: "redirect_uri is missing.",
        detail: "redirect_uri is missing.",
      },
    });
    expect(op.asked).toEqual([]);
  });

  test("a browser gets the error of a refused login as a page instead of JSON", async () => {
    const { status, headers } = await app.get("login", { accept: "text/html,*/*" });
    expect([status, headers.get("content-type")]).toEqual([400, "text/html; charset=utf-8"]);
  });

  test("a login request with a repeated parameter is refused (RFC 6749, 3.1)", async () => {
    const twice = `login?redirect_uri=${REDIRECT_URI}&redirect_uri=http://localhost:53101/`;
    expect(await app.get(twice)).toMatchObject(INVALID_REQUEST);
  });

  test("a prefetch or a script cannot begin a login", async () => {
    for (const headers of [{ "sec-purpose": "prefetch" }, { "sec-fetch-dest": "empty" }]) {
      expect(await app.get(`login?redirect_uri=${REDIRECT_URI}`, headers)).toMatchObject(INVALID_REQUEST);
    }
  });

  test.each(["cross-site", "same-site"])(
    "a login that another site begins (%s) continues only after the person confirms it",
    async (site) => {
      const query = new URLSearchParams({ redirect_uri: REDIRECT_URI, state: '"><&' });
      const asked = await app.get(`login?${query}`, { "sec-fetch-site": site, "sec-fetch-dest": "document" });
      expect([asked.status, cookies.size]).toEqual([200, 0]);
      expect(asked.text).toContain("http://localhost:53100");
      const [, link = ""] = /href="(\?[^"]*)"/.exec(asked.text) ?? [];
      const onward = `login${link.replaceAll("&amp;", "&")}`;
      const { status, headers } = await app.get(onward, { "sec-fetch-site": "same-origin" });
      expect([status, new URL(headers.get("location") ?? "").origin]).toEqual([302, op.issuer]);
    },
  );

  test("a login cannot begin in a frame, not even by a click on the confirmation page", async () => {
    for (const site of ["cross-site", "same-origin"]) {
      const headers = { "sec-fetch-site": site, "sec-fetch-dest": "iframe" };
      expect((await app.get(`login?redirect_uri=${REDIRECT_URI}`, headers)).status).toBe(200);
      expect(cookies.size).toBe(0);
    }
  });

  test("a login begins at once if a program opened the browser (Sec-Fetch-Site: none)", async () => {
    const headers = { "sec-fetch-site": "none", "sec-fetch-dest": "document" };
    expect((await app.get(`login?redirect_uri=${REDIRECT_URI}`, headers)).status).toBe(302);
  });

  test("while the provider is down, a login gets 502 and sets no cookie", async () => {
    app = await BrokerInProcess.start(op, store, { OIDC_ISSUER: "http://127.0.0.1:1" });
    const { status, body } = await app.get(`login?redirect_uri=${REDIRECT_URI}`);
    expect([status, body?.error]).toEqual([502, "temporarily_unavailable"]);
    expect(cookies.size).toBe(0);
  });

  test("logins that have only begun write nothing to the store", async () => {
    for (let count = 0; count < 20; count += 1) await app.begin();
    expect(store.entries.size).toBe(0);
    expect(cookies.size).toBe(3);
  });
});

describe("the callback of a program's login [P3]", () => {
  test("the callback redirects to the program with a code of the app, the program's state and iss", async () => {
    const { origin, pathname, searchParams } = await app.authorize({ state: "the program's" });
    expect(origin + pathname).toBe(REDIRECT_URI);
    expect([...searchParams.keys()]).toEqual(["code", "state", "iss"]);
    expect(searchParams.get("code")).toMatch(/^[\w-]{43}$/);
    expect(searchParams.get("state")).toBe("the program's");
    expect(searchParams.get("iss")).toBe("https://app.example.com"); // against mix-up attacks (RFC 9207)
  });

  test("the token request has the redirect_uri and the PKCE verifier of the login", async () => {
    const atProvider = await app.begin();
    await app.comeBack(atProvider);
    const sent = new URLSearchParams(op.requestTo("/token")?.body);
    expect(sent.get("redirect_uri")).toBe("https://app.example.com/auth/v2/callback");
    const verifier = sent.get("code_verifier") ?? "";
    expect(createHash("sha256").update(verifier).digest("base64url")).toBe(
      atProvider.searchParams.get("code_challenge"),
    );
  });

  test("the callback keeps the query of the program's redirect_uri", async () => {
    const redirect_uri = "http://127.0.0.1:53101/done?run=7";
    const { search } = await app.authorize({ redirect_uri });
    expect(search).toMatch(/^\?run=7&code=/);
  });

  test("the callback answers with the tokens if the login's redirect_uri is the app's own callback", async () => {
    const redirect_uri = "https://app.example.com/auth/v2/callback";
    const tokens = tokensOf(await app.comeBack(await app.begin({ redirect_uri })));
    expect(await app.whoCalls(tokens.access_token)).toEqual([200, "alice"]);
  });

  test("a callback without a state, or with an unknown state, is refused", async () => {
    await app.begin();
    expect(await app.get("callback?code=the-code")).toMatchObject(INVALID_REQUEST);
    const unknown = "x".repeat(43);
    expect(await app.get(`callback?code=the-code&state=${unknown}`)).toMatchObject(INVALID_REQUEST);
    expect(op.asked).not.toContain("/token");
  });

  test("a callback is refused the second time, even with a copy of the login cookie", async () => {
    const atProvider = await app.begin();
    const copy = new Map(cookies);
    await app.comeBack(atProvider);
    expect(await app.comeBack(atProvider)).toMatchObject(INVALID_REQUEST);
    const asked = op.asked.length;
    for (const [name, value] of copy) cookies.set(name, value);
    expect(await app.comeBack(atProvider)).toMatchObject(INVALID_REQUEST);
    expect(op.asked.length).toBe(asked);
  });

  test("a browser that sends a callback twice at once gets the same code both times", async () => {
    const atProvider = await app.begin();
    const [cookie] = [...cookies];
    op.answers["/userinfo"] = async () => {
      await setTimeout(300);
      return { json: { sub: "alice" } };
    };
    const first = app.comeBack(atProvider);
    await vi.waitUntil(() => store.keys("answered").length);
    if (cookie) cookies.set(...cookie);
    const answers = await Promise.all([first, app.comeBack(atProvider)]);
    const [one, other] = answers.map(({ headers }) => headers.get("location"));
    expect(one).toContain("?code=");
    expect(other).toBe(one);
    expect(op.asked.filter((path) => path === "/token")).toHaveLength(1);
  });

  test("a callback in a browser that did not begin the login is refused", async () => {
    const atProvider = await app.begin();
    cookies.clear();
    expect(await app.comeBack(atProvider)).toMatchObject(INVALID_REQUEST);
    expect(op.asked).not.toContain("/token");
  });

  test("a callback more than ten minutes after the login began is refused", async () => {
    const atProvider = await app.begin();
    vi.useFakeTimers({ now: Date.now() + 601_000, toFake: ["Date"] });
    expect(await app.comeBack(atProvider)).toMatchObject(INVALID_REQUEST);
    vi.useRealTimers();
  });

  test.each([
    ["access_denied", { error: "access_denied" }, "access_denied"],
    ["any other, as server_error", { error: "login_required" }, "server_error"],
  ])("the callback passes the provider's error on to the program: %s", async (_, answer, error) => {
    const { status, headers } = await app.comeBack(await app.begin({ state: "s" }), answer);
    const { searchParams } = new URL(headers.get("location") ?? "");
    expect([status, searchParams.get("error"), searchParams.get("state")]).toEqual([303, error, "s"]);
    expect(searchParams.get("code")).toBeNull();
  });

  test("if the ID token is invalid, the program gets server_error and no text from the token", async () => {
    op.claims = { aud: "somebody-else" };
    const { headers } = await app.comeBack(await app.begin());
    const location = headers.get("location") ?? "";
    expect(new URL(location).searchParams.get("error")).toBe("server_error");
    expect(location).not.toContain("somebody-else");
    expect(store.keys("program")).toEqual([]);
  });
});

describe("a program's exchange of its code [P4]", () => {
  test("the token response has the fields that programs read", async () => {
    const now = nowInSeconds();
    const answered = await app.redeem(await app.authorize());
    const { access_token, refresh_token, expires, expires_in, refresh_expires, ...rest } = tokensOf(answered);
    expect(rest).toEqual({ token_type: "Bearer", scope: "openid profile" });
    expect(access_token).toMatch(/^eyJ/);
    expect(refresh_token).toMatch(/^[\w-]{64}$/);
    expect(expires - now).toBeGreaterThanOrEqual(3600);
    expect(expires - now - Number(expires_in)).toBeLessThan(5);
    expect(refresh_expires - now).toBeGreaterThanOrEqual(30 * 86_400);
    expect([expires, refresh_expires].every(Number.isInteger)).toBe(true);
    expect(answered.headers.get("cache-control")).toContain("no-store");
  });

  test("the access token has the documented claims", async () => {
    op.claims = {
      preferred_username: "alice",
      realm_access: { roles: ["reader"] },
      resource_access: { jobs: { roles: ["runner"] }, other: null },
      groups: ["staff"],
      roles: ["writer"],
      permissions: ["read:admin-messages", 7],
    };
    const { access_token } = await app.logIn();
    const { header, claims } = decodeJwt(access_token) ?? expect.fail("no JWT");
    expect(header).toEqual({ alg: "RS256", typ: "at+jwt", kid: expect.any(String) });
    expect(claims).toEqual({
      iss: "https://app.example.com",
      sub: "alice",
      aud: AUDIENCE,
      iat: expect.any(Number),
      exp: Number(claims.iat) + 3600,
      jti: expect.any(String),
      scope: "openid profile",
      preferred_username: "alice",
      email: "alice@example.com",
      roles: ["read:admin-messages", "reader", "runner", "staff", "writer"],
    });
  });

  test("neither the token response nor the store shows a token of the provider", async () => {
    const text = JSON.stringify(await app.logIn());
    for (const secret of ["an-opaque-access-token", "refresh-1"]) expect(text).not.toContain(secret);
    const everything = JSON.stringify([...store.entries]);
    for (const secret of ["an-opaque-access-token", "refresh-1", "alice"])
      expect(everything).not.toContain(secret);
  });

  test("a program gets no refresh token if the provider issued none", async () => {
    op.tokenResponse = { refresh_token: undefined };
    const tokens = await app.logIn();
    expect(tokens.refresh_token).toBe("");
    expect(tokens.refresh_expires).toBe(tokens.expires);
  });

  test("a second exchange of a code fails, and also ends the login of the first (RFC 6749, 4.1.2)", async () => {
    const atProgram = await app.authorize();
    const tokens = tokensOf(await app.redeem(atProgram));
    expect(await app.redeem(atProgram)).toMatchObject(INVALID_GRANT);
    expect(await app.refresh(tokens)).toMatchObject(INVALID_GRANT);
  });

  test("of two simultaneous exchanges of one code, at most one succeeds, and the login ends", async () => {
    const atProgram = await app.authorize();
    const answers = await Promise.all([app.redeem(atProgram), app.redeem(atProgram)]);
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
    expect(answers.some(({ status }) => status === 400)).toBe(true);
    expect(store.keys("program")).toEqual([]);
  });

  test("a second exchange during the first makes both fail, and the provider's refresh token is revoked", async () => {
    op.metadata = { revocation_endpoint: `${op.issuer}/revoke` };
    op.answers["/revoke"] = () => ({});
    app = await BrokerInProcess.start(op, store);
    const atProgram = await app.authorize();
    store.before = async (name, [key = ""]) => {
      if (name !== "set" || !key.includes(":program:")) return;
      store.before = () => undefined;
      expect(await app.redeem(atProgram)).toMatchObject(INVALID_GRANT);
    };
    expect(await app.redeem(atProgram)).toMatchObject(INVALID_GRANT);
    expect(store.keys("program")).toEqual([]);
    expect(new URLSearchParams(op.requestTo("/revoke")?.body).get("token")).toBe("refresh-1");
  });

  test("a code is refused after a minute", async () => {
    const atProgram = await app.authorize();
    vi.useFakeTimers({ now: Date.now() + 61_000, toFake: ["Date"] });
    expect(await app.redeem(atProgram)).toMatchObject(INVALID_GRANT);
    vi.useRealTimers();
  });

  test.each([
    ["for another redirect_uri", { redirect_uri: "http://localhost:53101/callback" }],
    ["with another code_verifier", { code_verifier: "x".repeat(43) }],
    ["with an unknown code", { code: "x".repeat(43) }],
    ["with the code_verifier 0", { code_verifier: "0" }],
  ])("a code is refused %s", async (_, changes) => {
    expect(await app.redeem(await app.authorize(), changes)).toMatchObject(INVALID_GRANT);
    expect(store.keys("program")).toEqual([]);
  });

  test("a code is refused if the code_verifier is the state of another login", async () => {
    const [one, other] = [await app.authorize(), await app.authorize()];
    const code_verifier = other.searchParams.get("state") ?? "";
    expect(await app.redeem(one, { code_verifier })).toMatchObject(INVALID_GRANT);
  });

  test("an exchange with a wrong code_verifier uses up the code", async () => {
    const atProgram = await app.authorize();
    await app.redeem(atProgram, { code_verifier: "wrong" });
    expect(await app.redeem(atProgram)).toMatchObject(INVALID_GRANT);
  });

  test.each([{ redirect_uri: "" }, { code_verifier: "" }])(
    "an exchange with %j is refused",
    async (changes) => {
      expect(await app.redeem(await app.authorize(), changes)).toMatchObject(INVALID_REQUEST);
    },
  );

  describe("a program's exchange of its code with PKCE (RFC 7636)", () => {
    const verifier = "a".repeat(43);
    const query = {
      code_challenge: createHash("sha256").update(verifier).digest("base64url"),
      code_challenge_method: "S256",
    };

    test("a program that sent a PKCE challenge gets tokens for its verifier, and none for a wrong or missing one", async () => {
      tokensOf(await app.redeem(await app.authorize(query), { code_verifier: verifier }));
      const wrong = { code_verifier: "b".repeat(43) };
      expect(await app.redeem(await app.authorize(query), wrong)).toMatchObject(INVALID_GRANT);
      const missing = { code_verifier: "" };
      expect(await app.redeem(await app.authorize(query), missing)).toMatchObject(INVALID_REQUEST);
    });

    test("a program that uses PKCE gets no tokens for its state or for the challenge itself", async () => {
      expect(await app.redeem(await app.authorize(query))).toMatchObject(INVALID_GRANT);
      const changes = { code_verifier: query.code_challenge };
      expect(await app.redeem(await app.authorize(query), changes)).toMatchObject(INVALID_GRANT);
    });

    test.each(["plain", ""])(
      "a login with the code_challenge_method %j is refused, because only S256 is supported",
      async (code_challenge_method) => {
        const asked = new URLSearchParams({ redirect_uri: REDIRECT_URI, ...query, code_challenge_method });
        expect(await app.get(`login?${asked}`)).toMatchObject(INVALID_REQUEST);
      },
    );
  });
});

describe("the log", () => {
  test("the log contains no token, code, state or nonce of a login, whether it succeeds or fails", async () => {
    const atProvider = await app.begin();
    const atProgram = new URL((await app.comeBack(atProvider)).headers.get("location") ?? "");
    const tokens = tokensOf(await app.redeem(atProgram));
    await app.refresh(tokens);
    await app.redeem(atProgram);
    await app.refresh(tokens);
    await app.post("token", { "device-code": tokens.access_token });
    op.tokenResponse = { id_token: tokens.access_token };
    await app.comeBack(await app.begin());
    const log = app.logged.join("\n");
    expect(log).toContain("used again");
    const secrets = [tokens.access_token, tokens.refresh_token, "refresh-1", "an-opaque-access-token"];
    secrets.push(...["code", "state"].map((name) => atProgram.searchParams.get(name) ?? ""));
    secrets.push(...["state", "nonce"].map((name) => atProvider.searchParams.get(name) ?? ""));
    for (const secret of secrets) expect(log).not.toContain(secret);
    expect(log).not.toMatch(/eyJ[\w-]{5,}\./);
  });
});
