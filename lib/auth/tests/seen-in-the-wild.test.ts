import { beforeEach, describe, expect, test, vi } from "vitest";
import { AppInProcess } from "@/dev/testing/app-in-process.ts";
import { startScriptedProvider } from "@/dev/testing/fresh-process.ts";
import { SITE } from "../../site.ts";

vi.mock("next/headers", () => ({}));
vi.mock("next/server", () => ({ after: () => undefined }));

const op = await startScriptedProvider();
let app: AppInProcess;

beforeEach(async () => {
  app = await AppInProcess.start(op);
});

const nowInSeconds = () => Math.floor(Date.now() / 1000);

/** Begins a login and sends the provider's answer. @returns the page that the browser is redirected to */
async function answerWith(answer: Record<string, string>): Promise<string | null> {
  const state = (await app.begin()).searchParams.get("state") ?? "";
  return app.finish({ ...answer, state });
}

/** Refreshes the session, like a request whose access token has expired. @returns the new session */
async function refreshed() {
  const { refreshSession } = await import("../refresh.ts");
  const session = await app.session();
  return session && refreshSession({ ...session, refreshAt: 0, accessTokenExpiresAt: 0 }, "the-request");
}

describe("unusual answers of a provider with which a login succeeds", () => {
  test("a login succeeds if aud of the ID token is a list and azp is this client", async () => {
    op.claims = { aud: ["https://api.example.com", "the-client"], azp: "the-client" };
    expect(await app.logIn()).toBe("/profile");
  });

  test("a login with fewer scopes than requested succeeds, and the session has the granted scopes", async () => {
    op.tokenResponse = { scope: "openid", refresh_token: undefined };
    expect(await app.logIn()).toBe("/profile");
    expect(await app.session()).toMatchObject({ scope: "openid", refreshToken: null });
  });

  test("if the token response has no scope, the session has the requested scopes (RFC 6749, 5.1)", async () => {
    op.tokenResponse = { scope: undefined };
    expect(await app.logIn()).toBe("/profile");
    expect((await app.session())?.scope).toBe("openid profile email offline_access");
  });

  test.each(["", " "])(
    "if the scope of the token response is %j, the session has the requested scopes",
    async (scope) => {
      op.tokenResponse = { scope };
      expect(await app.logIn()).toBe("/profile");
      expect((await app.session())?.scope).toBe("openid profile email offline_access");
    },
  );

  test("a session lasts longer than its ID token, which expires after 15 seconds", async () => {
    op.claims = { exp: nowInSeconds() + 15 };
    expect(await app.logIn()).toBe("/profile");
    vi.useFakeTimers({ now: Date.now() + 600_000, toFake: ["Date"] });
    const { needsRefresh } = await import("../session.ts");
    const session = await app.session();
    expect(session && needsRefresh(session)).toBe(false);
    vi.useRealTimers();
  });

  test.each([
    ["401", { status: 401, headers: { "www-authenticate": 'Bearer error="invalid_token"' } }],
    ["403", { status: 403, json: { error: "insufficient_scope" } }],
  ])("a login succeeds if userinfo answers %s, because the access token is for an API", async (_, answer) => {
    op.answers["/userinfo"] = () => answer;
    expect(await app.logIn()).toBe("/profile");
    expect(await app.session()).toMatchObject({ userinfo: null, idTokenClaims: { sub: "alice" } });
  });

  test("a login succeeds with a discovery document that has only the required fields", async () => {
    op.answers["/.well-known/openid-configuration"] = () => ({
      json: {
        issuer: op.issuer,
        authorization_endpoint: `${op.issuer}/authorize`,
        token_endpoint: `${op.issuer}/token`,
        jwks_uri: `${op.issuer}/jwks`,
        response_types_supported: ["code"],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: ["ES256"],
      },
    });
    expect(await app.logIn()).toBe("/profile");
    expect((await app.session())?.userinfo).toBeNull();
    expect(op.asked).not.toContain("/userinfo");
  });
});

describe("members that are null, which are treated as missing", () => {
  test.each([
    ["refresh_token", { refreshToken: null }],
    ["scope", { scope: "openid profile email offline_access" }],
    ["expires_in", { accessTokenExpiresAt: null }],
  ])("a login succeeds if %s of the token response is null", async (member, expected) => {
    op.tokenResponse = { [member]: null };
    expect(await app.logIn()).toBe("/profile");
    expect(await app.session()).toMatchObject(expected);
  });

  test("a refresh succeeds if every member of its response except the access token is null", async () => {
    await app.logIn();
    const before = await app.session();
    op.tokenResponse = {
      access_token: "fresh",
      id_token: null,
      refresh_token: null,
      scope: null,
      expires_in: null,
    };
    expect(await refreshed()).toMatchObject({
      accessToken: "fresh",
      accessTokenExpiresAt: null,
      idToken: before?.idToken,
      refreshToken: "refresh-1",
      scope: "openid profile",
    });
  });

  test.each(["azp", "at_hash", "auth_time", "nbf", "acr", "name"])(
    "a login succeeds if %s of the ID token is null",
    async (claim) => {
      op.claims = { [claim]: null };
      expect(await app.logIn()).toBe("/profile");
      const session = await app.session();
      expect(session?.idTokenClaims).not.toHaveProperty(claim);
      expect(session?.idToken).toMatch(/^eyJ/);
    },
  );

  test("the session has the ID token unchanged, so that it works as id_token_hint", async () => {
    op.claims = { azp: null };
    let given = "";
    op.answers["/token"] = async () => {
      given = await op.idToken();
      return { json: { access_token: "a", token_type: "Bearer", id_token: given, signed_id_token: "x.y.z" } };
    };
    expect(await app.logIn()).toBe("/profile");
    expect((await app.session())?.idToken).toBe(given);
  });

  test("a login succeeds if kid and typ in the header of the ID token are null", async () => {
    op.header = { kid: null as unknown as string, typ: null as unknown as string };
    expect(await app.logIn()).toBe("/profile");
  });

  test("claims of userinfo that are null are left out, whether userinfo is signed or not", async () => {
    op.answers["/userinfo"] = () => ({ json: { sub: "alice", name: null, email: "a@example.com" } });
    expect(await app.logIn()).toBe("/profile");
    expect((await app.session())?.userinfo).toEqual({ sub: "alice", email: "a@example.com" });
    const token = await op.sign({ sub: "alice", iss: null, aud: null, exp: null, name: null });
    op.answers["/userinfo"] = () => ({ headers: { "content-type": "application/jwt" }, text: token });
    expect(await app.logIn()).toBe("/profile");
    expect((await app.session())?.userinfo).toEqual({ sub: "alice" });
  });

  test("a login succeeds if every optional member of the discovery document is null", async () => {
    op.metadata = {
      userinfo_endpoint: null,
      end_session_endpoint: null,
      revocation_endpoint: null,
      id_token_signing_alg_values_supported: null,
      token_endpoint_auth_methods_supported: null,
      authorization_response_iss_parameter_supported: null,
      require_pushed_authorization_requests: null,
      scopes_supported: null,
    };
    expect(await app.logIn()).toBe("/profile");
    expect((await app.session())?.userinfo).toBeNull();
  });

  test("a login succeeds if members of a key are null", async () => {
    const keys = op.published.map((key) => ({ ...key, use: null, key_ops: null, x5c: null, d: null }));
    op.answers["/jwks"] = () => ({ json: { keys, next: null } });
    expect(await app.logIn()).toBe("/profile");
  });

  test("the log has no error_description if the provider's is null", async () => {
    const error = { error: "invalid_grant", error_description: null };
    op.answers["/token"] = () => ({ status: 400, json: error });
    expect(await app.logIn()).toBe("/auth/error?reason=provider_error");
    expect(app.warnings[0]).not.toHaveProperty("providerErrorDescription");
  });

  test.each([
    ["the token response", "tokenResponse", ["access_token", "token_type", "id_token"]],
    ["the ID token", "claims", ["iss", "sub", "aud", "exp", "iat", "nonce"]],
    [
      "the discovery document",
      "metadata",
      ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"],
    ],
  ] as const)("a login fails if a required member of %s is null", async (_, part, members) => {
    for (const member of members) {
      app = await AppInProcess.start(op);
      op[part] = { [member]: null };
      const { searchParams } = new URL((await app.logIn()) ?? "", "https://app.example.com");
      expect(searchParams.get("reason"), member).toMatch(/^(invalid_response|configuration)$/);
    }
  });

  test.each([
    [
      "the token response",
      "tokenResponse",
      { refresh_token: 7, scope: 0, expires_in: "soon", id_token: false },
    ],
    ["the ID token", "claims", { azp: false, at_hash: 0, nbf: "", auth_time: "1", nonce: false }],
  ] as const)("a login fails if a member of %s has the wrong type or value", async (_, part, members) => {
    for (const [member, value] of Object.entries(members)) {
      op[part] = { [member]: value };
      expect(await app.logIn(), member).toBe("/auth/error?reason=invalid_response");
    }
  });
});

describe("an error of the provider instead of a code", () => {
  test.each([
    ["access_denied", "access_denied"],
    ["consent_required", "provider_error"],
    ["interaction_required", "provider_error"],
    ["login_required", "provider_error"],
    ["account_selection_required", "provider_error"],
    ["invalid_request", "provider_error"],
    ["unauthorized_client", "provider_error"],
    ["unsupported_response_type", "provider_error"],
    ["request_not_supported", "provider_error"],
    ["server_error", "provider_error"],
    ["temporarily_unavailable", "provider_error"],
  ])("the provider's error %s is logged, and the error page gets the reason %s", async (error, reason) => {
    expect(await answerWith({ error, error_description: "Because." })).toBe(`/auth/error?reason=${reason}`);
    expect(app.warnings).toMatchObject([
      { reason, providerError: error, providerErrorDescription: "Because." },
    ]);
    expect(await app.session()).toBeNull();
  });

  test("after invalid_scope, the log names the setting to change, and the error page gets a hint", async () => {
    expect(await answerWith({ error: "invalid_scope" })).toBe("/auth/error?reason=provider_error");
    expect(app.warnings[0]?.advice).toContain("offline_access");
    expect(app.warnings[0]?.advice).toContain("OIDC_SCOPE");
    expect(app.jar.read(`__Host-${SITE.id}.error`)).toBe("the-request.scope");
  });
});

describe("an error of the provider without valid state or iss", () => {
  const words = { error: "invalid_scope", error_description: "eyJhbGciOiJub25l.eyJzdWIi.x\r\nNo such scope" };
  const unproven = { unprovenError: "invalid_scope", unprovenErrorDescription: "[token] No such scope" };

  test.each([
    ["without a state", {}, {}, "state_mismatch"],
    ["with another state", { state: "s".repeat(43) }, {}, "state_mismatch"],
    [
      "without the iss that discovery announces",
      null,
      { authorization_response_iss_parameter_supported: true },
      "invalid_response",
    ],
    ["with another iss", { iss: "https://evil.example" }, {}, "invalid_response"],
  ])("an error %s is logged as unproven", async (_, more, metadata, reason) => {
    op.metadata = metadata;
    app = await AppInProcess.start(op);
    const state = (await app.begin()).searchParams.get("state") ?? "";
    const proof = more && !("iss" in more) ? {} : { state };
    expect(await app.finish({ ...words, ...proof, ...more })).toBe(`/auth/error?reason=${reason}`);
    expect(app.warnings).toMatchObject([{ reason, ...unproven }]);
    expect(app.warnings[0]).not.toHaveProperty("providerError");
    expect(app.jar.read(`__Host-${SITE.id}.error`)).toBe("the-request");
  });

  test("an error without an unfinished login is logged as unproven", async () => {
    expect(await app.finish({ error: "access_denied" })).toBe("/auth/error?reason=login_expired");
    expect(app.warnings).toMatchObject([{ reason: "login_expired", unprovenError: "access_denied" }]);
  });

  test("an error or answer with the right state is not logged as unproven", async () => {
    await answerWith({ error: "server_error" });
    await answerWith({ code: "c" });
    for (const warning of app.warnings) expect(warning).not.toHaveProperty("unprovenError");
  });
});

describe("refreshes with unusual answers", () => {
  test("a provider whose access tokens have always expired is asked once a minute, not at every visit", async () => {
    vi.useFakeTimers({ now: Date.now(), toFake: ["Date"] });
    const { currentSession } = await import("../guard.ts");
    const context = {
      method: "GET",
      pathname: "/profile",
      search: "",
      headers: new Headers(),
      requestId: "r",
    };
    const tokenRequests = () => op.asked.filter((path) => path === "/token").length;
    op.tokenResponse = { expires_in: 0 };
    expect(await app.logIn()).toBe("/profile");
    op.claims = { nonce: undefined };
    for (const [expected, seconds] of [
      [1, 0],
      [2, 61],
      [2, 30],
      [3, 31],
    ] as const) {
      vi.setSystemTime(Date.now() + seconds * 1000);
      op.tokenResponse = { expires_in: 0, access_token: `token-${expected}` };
      for (let visits = 0; visits < 5; visits += 1) {
        expect(await currentSession(app.jar, context)).toMatchObject({ refreshToken: "refresh-1" });
      }
      expect(tokenRequests()).toBe(expected);
    }
    vi.useRealTimers();
  });

  test("a refused refresh ends a session whose access token had expired from the start", async () => {
    op.tokenResponse = { expires_in: 0 };
    await app.logIn();
    op.answers["/token"] = () => ({ status: 400, json: { error: "invalid_grant" } });
    expect(await refreshed()).toBeNull();
  });

  test("a refresh without a new ID token keeps the old one", async () => {
    await app.logIn();
    const before = await app.session();
    op.tokenResponse = { id_token: undefined, access_token: "fresh", scope: "" };
    expect(await refreshed()).toMatchObject({
      accessToken: "fresh",
      idToken: before?.idToken,
      scope: "openid profile",
    });
  });

  test("a refresh that the provider refuses with invalid_request ends the session", async () => {
    await app.logIn();
    op.answers["/token"] = () => ({ status: 400, json: { error: "invalid_request" } });
    expect(await refreshed()).toBeNull();
  });
});

describe("a logout at unusual providers", () => {
  async function logOut(): Promise<URL> {
    await app.logIn();
    const session = await import("../logout.ts");
    const post = new Request("http://0.0.0.0:3000/auth/logout", { method: "POST" });
    const location = (await session.logOut(post, app.jar, "r")).headers.get("location") ?? "";
    return new URL(location, "https://app.example.com");
  }

  test("a logout leads to the home page if the provider has no end-session endpoint", async () => {
    expect((await logOut()).href).toBe("https://app.example.com/");
    expect(await app.session()).toBeNull();
  });

  test("a logout ends the session first, and sends id_token_hint so that the provider need not ask the user", async () => {
    op.metadata = { end_session_endpoint: `${op.issuer}/logout?ask=always` };
    const { searchParams } = await logOut();
    expect(searchParams.get("ask")).toBe("always");
    expect(searchParams.get("id_token_hint")).toMatch(/^eyJ/);
    expect(await app.session()).toBeNull();
  });

  test("a logout sends a state, because some providers do not redirect back without one", async () => {
    op.metadata = { end_session_endpoint: `${op.issuer}/logout` };
    const { searchParams } = await logOut();
    expect(searchParams.get("state")).toMatch(/^[\w-]{22}$/);
    expect(searchParams.get("post_logout_redirect_uri")).toBe("https://app.example.com/");
  });
});
