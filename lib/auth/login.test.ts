import { createHash } from "node:crypto";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { FakeCookieJar } from "@/dev/testing/cookie-jar.ts";
import { startScriptedProvider } from "@/dev/testing/fresh-process.ts";
import { openSession } from "@/dev/testing/kept-sessions.ts";
import type { ScriptedProvider } from "@/dev/testing/scripted-provider.ts";
import { freshProcessWith, STORAGES, type StorageKind } from "@/dev/testing/storages.ts";
import { SITE } from "../site.ts";

vi.mock("next/headers", () => ({}));

const op = await startScriptedProvider();
let lib: typeof import("./login.ts") & typeof import("./callback.ts") & typeof import("./session-cookie.ts");
let jar: FakeCookieJar;

async function load(settings: Record<string, string> = {}, storage: StorageKind = "cookies"): Promise<void> {
  freshProcessWith(storage, { OIDC_ISSUER: op.issuer, ...settings });
  lib = {
    ...(await import("./login.ts")),
    ...(await import("./callback.ts")),
    ...(await import("./session-cookie.ts")),
  };
  const { log } = await import("../log.ts");
  log.level = "silent";
}

beforeEach(async () => {
  jar = new FakeCookieJar();
  await load();
});

const REQUEST_ID = "request-1";

const request = (path: string, headers: Record<string, string> = {}) =>
  new Request(`http://0.0.0.0:3000${path}`, { headers });

/** Begins a login. @returns the authentication request's parameters */
async function begin(query = "", intent: "login" | "signup" = "login"): Promise<Record<string, string>> {
  const response = await lib.beginLogin(intent)(request(`/auth/login${query}`), jar, REQUEST_ID);
  expect(response.status).toBe(302);
  const location = new URL(response.headers.get("location") ?? "");
  expect(location.origin + location.pathname).toBe(`${op.issuer}/authorize`);
  return Object.fromEntries(location.searchParams);
}

/** The provider's answer to a login, arrived at the callback. @returns where the visitor is led */
async function finish(query: Record<string, string>): Promise<string | null> {
  const response = await lib.finishLogin(
    request(`/auth/callback?${new URLSearchParams(query)}`),
    jar,
    REQUEST_ID,
  );
  expect(response.status).toBe(303);
  return response.headers.get("location");
}

/** A whole login, as a provider does it that carries the nonce on. */
async function logIn(query = ""): Promise<string | null> {
  const { state = "", nonce } = await begin(query);
  op.claims = { ...op.claims, nonce };
  return finish({ code: "the-code", state });
}

/** A whole login with a provider that is scripted like this. */
function logInWith(
  script: Partial<Pick<ScriptedProvider, "answers" | "tokenResponse">>,
): Promise<string | null> {
  Object.assign(op, script);
  return logIn();
}

describe("beginning a login [C3] [A2] [K2]", () => {
  test("asks for a code with state, nonce and PKCE, and nothing that was not asked for", async () => {
    const { state, nonce, code_challenge, ...rest } = await begin();
    expect(rest).toEqual({
      client_id: "the-client",
      response_type: "code",
      redirect_uri: "https://app.example.com/auth/callback",
      scope: "openid profile email offline_access",
      code_challenge_method: "S256",
    });
    for (const value of [state, nonce, code_challenge]) expect(value).toMatch(/^[\w-]{43}$/);
    expect(new Set([state, nonce, code_challenge]).size).toBe(3);
  });

  test("sends a challenge that the verifier of the exchange fits (RFC 7636, 4.6)", async () => {
    const { code_challenge, nonce, state = "" } = await begin();
    op.claims = { nonce };
    await finish({ code: "c", state });
    const verifier = new URLSearchParams(op.requestTo("/token")?.body).get("code_verifier") ?? "";
    expect(createHash("sha256").update(verifier).digest("base64url")).toBe(code_challenge);
  });

  test("never uses the same values twice", async () => {
    const [one, two] = [await begin(), await begin()];
    for (const name of ["state", "nonce", "code_challenge"]) expect(one[name]).not.toBe(two[name]);
  });

  test("names audience and resource where they are set [A2]", async () => {
    await load({ OIDC_AUDIENCE: "the-api", OIDC_RESOURCE: "https://api.example.com/" });
    expect(await begin()).toMatchObject({ audience: "the-api", resource: "https://api.example.com/" });
  });

  test("a link never weakens what the settings ask for: the settings win", async () => {
    const asked = {
      acr_values: "mfa",
      organization: "org_1",
      prompt: "login",
      max_age: "60",
      access_type: "x",
    };
    await load({ OIDC_AUTHORIZATION_PARAMS: String(new URLSearchParams(asked)) });
    const link = "?acr_values=password&organization=org_2&prompt=none&max_age=3600&ui_locales=de";
    expect(await begin()).toMatchObject(asked);
    expect(await begin(link)).toMatchObject({ ...asked, ui_locales: "de" });
    expect(await begin(link, "signup")).toMatchObject({ ...asked, ui_locales: "de" });
  });

  test.each([
    ["consent", "", "consent"],
    ["consent", "login", "consent login"],
    ["consent", "login consent", "consent login"],
    ["login consent", "select_account", "login consent select_account"],
    ["consent", "none", "consent"],
    ["none", "login", "login"],
    ["", "none", "none"],
    ["", " login  consent ", "login consent"],
  ])("prompt values of settings (%j) and link (%j) are united: %j", async (set, link, asked) => {
    await load(set ? { OIDC_AUTHORIZATION_PARAMS: new URLSearchParams({ prompt: set }).toString() } : {});
    expect((await begin(`?${new URLSearchParams({ prompt: link })}`)).prompt).toBe(asked);
  });

  test("a sign-up goes by the settings for sign-ups first, and adds prompt=create to their prompt", async () => {
    op.metadata = { prompt_values_supported: ["none", "create"] };
    await load({ OIDC_AUTHORIZATION_PARAMS: "prompt=consent&acr_values=mfa" });
    expect(await begin("?prompt=login", "signup")).toMatchObject({
      prompt: "consent create",
      acr_values: "mfa",
      screen_hint: "signup",
    });
    await load({
      OIDC_AUTHORIZATION_PARAMS: "prompt=consent&acr_values=mfa",
      OIDC_SIGNUP_PARAMS: "prompt=create&acr_values=new",
    });
    expect(await begin("?acr_values=x", "signup")).toMatchObject({ prompt: "create", acr_values: "new" });
  });

  test.each([
    ["", "3600"],
    ["?max_age=60", "60"],
    ["?max_age=999999999", "3600"],
    ["?max_age=never", "3600"],
  ])(
    "asks for the max_age that is set, and a link (%j) may shorten it, not take it away",
    async (link, asked) => {
      await load({ OIDC_AUTHORIZATION_PARAMS: "max_age=3600" });
      expect(await begin(link)).toMatchObject({ max_age: asked });
    },
  );

  test("a login that is older than the max_age that is set is refused, whatever its link said", async () => {
    await load({ OIDC_AUTHORIZATION_PARAMS: "max_age=3600" });
    const { nonce, state = "" } = await begin("?max_age=999999999");
    op.claims = { nonce, auth_time: Math.floor(Date.now() / 1000) - 7_200 };
    expect(await finish({ code: "c", state })).toContain("invalid_response");
  });

  test("passes on the eight parameters that a link may set, and nothing else", async () => {
    const passed = {
      prompt: "login",
      max_age: "60",
      login_hint: "a@b.c",
      ui_locales: "de",
      acr_values: "mfa",
      connection: "google",
      organization: "org",
      invitation: "inv",
    };
    const hostile = {
      redirect_uri: "https://evil.example",
      scope: "everything",
      state: "mine",
      nonce: "mine",
      client_id: "mine",
      response_type: "token",
      response_mode: "fragment",
      audience: "mine",
      code_challenge: "mine",
      request: "x",
    };
    const sent = await begin(`?${new URLSearchParams({ ...passed, ...hostile })}`);
    expect(sent).toMatchObject(passed);
    expect(Object.values(sent)).not.toContain("mine");
    expect(sent).toMatchObject({
      redirect_uri: "https://app.example.com/auth/callback",
      response_type: "code",
    });
    for (const name of ["response_mode", "request", "audience"]) expect(sent).not.toHaveProperty(name);
  });

  test("leaves out a prompt of blanks", async () => {
    expect(await begin("?prompt=%20%20")).not.toHaveProperty("prompt");
  });

  test.each(["-1", "1.5", "soon", "", "1e3"])(
    "leaves out a max_age of %j, which could not be checked",
    async (max_age) => {
      expect(await begin(`?${new URLSearchParams({ max_age })}`)).not.toHaveProperty("max_age");
    },
  );

  test("a sign-up says so, with prompt=create where the provider knows that [A3]", async () => {
    expect(await begin("", "signup")).toMatchObject({ screen_hint: "signup" });
    expect(await begin("", "signup")).not.toHaveProperty("prompt");
    expect(await begin("?prompt=login", "signup")).toMatchObject({ screen_hint: "signup", prompt: "login" });
    op.metadata = { prompt_values_supported: ["none", "create"] };
    await load();
    expect(await begin("", "signup")).toMatchObject({ screen_hint: "signup", prompt: "create" });
    expect(await begin()).not.toHaveProperty("prompt");
    expect(await begin("?prompt=login", "signup")).toMatchObject({ screen_hint: "signup", prompt: "create" });
  });

  test.each([{ rsc: "1" }, { "sec-purpose": "prefetch" }, { "sec-fetch-dest": "empty" }])(
    "is refused to a request that nobody made by hand: %j",
    async (headers) => {
      const response = await lib.beginLogin("login")(
        request("/auth/login", headers as Record<string, string>),
        jar,
        REQUEST_ID,
      );
      expect([response.status, jar.written]).toEqual([400, []]);
    },
  );

  test("leads to the error page while the provider is unavailable", async () => {
    op.answers["/.well-known/openid-configuration"] = () => ({ status: 503 });
    const response = await lib.beginLogin("login")(request("/auth/login"), jar, REQUEST_ID);
    expect(response.status).toBe(302);
    expect(response.headers.get("location")).toBe("/auth/error?reason=provider_unavailable");
  });
});

describe("a redirect URI with a query", () => {
  test.each(["?tenant=x", "?a=1&a=2", "?path=%2Fa%20b&q=c+d&e="])(
    "%s is the same in both requests (RFC 6749, 4.1.3)",
    async (query) => {
      const redirectUri = `https://app.example.com/auth/callback${query}`;
      await load({ OIDC_REDIRECT_URI: redirectUri });
      const { redirect_uri, state = "", nonce } = await begin();
      expect(redirect_uri).toBe(redirectUri);
      op.claims = { nonce };
      const answer = request(`/auth/callback${query}&code=c&state=${state}`);
      const response = await lib.finishLogin(answer, jar, REQUEST_ID);
      expect(response.headers.get("location")).toBe("/profile");
      expect(new URLSearchParams(op.requestTo("/token")?.body).get("redirect_uri")).toBe(redirectUri);
    },
  );
});

describe("a login that the provider begins (OpenID Connect Core, section 4)", () => {
  const APP = "https://app.example.com";
  const link = (more: Record<string, string> = {}) =>
    `?${new URLSearchParams({ iss: op.issuer, login_hint: "alice@example.com", ...more })}`;

  test("passes its login_hint on, and ends at the page of this app that it names", async () => {
    expect(await begin(link())).toMatchObject({ login_hint: "alice@example.com" });
    expect(await begin(link())).not.toHaveProperty("iss");
    expect(await logIn(link({ target_link_uri: `${APP}/protected?a=1` }))).toBe("/protected?a=1");
    expect(await logIn(link({ target_link_uri: `${APP}/protected`, returnTo: "/admin" }))).toBe("/admin");
  });

  test.each([
    "https://evil.example/protected",
    "https://app.example.com.evil.example/protected",
    "http://app.example.com/protected",
    "https://app.example.com//evil.example",
    "https://app.example.com/auth/logout",
    "https://u:p@evil.example/@app.example.com/",
    "//evil.example",
    "javascript:alert(1)",
    "/protected",
    "",
  ])("never leads to %j", async (target_link_uri) => {
    expect(await logIn(link({ target_link_uri }))).toBe("/profile");
  });

  test.each(["https://evil.example", "ISSUER/x", "", "issuer of nobody"])(
    "is refused where iss is %j, which is not our provider",
    async (told) => {
      const iss = told.replace("ISSUER", op.issuer);
      for (const query of [link({ iss }), `${link()}&iss=${encodeURIComponent(iss)}`]) {
        const response = await lib.beginLogin("login")(request(`/auth/login${query}`), jar, REQUEST_ID);
        expect(response.headers.get("location")).toBe("/auth/error?reason=configuration");
      }
      expect(jar.names()).toEqual([`__Host-${SITE.id}.error`]);
    },
  );

  test("may name the issuer as discovery or as the setting has it", async () => {
    await load({ OIDC_ISSUER: `${op.issuer}/` });
    for (const iss of [op.issuer, `${op.issuer}/`])
      expect(await begin(link({ iss }))).toHaveProperty("state");
  });
});

describe.each(STORAGES)("finishing a login, with sessions in %s [C4] [A4]", (storage) => {
  beforeEach(() => load({}, storage));

  test("gives a session and leads to the profile", async () => {
    expect(await logIn()).toBe("/profile");
    const session = await openSession(jar);
    expect(session).toMatchObject({
      idTokenClaims: { sub: "alice" },
      userinfo: { email: "alice@example.com" },
      refreshToken: "refresh-1",
    });
    expect(jar.names()).toEqual([`__Host-${SITE.id}.session`, `__Host-${SITE.id}.recent-logins`]);
  });

  test("leads back to the page that wanted the login [A7]", async () => {
    expect(await logIn("?returnTo=/protected%3Fa%3D1")).toBe("/protected?a=1");
  });

  test("leads nowhere else", async () => {
    expect(await logIn("?returnTo=//evil.example")).toBe("/profile");
    expect(await logIn("?returnTo=/auth/logout")).toBe("/profile");
  });

  test("gives every login a session of its own", async () => {
    await logIn();
    const first = await openSession(jar);
    await logIn();
    expect((await openSession(jar))?.id).not.toBe(first?.id);
  });

  test("checks the auth_time where max_age was asked for", async () => {
    op.claims = { auth_time: 1 };
    expect(await logIn("?max_age=60")).toBe("/auth/error?reason=invalid_response");
  });

  test("does without userinfo that the provider refuses", async () => {
    op.answers["/userinfo"] = () => ({ status: 403 });
    expect(await logIn()).toBe("/profile");
    expect((await openSession(jar))?.userinfo).toBeNull();
  });
});

describe.each(STORAGES)(
  "a login that fails leaves the session there is in %s, and says why [K3]",
  (storage) => {
    /** Characters of a token that does not fit. */
    const TOO_MANY = { cookies: 13_000, "a store": 300_000 }[storage];

    beforeEach(() => load({}, storage));

    test.each([
      ["login_expired", async () => finish({ code: "c", state: "s".repeat(43) })],
      ["state_mismatch", () => begin().then(() => finish({ code: "c", state: "s".repeat(43) }))],
      ["state_mismatch", () => begin().then(() => finish({ code: "c" }))],
      ["invalid_response", async () => finish({ state: (await begin()).state ?? "" })],
      ["invalid_response", async () => finish({ code: "c", state: (await begin()).state ?? "" })], // another nonce
      ["access_denied", async () => finish({ error: "access_denied", state: (await begin()).state ?? "" })],
      ["provider_error", async () => finish({ error: "server_error", state: (await begin()).state ?? "" })],
      ["configuration", () => logInWith({ tokenResponse: { refresh_token: "t".repeat(TOO_MANY) } })],
      [
        "invalid_response",
        () => logInWith({ answers: { "/userinfo": () => ({ json: { sub: "mallory" } }) } }),
      ],
      ["provider_unavailable", () => logInWith({ answers: { "/token": () => "reset" } })],
    ])("%s (%#)", async (reason, attempt) => {
      await logIn();
      op.reset();
      const before = await openSession(jar);
      expect(before).not.toBeNull();
      expect(await attempt()).toBe(`/auth/error?reason=${reason}`);
      expect(await openSession(jar)).toEqual(before);
      expect(jar.read(`__Host-${SITE.id}.error`)).toBe(REQUEST_ID);
    });

    test.each(["code=a&code=b", "code=a&state=b", "code=a&x=1&x=2"])(
      "%s: a parameter comes twice (RFC 6749, 3.1)",
      async (query) => {
        const { state, nonce } = await begin();
        op.claims = { nonce };
        const response = await lib.finishLogin(
          request(`/auth/callback?${query}&state=${state}`),
          jar,
          REQUEST_ID,
        );
        expect(response.headers.get("location")).toBe("/auth/error?reason=invalid_response");
        expect(op.asked).not.toContain("/token");
      },
    );

    test("an answer cannot be used twice", async () => {
      const { state = "", nonce } = await begin();
      op.claims = { nonce };
      await finish({ code: "c", state });
      expect(await finish({ code: "c", state })).toBe("/auth/error?reason=login_expired");
    });
  },
);

describe("a login that a page asks for, because the last one was too old or too weak", () => {
  const STEP_UP = "?returnTo=/vault&acr_values=platinum+gold&max_age=300&step_up=1";
  const now = () => Math.floor(Date.now() / 1000);
  const hintOf = () => jar.read(`__Host-${SITE.id}.error`)?.split(".")[1];

  test("asks the provider, which is not told that it is one", async () => {
    const asked = await begin(STEP_UP);
    expect(asked).toMatchObject({ acr_values: "platinum gold", max_age: "300" });
    expect(asked).not.toHaveProperty("step_up");
  });

  test("gives a session that replaces the old one, and knows how and when", async () => {
    await logIn();
    const before = await openSession(jar);
    op.claims = { acr: "gold", auth_time: now() };
    expect(await logIn(STEP_UP)).toBe("/vault");
    const after = await openSession(jar);
    expect(after).toMatchObject({ acr: "gold", authTime: op.claims.auth_time });
    expect(after?.id).not.toBe(before?.id);
  });

  test.each<[string, () => Record<string, unknown>]>([
    ["is not as strong", () => ({ acr: "silver", auth_time: now() })],
    ["does not say how strong it is", () => ({ auth_time: now() })],
    ["says it in another form", () => ({ acr: ["gold"], auth_time: now() })],
    ["is too old", () => ({ acr: "gold", auth_time: now() - 400 })],
    ["does not say how old it is", () => ({ acr: "gold" })],
    ["says that it is in the future", () => ({ acr: "gold", auth_time: now() + 400 })],
  ])(
    "fails with a hint where the provider's answer %s, and the session before it stays",
    async (_, claims) => {
      await logIn();
      const before = await openSession(jar);
      op.claims = claims();
      expect(await logIn(STEP_UP)).toBe("/auth/error?reason=invalid_response");
      expect(hintOf()).toBe("unmet");
      expect(await openSession(jar)).toEqual(before);
    },
  );

  test("fails with that hint where the provider says that it cannot (Unmet Authentication Requirements)", async () => {
    const { state = "" } = await begin(STEP_UP);
    const answer = { error: "unmet_authentication_requirements", state };
    expect(await finish(answer)).toBe("/auth/error?reason=provider_error");
    expect(hintOf()).toBe("unmet");
  });

  test("checks no acr of any other login: acr_values is a wish there", async () => {
    expect(await logIn("?acr_values=gold")).toBe("/profile");
    expect(await logIn("?acr_values=gold&step_up=0")).toBe("/profile");
    expect(await logIn("?step_up=1")).toBe("/profile");
  });

  test("is checked against the page's acr also where the settings ask for another", async () => {
    await load({ OIDC_AUTHORIZATION_PARAMS: "acr_values=silver" });
    op.claims = { acr: "silver", auth_time: now() };
    expect(await begin(STEP_UP)).toMatchObject({ acr_values: "silver" });
    expect(await logIn(STEP_UP)).toBe("/auth/error?reason=invalid_response");
    expect(await logIn()).toBe("/profile");
  });

  test("is checked also where it begins again, because the provider's login page had expired", async () => {
    const { state = "" } = await begin(STEP_UP);
    const expired = { error: "temporarily_unavailable", error_description: "authentication_expired" };
    const again = new URL((await finish({ ...expired, state })) ?? "").searchParams;
    op.claims = { nonce: again.get("nonce"), acr: "silver", auth_time: now() };
    const answer = { code: "c", state: again.get("state") ?? "" };
    expect(await finish(answer)).toBe("/auth/error?reason=invalid_response");
  });

  test("fits into its cookie with the longest page to return to, or does not begin", async () => {
    const returnTo = `/${"x".repeat(1_999)}`;
    for (const length of [100, 250, 300, 301]) {
      const query = new URLSearchParams({ returnTo, acr_values: "x".repeat(length), step_up: "1" });
      const path = `/auth/login?${query}`;
      const response = await lib.beginLogin("login")(request(path), jar, REQUEST_ID);
      const leadsOut = response.headers.get("location")?.startsWith(op.issuer);
      expect(leadsOut).toBe(length <= 300);
      const { name = "", value = "" } = jar.written.findLast(({ name }) => name.includes(".login.")) ?? {};
      expect(name.length + value.length + 100).toBeLessThan(4_096);
    }
  });
});

describe("a login page of the provider's that expired (Keycloak)", () => {
  const EXPIRED = { error: "temporarily_unavailable", error_description: "authentication_expired" };
  const parametersOf = (location: string | null) =>
    Object.fromEntries(new URL(location ?? "", "https://app.example.com").searchParams);

  test("begins the login again, as its link had it, and that one is finished", async () => {
    const link = "?returnTo=/protected%3Fa%3D1&prompt=login&login_hint=alice&max_age=60";
    const first = await begin(link);
    const again = parametersOf(await finish({ ...EXPIRED, state: first.state ?? "" }));
    const { state, nonce, code_challenge, ...same } = first;
    expect(again).toMatchObject(same);
    for (const name of ["state", "nonce", "code_challenge"]) expect(again[name]).not.toBe(first[name]);
    op.claims = { nonce: again.nonce, auth_time: Math.floor(Date.now() / 1000) };
    expect(await finish({ code: "c", state: again.state ?? "" })).toBe("/protected?a=1");
    expect(jar.names().filter((name) => name.includes("login."))).toEqual([]);
  });

  test("begins a sign-up again as a sign-up", async () => {
    const { state = "" } = await begin("", "signup");
    expect(parametersOf(await finish({ ...EXPIRED, state }))).toMatchObject({ screen_hint: "signup" });
  });

  test("begins it again once only", async () => {
    const { state = "" } = await begin();
    const again = parametersOf(await finish({ ...EXPIRED, state }));
    expect(await finish({ ...EXPIRED, state: again.state ?? "" })).toBe("/auth/error?reason=provider_error");
  });

  test.each([
    ["another description", { ...EXPIRED, error_description: "maintenance" }, ""],
    ["another error", { ...EXPIRED, error: "server_error" }, ""],
    ["a link too long to be kept", EXPIRED, `?login_hint=${"x".repeat(900)}`],
  ])("leads to the error page with %s", async (_, answer, link) => {
    const { state = "" } = await begin(link);
    expect(await finish({ ...answer, state })).toBe("/auth/error?reason=provider_error");
  });

  test("leads to the error page where the answer is not proven, or the login cannot begin", async () => {
    const begun = await begin();
    expect(begun.state).toMatch(/^[\w-]{43}$/);
    expect(await finish(EXPIRED)).toBe("/auth/error?reason=state_mismatch");
    // part: fapi
    op.metadata = { require_pushed_authorization_requests: true };
    const { getProviderMetadata } = await import("./provider/index.ts");
    Object.assign(await getProviderMetadata(), op.metadata);
    expect(await finish({ ...EXPIRED, state: begun.state ?? "" })).toBe("/auth/error?reason=configuration");
    // end part: fapi
  });
});

// part: store
describe("an answer that comes while the session store is unavailable [A4]", () => {
  const answer = (path: string) => lib.finishLogin(request(path), jar, REQUEST_ID);

  test("uses nothing up, so that the same request can be repeated", async () => {
    const { sessions } = await import("./session-storage.ts");
    const { SessionsUnavailableError } = await import("./stored/unavailable.ts");
    const { state = "", nonce } = await begin();
    op.claims = { nonce };
    const written = jar.written.length;
    const spy = vi
      .spyOn(sessions(), "ensureAvailable")
      .mockRejectedValue(new SessionsUnavailableError("down"));
    await expect(answer(`/auth/callback?code=c&state=${state}`)).rejects.toMatchObject({ message: "down" });
    expect([jar.written.length, op.asked.includes("/token")]).toEqual([written, false]);
    spy.mockRestore();
    expect((await answer(`/auth/callback?code=c&state=${state}`)).headers.get("location")).toBe("/profile");
    expect(op.asked).toContain("/token");
  });
});
// end part: store
