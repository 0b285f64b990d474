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

/** Sends the provider's answer to the callback. @returns the page that the visitor is redirected to */
async function finish(query: Record<string, string>): Promise<string | null> {
  const response = await lib.finishLogin(
    request(`/auth/callback?${new URLSearchParams(query)}`),
    jar,
    REQUEST_ID,
  );
  expect(response.status).toBe(303);
  return response.headers.get("location");
}

/** Begins and finishes a login. The provider puts the nonce into the ID token, as it should. */
async function logIn(query = ""): Promise<string | null> {
  const { state = "", nonce } = await begin(query);
  op.claims = { ...op.claims, nonce };
  return finish({ code: "the-code", state });
}

/** Begins and finishes a login, in which the provider gives these answers. */
function logInWith(
  script: Partial<Pick<ScriptedProvider, "answers" | "tokenResponse">>,
): Promise<string | null> {
  Object.assign(op, script);
  return logIn();
}

describe("beginning a login [C3] [A2] [K2]", () => {
  test("the login request has state, nonce and PKCE, and no optional parameters", async () => {
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

  test("the code challenge is the hash of the verifier that is sent with the code (RFC 7636, 4.6)", async () => {
    const { code_challenge, nonce, state = "" } = await begin();
    op.claims = { nonce };
    await finish({ code: "c", state });
    const verifier = new URLSearchParams(op.requestTo("/token")?.body).get("code_verifier") ?? "";
    expect(createHash("sha256").update(verifier).digest("base64url")).toBe(code_challenge);
  });

  test("each login has a new state, nonce and code challenge", async () => {
    const [one, two] = [await begin(), await begin()];
    for (const name of ["state", "nonce", "code_challenge"]) expect(one[name]).not.toBe(two[name]);
  });

  test("the login request has audience and resource if they are set [A2]", async () => {
    await load({ OIDC_AUDIENCE: "the-api", OIDC_RESOURCE: "https://api.example.com/" });
    expect(await begin()).toMatchObject({ audience: "the-api", resource: "https://api.example.com/" });
  });

  test("a link cannot weaken a login, because the parameters in the settings win", async () => {
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
  ])("prompt %j of the settings and prompt %j of a link become prompt %j", async (set, link, asked) => {
    await load(set ? { OIDC_AUTHORIZATION_PARAMS: new URLSearchParams({ prompt: set }).toString() } : {});
    expect((await begin(`?${new URLSearchParams({ prompt: link })}`)).prompt).toBe(asked);
  });

  test("a signup adds prompt=create to the settings' prompt, unless OIDC_SIGNUP_PARAMS sets a prompt", async () => {
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
    "a link (%j) can lower the max_age of the settings, but cannot raise or remove it",
    async (link, asked) => {
      await load({ OIDC_AUTHORIZATION_PARAMS: "max_age=3600" });
      expect(await begin(link)).toMatchObject({ max_age: asked });
    },
  );

  test("a login older than the settings' max_age is refused, even if its link asked for a larger one", async () => {
    await load({ OIDC_AUTHORIZATION_PARAMS: "max_age=3600" });
    const { nonce, state = "" } = await begin("?max_age=999999999");
    op.claims = { nonce, auth_time: Math.floor(Date.now() / 1000) - 7_200 };
    expect(await finish({ code: "c", state })).toContain("invalid_response");
  });

  test("a link can set eight parameters of the login request, and no others", async () => {
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

  test("a prompt that consists of spaces is left out", async () => {
    expect(await begin("?prompt=%20%20")).not.toHaveProperty("prompt");
  });

  test.each(["-1", "1.5", "soon", "", "1e3"])(
    "a max_age of %j is left out, because auth_time could not be checked against it",
    async (max_age) => {
      expect(await begin(`?${new URLSearchParams({ max_age })}`)).not.toHaveProperty("max_age");
    },
  );

  test("a signup sends screen_hint=signup, and also prompt=create if the provider supports it [A3]", async () => {
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
    "a prefetch or a script cannot begin a login: %j",
    async (headers) => {
      const response = await lib.beginLogin("login")(
        request("/auth/login", headers as Record<string, string>),
        jar,
        REQUEST_ID,
      );
      expect([response.status, jar.written]).toEqual([400, []]);
    },
  );

  test("while the provider is unavailable, a login leads to the error page", async () => {
    op.answers["/.well-known/openid-configuration"] = () => ({ status: 503 });
    const response = await lib.beginLogin("login")(request("/auth/login"), jar, REQUEST_ID);
    expect(response.status).toBe(302);
    expect(response.headers.get("location")).toBe("/auth/error?reason=provider_unavailable");
  });
});

describe("a redirect URI with a query", () => {
  test.each(["?tenant=x", "?a=1&a=2", "?path=%2Fa%20b&q=c+d&e="])(
    "both requests have the same redirect_uri if its query is %s (RFC 6749, 4.1.3)",
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

  test("the login passes on login_hint, and leads to the page in target_link_uri", async () => {
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
  ])("a login that the provider begins never leads to the target_link_uri %j", async (target_link_uri) => {
    expect(await logIn(link({ target_link_uri }))).toBe("/profile");
  });

  test.each(["https://evil.example", "ISSUER/x", "", "issuer of nobody"])(
    "a login that another provider begins is refused: iss is %j",
    async (told) => {
      const iss = told.replace("ISSUER", op.issuer);
      for (const query of [link({ iss }), `${link()}&iss=${encodeURIComponent(iss)}`]) {
        const response = await lib.beginLogin("login")(request(`/auth/login${query}`), jar, REQUEST_ID);
        expect(response.headers.get("location")).toBe("/auth/error?reason=configuration");
      }
      expect(jar.names()).toEqual([`__Host-${SITE.id}.error`]);
    },
  );

  test("iss may be the issuer of the discovery document or the value of OIDC_ISSUER", async () => {
    await load({ OIDC_ISSUER: `${op.issuer}/` });
    for (const iss of [op.issuer, `${op.issuer}/`])
      expect(await begin(link({ iss }))).toHaveProperty("state");
  });
});

describe.each(STORAGES)("finishing a login, with sessions in %s [C4] [A4]", (storage) => {
  beforeEach(() => load({}, storage));

  test("a finished login starts a session and leads to the profile", async () => {
    expect(await logIn()).toBe("/profile");
    const session = await openSession(jar);
    expect(session).toMatchObject({
      idTokenClaims: { sub: "alice" },
      userinfo: { email: "alice@example.com" },
      refreshToken: "refresh-1",
    });
    expect(jar.names()).toEqual([`__Host-${SITE.id}.session`, `__Host-${SITE.id}.recent-logins`]);
  });

  test("a finished login leads back to the page in returnTo [A7]", async () => {
    expect(await logIn("?returnTo=/protected%3Fa%3D1")).toBe("/protected?a=1");
  });

  test("a returnTo of another origin or of the logout route leads to the profile instead", async () => {
    expect(await logIn("?returnTo=//evil.example")).toBe("/profile");
    expect(await logIn("?returnTo=/auth/logout")).toBe("/profile");
  });

  test("each login starts a new session", async () => {
    await logIn();
    const first = await openSession(jar);
    await logIn();
    expect((await openSession(jar))?.id).not.toBe(first?.id);
  });

  test("a login fails if max_age was requested and auth_time is too old", async () => {
    op.claims = { auth_time: 1 };
    expect(await logIn("?max_age=60")).toBe("/auth/error?reason=invalid_response");
  });

  test("a login succeeds without userinfo if the provider refuses the userinfo request", async () => {
    op.answers["/userinfo"] = () => ({ status: 403 });
    expect(await logIn()).toBe("/profile");
    expect((await openSession(jar))?.userinfo).toBeNull();
  });
});

describe.each(STORAGES)("a failed login of a user with a session in %s [K3]", (storage) => {
  /** Length of a token that is too long for the storage. */
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
    ["invalid_response", () => logInWith({ answers: { "/userinfo": () => ({ json: { sub: "mallory" } }) } })],
    ["provider_unavailable", () => logInWith({ answers: { "/token": () => "reset" } })],
  ])(
    "a failed login leads to the error page with the reason %s, and the session stays (%#)",
    async (reason, attempt) => {
      await logIn();
      op.reset();
      const before = await openSession(jar);
      expect(before).not.toBeNull();
      expect(await attempt()).toBe(`/auth/error?reason=${reason}`);
      expect(await openSession(jar)).toEqual(before);
      expect(jar.read(`__Host-${SITE.id}.error`)?.split(".")[0]).toBe(REQUEST_ID);
    },
  );

  test.each(["code=a&code=b", "code=a&state=b", "code=a&x=1&x=2"])(
    "an answer with a repeated parameter is refused (RFC 6749, 3.1): %s",
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

  test("the same answer of the provider cannot be used twice", async () => {
    const { state = "", nonce } = await begin();
    op.claims = { nonce };
    await finish({ code: "c", state });
    expect(await finish({ code: "c", state })).toBe("/auth/error?reason=login_expired");
  });
});

describe("a step-up login, which a page asks for because the last login was too old or too weak", () => {
  const STEP_UP = "?returnTo=/vault&acr_values=platinum+gold&max_age=300&step_up=1";
  const now = () => Math.floor(Date.now() / 1000);
  const hintOf = () => jar.read(`__Host-${SITE.id}.error`)?.split(".")[1];

  test("a step-up login sends acr_values and max_age to the provider, but not the app's own step_up", async () => {
    const asked = await begin(STEP_UP);
    expect(asked).toMatchObject({ acr_values: "platinum gold", max_age: "300" });
    expect(asked).not.toHaveProperty("step_up");
  });

  test("a step-up login starts a new session, which has the new acr and auth_time", async () => {
    await logIn();
    const before = await openSession(jar);
    op.claims = { acr: "gold", auth_time: now() };
    expect(await logIn(STEP_UP)).toBe("/vault");
    const after = await openSession(jar);
    expect(after).toMatchObject({ acr: "gold", authTime: op.claims.auth_time });
    expect(after?.id).not.toBe(before?.id);
  });

  test.each<[string, () => Record<string, unknown>]>([
    ["has a weaker acr", () => ({ acr: "silver", auth_time: now() })],
    ["has no acr", () => ({ auth_time: now() })],
    ["has an acr that is a list", () => ({ acr: ["gold"], auth_time: now() })],
    ["has an auth_time that is too old", () => ({ acr: "gold", auth_time: now() - 400 })],
    ["has no auth_time", () => ({ acr: "gold" })],
    ["has an auth_time in the future", () => ({ acr: "gold", auth_time: now() + 400 })],
  ])("a step-up login fails, and the old session stays, if the ID token %s", async (_, claims) => {
    await logIn();
    const before = await openSession(jar);
    op.claims = claims();
    expect(await logIn(STEP_UP)).toBe("/auth/error?reason=invalid_response");
    expect(hintOf()).toBe("unmet");
    expect(await openSession(jar)).toEqual(before);
  });

  test("a step-up login fails with a hint if the provider answers unmet_authentication_requirements", async () => {
    const { state = "" } = await begin(STEP_UP);
    const answer = { error: "unmet_authentication_requirements", state };
    expect(await finish(answer)).toBe("/auth/error?reason=provider_error");
    expect(hintOf()).toBe("unmet");
  });

  test("the acr of an ordinary login is not checked, because acr_values is only a preference there", async () => {
    expect(await logIn("?acr_values=gold")).toBe("/profile");
    expect(await logIn("?acr_values=gold&step_up=0")).toBe("/profile");
    expect(await logIn("?step_up=1")).toBe("/profile");
  });

  test("a step-up login must have the acr of its page, even if the settings request another acr", async () => {
    await load({ OIDC_AUTHORIZATION_PARAMS: "acr_values=silver" });
    op.claims = { acr: "silver", auth_time: now() };
    expect(await begin(STEP_UP)).toMatchObject({ acr_values: "silver" });
    expect(await logIn(STEP_UP)).toBe("/auth/error?reason=invalid_response");
    expect(await logIn()).toBe("/profile");
  });

  test("a step-up login that began again after the provider's login page expired is checked as well", async () => {
    const { state = "" } = await begin(STEP_UP);
    const expired = { error: "temporarily_unavailable", error_description: "authentication_expired" };
    const again = new URL((await finish({ ...expired, state })) ?? "").searchParams;
    op.claims = { nonce: again.get("nonce"), acr: "silver", auth_time: now() };
    const answer = { code: "c", state: again.get("state") ?? "" };
    expect(await finish(answer)).toBe("/auth/error?reason=invalid_response");
  });

  test("a step-up login that would not fit into its login cookie does not begin", async () => {
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

describe("a login whose page at the provider expired (Keycloak)", () => {
  const EXPIRED = { error: "temporarily_unavailable", error_description: "authentication_expired" };
  const parametersOf = (location: string | null) =>
    Object.fromEntries(new URL(location ?? "", "https://app.example.com").searchParams);

  test("an expired login begins again with the parameters of its link, and can then be finished", async () => {
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

  test("an expired signup begins again as a signup", async () => {
    const { state = "" } = await begin("", "signup");
    expect(parametersOf(await finish({ ...EXPIRED, state }))).toMatchObject({ screen_hint: "signup" });
  });

  test("an expired login begins again only once", async () => {
    const { state = "" } = await begin();
    const again = parametersOf(await finish({ ...EXPIRED, state }));
    expect(await finish({ ...EXPIRED, state: again.state ?? "" })).toBe("/auth/error?reason=provider_error");
  });

  test.each([
    ["another description", { ...EXPIRED, error_description: "maintenance" }, ""],
    ["another error", { ...EXPIRED, error: "server_error" }, ""],
    ["a link that is too long to keep", EXPIRED, `?login_hint=${"x".repeat(900)}`],
  ])("the error page is shown, and no login begins again, with %s", async (_, answer, link) => {
    const { state = "" } = await begin(link);
    expect(await finish({ ...answer, state })).toBe("/auth/error?reason=provider_error");
  });

  test("the error page is shown if the state is missing, or if the new login cannot begin", async () => {
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
describe("a callback while the session store is unavailable [A4]", () => {
  const answer = (path: string) => lib.finishLogin(request(path), jar, REQUEST_ID);

  test("the callback uses up neither the code nor the login cookie, so that it can be repeated", async () => {
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
