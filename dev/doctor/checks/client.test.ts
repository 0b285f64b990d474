import { generateKeyPairSync } from "node:crypto"; // part: fapi
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { backTo, DoctorStage, only, statuses } from "@/dev/doctor/test-stage.ts";

let stage: DoctorStage;
beforeAll(async () => {
  stage = await DoctorStage.start();
});
beforeEach(() => stage.reset());
afterAll(() => stage.close());

const REDIRECT_URI = "https://app.example.com/auth/callback";
const answerAtCallback =
  (error: string, description = "") =>
  () =>
    backTo(REDIRECT_URI, { error, error_description: description, state: "s" });

describe("client id and callback URL", () => {
  test("a login page proves that the provider accepts the request, even if prompt=none fails", async () => {
    stage.op.answers["/authorize"] = ({ path }) =>
      path.includes("prompt=none") ? { status: 500 } : { text: "<h1>Log in</h1>" };
    expect(only(await stage.examine(), "authentication-request")).toMatchObject({
      status: "ok",
      seen: expect.stringContaining("its login page"),
    });
  });

  test("prompt=none reveals a wrong callback URL that a login page hides", async () => {
    stage.op.answers["/authorize"] = ({ path }) =>
      path.includes("prompt=none")
        ? { status: 400, text: "<p>Invalid parameter: redirect_uri</p>" }
        : { text: "<h1>Log in</h1>" };
    expect(only(await stage.examine(), "authentication-request")).toMatchObject({ status: "error" });
  });

  test.each([
    {},
    { OIDC_PAR: "true" }, // part: fapi
  ])(
    "a callback URL with a query is sent unchanged in every request: %j",
    async (more: { readonly OIDC_PAR?: string }) => {
      stage.op.metadata.pushed_authorization_request_endpoint = `${stage.op.issuer}/par`;
      stage.op.answers["/par"] = () => ({ status: 201, json: { request_uri: "urn:x", expires_in: 60 } });
      const redirectUri = `${REDIRECT_URI}?tenant=x`;
      const found = await stage.examine({ OIDC_REDIRECT_URI: redirectUri, ...more });
      expect(only(found, "authentication-request").status).toBe("ok");
      const sent = [
        stage.op.requestTo("/token")?.body,
        ...(more.OIDC_PAR ? [stage.op.requestTo("/par")?.body] : []),
      ];
      for (const body of sent) expect(new URLSearchParams(body).get("redirect_uri")).toBe(redirectUri);
    },
  );

  test("the check sends prompt=none instead of the prompt in the settings", async () => {
    const found = await stage.examine({ OIDC_AUTHORIZATION_PARAMS: "prompt=consent" });
    expect(only(found, "authentication-request").seen).toContain("The provider knows the-client");
  });

  test("the check sends the same authentication request as the app", async () => {
    await stage.examine({ OIDC_RESOURCE: "https://api.example.com" });
    const query = new URL(stage.op.requestTo("/authorize")?.path ?? "", stage.op.issuer).searchParams;
    expect(Object.fromEntries(query)).toMatchObject({
      client_id: "the-client",
      redirect_uri: REDIRECT_URI,
      response_type: "code",
      code_challenge_method: "S256",
      audience: "https://api.example.com",
      resource: "https://api.example.com",
    });
    expect(stage.op.requestTo("/authorize")?.headers.cookie).toBeUndefined();
  });

  test("the check follows redirects only within the provider, and sends the provider's cookies", async () => {
    stage.op.answers["/authorize"] = () => ({
      status: 302,
      headers: { location: "/log-in", "set-cookie": "a=b; Path=/; HttpOnly" },
    });
    stage.op.answers["/log-in"] = ({ headers }) =>
      headers.cookie === "a=b"
        ? { status: 302, headers: { location: `${stage.api.origin}/elsewhere` } }
        : { status: 400 };
    expect(only(await stage.examine(), "authentication-request")).toMatchObject({
      status: "ok",
      seen: expect.stringContaining(`a redirect to ${stage.api.origin}`),
    });
    expect(stage.api.requests.map(({ path }) => path)).not.toContain("/elsewhere");
  });

  test("the check stops in a redirect loop", async () => {
    stage.op.answers["/authorize"] = () => ({ status: 302, headers: { location: "/authorize" } });
    await stage.examine();
    expect(stage.op.asked.filter((path) => path === "/authorize").length).toBeLessThan(20);
  });

  test("the error for a rejected callback URL names the URL and says where to add it", async () => {
    stage.op.answers["/authorize"] = () => ({ status: 400, text: "<p>Invalid parameter: redirect_uri</p>" });
    const found = await stage.examine();
    const { status, seen, fix } = only(found, "authentication-request");
    expect(status).toBe("error");
    expect(seen).toContain(`${REDIRECT_URI}: “Invalid parameter: redirect_uri”`);
    expect(fix[0]).toContain(`add exactly ${REDIRECT_URI}`);
    expect(statuses(found)).toMatchObject({
      scope: "skipped",
      audience: "skipped",
      "client-authentication": "ok",
    });
  });

  test("an unknown client is reported only once", async () => {
    stage.op.answers["/authorize"] = () => ({ status: 400, text: "<p>Client not found.</p>" });
    stage.op.answers["/token"] = () => ({ status: 401, json: { error: "invalid_client" } });
    stage.op.answers["/logout"] = () => ({ status: 400, text: "<p>Invalid redirect uri</p>" });
    expect(statuses(await stage.examine())).toMatchObject({
      "authentication-request": "error",
      "client-authentication": "skipped",
      "log-out": "skipped",
    });
  });

  test("the check also reads an answer that the provider posts as a form", async () => {
    stage.op.answers["/authorize"] = () => ({
      text: `<form method="post" action="${REDIRECT_URI}"><input type="hidden" name="error" value="invalid_scope"/><input type="hidden" name="error_description" value="no &quot;such&quot; scope"/><input type="hidden" name="state" value="s"/></form>`,
    });
    const found = await stage.examine({ OIDC_RESPONSE_MODE: "form_post" });
    expect(only(found, "scope")).toMatchObject({
      status: "error",
      seen: expect.stringContaining('no "such" scope'),
    });
  });

  // part: fapi
  test("a rejected pushed request is reported like a rejected authentication request", async () => {
    stage.op.metadata.pushed_authorization_request_endpoint = `${stage.op.issuer}/par`;
    stage.op.answers["/par"] = () => ({
      status: 400,
      json: {
        error: "invalid_request",
        error_description: "redirect_uri did not match any of the client's registered redirect_uris",
      },
    });
    expect(only(await stage.examine({ OIDC_PAR: "true" }), "authentication-request")).toMatchObject({
      status: "error",
      seen: expect.stringContaining("rejects the callback URL"),
    });
  });
  // end part: fapi

  test("an error that the doctor does not know is quoted", async () => {
    stage.op.answers["/authorize"] = () => ({ status: 418, text: "<h1>I am a teapot</h1>" });
    expect(only(await stage.examine(), "authentication-request")).toMatchObject({
      status: "error",
      seen: "The provider rejects the request: “I am a teapot”",
    });
  });
});

describe("scopes and refresh tokens", () => {
  test("the error for a rejected scope says to set OIDC_SCOPE to the other scopes", async () => {
    stage.op.answers["/authorize"] = answerAtCallback(
      "invalid_scope",
      "Some requested scopes were invalid. {valid=[openid], invalid=[offline_access]}",
    );
    const found = await stage.examine();
    expect(only(found, "scope").fix).toContain('Set OIDC_SCOPE="openid profile email"');
    expect(statuses(found)).toMatchObject({
      "authentication-request": "ok",
      "refresh-token": "skipped",
      audience: "skipped",
    });
  });

  test.each([
    ["is requested and announced is ok", {}, "ok"],
    [
      "is requested and not announced is a warning",
      { scopes_supported: ["openid", "profile", "email"] },
      "warning",
    ],
    ["is requested from a provider that announces no scopes is ok", { scopes_supported: undefined }, "ok"],
    [
      "is requested from a provider without refresh tokens is a warning",
      { grant_types_supported: ["authorization_code"] },
      "warning",
    ],
  ])("offline_access that %s", async (_, metadata, status) => {
    Object.assign(stage.op.metadata, metadata);
    expect(only(await stage.examine(), "refresh-token").status).toBe(status);
  });

  test.each([
    [undefined, "set OIDC_AUTHORIZATION_PARAMS=prompt=consent:"],
    ["access_type=offline", "set OIDC_AUTHORIZATION_PARAMS=access_type=offline&prompt=consent:"],
    ["prompt=login", "set OIDC_AUTHORIZATION_PARAMS=prompt=login+consent:"],
  ])(
    "with offline_access and the parameters %s, the check says what to set for a refresh token",
    async (set, said) => {
      const { seen } = only(await stage.examine({ OIDC_AUTHORIZATION_PARAMS: set }), "refresh-token");
      expect(seen).toContain(said);
    },
  );

  test("with offline_access and prompt=consent, the check gives no further advice", async () => {
    const found = await stage.examine({ OIDC_AUTHORIZATION_PARAMS: "prompt=consent" });
    expect(only(found, "refresh-token")).toMatchObject({
      status: "ok",
      seen: expect.not.stringContaining("OIDC_AUTHORIZATION_PARAMS"),
    });
  });

  test("OIDC_SCOPE without offline_access is a warning", async () => {
    const found = await stage.examine({ OIDC_SCOPE: "openid email" });
    expect(only(found, "refresh-token")).toMatchObject({
      status: "warning",
      fix: ['Set OIDC_SCOPE="openid email offline_access"'],
    });
  });

  test("a standard scope that the provider does not announce is a warning", async () => {
    stage.op.metadata.scopes_supported = ["openid", "offline_access"];
    expect(only(await stage.examine(), "scope")).toMatchObject({
      status: "warning",
      seen: expect.stringContaining("profile, email"),
    });
  });
});

describe("audience", () => {
  test.each([
    ["invalid_target", "unknown resource"],
    ["access_denied", "Service not found: https://api.example.com"],
  ])("an audience that the provider rejects with %s is an error", async (error, description) => {
    stage.op.answers["/authorize"] = answerAtCallback(error, description);
    expect(only(await stage.examine(), "audience")).toMatchObject({
      status: "error",
      seen: expect.stringContaining("OIDC_AUDIENCE=https://api.example.com"),
    });
  });

  test("a missing audience is a warning", async () => {
    expect(only(await stage.examine({ OIDC_AUDIENCE: undefined }), "audience").status).toBe("warning");
  });
});

describe("client authentication", () => {
  test.each([
    ["invalid_client", 401, {}],
    ["unauthorized_client", 401, { error_description: "Invalid client or Invalid client credentials" }],
    ["access_denied", 401, { error_description: "Unauthorized" }],
    ["invalid_client", 400, {}],
  ])("a client that the provider rejects with %s and status %i is an error", async (error, status, more) => {
    stage.op.answers["/token"] = () => ({ status, json: { error, ...more } });
    const found = only(await stage.examine(), "client-authentication");
    expect(found).toMatchObject({ status: "error", seen: expect.stringContaining(error) });
    expect(found.fix.join()).toContain("OIDC_CLIENT_SECRET");
  });

  test("a client that the provider rejects with a WWW-Authenticate challenge is an error too", async () => {
    stage.op.answers["/token"] = () => ({
      status: 401,
      headers: { "www-authenticate": 'Basic realm="x"' },
      json: { error: "invalid_client" },
    });
    expect(only(await stage.examine(), "client-authentication").status).toBe("error");
  });

  test("the check also tries a wrong secret with HTTP Basic", async () => {
    const found = await stage.examine({ OIDC_CLIENT_AUTH: "client_secret_basic" });
    expect(only(found, "client-authentication").status).toBe("error"); // this provider accepts only client_secret_post
    stage.op.answers["/token"] = ({ headers }) => {
      const sent = Buffer.from(headers.authorization?.slice("Basic ".length) ?? "", "base64").toString();
      const isRight = decodeURIComponent(sent) === "the-client:the-secret";
      return isRight
        ? { status: 400, json: { error: "invalid_grant" } }
        : { status: 401, json: { error: "invalid_client" } };
    };
    const again = await stage.examine({ OIDC_CLIENT_AUTH: "client_secret_basic" });
    expect(only(again, "client-authentication").seen).toBe(
      "The token endpoint accepts the client with client_secret_basic, and rejects it with a wrong secret.",
    );
  });

  test("if the provider accepts the client only with another method, the check says to set this method", async () => {
    stage.op.answers["/token"] = ({ headers }) =>
      Buffer.from(headers.authorization?.slice("Basic ".length) ?? "", "base64").toString() ===
      "client1:secret1"
        ? { status: 400, json: { error: "invalid_grant" } }
        : { status: 401, json: { error: "invalid_client" } };
    const settings = { OIDC_CLIENT_ID: "client1", OIDC_CLIENT_SECRET: "secret1" };
    const found = only(await stage.examine(settings), "client-authentication");
    expect(found).toMatchObject({
      status: "warning",
      seen: "The token endpoint rejects the client with client_secret_post, and accepts it with client_secret_basic.",
    });
    expect(found.fix[0]).toMatch(/^Set OIDC_CLIENT_AUTH=client_secret_basic\./);
    const set = await stage.examine({ ...settings, OIDC_CLIENT_AUTH: "client_secret_basic" });
    expect(only(set, "client-authentication").status).toBe("ok");
  });

  test("if the provider rejects the client with every method, the check names them and advises none", async () => {
    const found = only(await stage.examine({ OIDC_CLIENT_SECRET: "wrong" }), "client-authentication");
    expect(found).toMatchObject({
      status: "error",
      seen: expect.stringContaining("with client_secret_post and with client_secret_basic: “invalid_client”"),
    });
    expect(found.fix.join()).not.toContain("OIDC_CLIENT_AUTH");
  });

  // part: fapi
  test("the check also tries a wrong signature with a private key", async () => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const right = new Set<string>();
    stage.op.answers["/token"] = ({ body }) => {
      const signature = new URLSearchParams(body).get("client_assertion")?.split(".")[2] ?? "";
      const isRight = signature.length === 86;
      if (isRight) right.add(signature);
      return isRight
        ? { status: 400, json: { error: "invalid_grant" } }
        : { status: 401, json: { error: "invalid_client" } };
    };
    const found = await stage.examine({
      OIDC_CLIENT_SECRET: undefined,
      OIDC_CLIENT_AUTH: "private_key_jwt",
      OIDC_CLIENT_PRIVATE_KEY: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    });
    expect(only(found, "client-authentication").seen).toContain("private_key_jwt, and rejects it");
    expect(right.size).toBe(1);
  });
  // end part: fapi

  // part: fapi
  test("if OIDC_DPOP is on, the check sends a proof with the nonce that the provider requires", async () => {
    const proofs: string[] = [];
    stage.op.answers["/token"] = ({ headers }) => {
      const [, claims = ""] = String(headers.dpop).split(".");
      proofs.push(Buffer.from(claims, "base64url").toString());
      return proofs.at(-1)?.includes('"nonce":"the-nonce"')
        ? { status: 400, json: { error: "invalid_grant" } }
        : { status: 400, headers: { "dpop-nonce": "the-nonce" }, json: { error: "use_dpop_nonce" } };
    };
    const found = await stage.examine({ OIDC_DPOP: "true" });
    expect(proofs.length).toBeGreaterThan(1);
    expect(only(found, "client-authentication").status).not.toBe("error");
  });
  // end part: fapi

  test("a provider that rejects the code before it checks the client is a warning", async () => {
    stage.op.answers["/token"] = () => ({ status: 400, json: { error: "invalid_grant" } });
    expect(only(await stage.examine(), "client-authentication")).toMatchObject({
      status: "warning",
      seen: expect.stringContaining("before it checks the client"),
    });
  });

  test("a public client needs only its id", async () => {
    stage.op.answers["/token"] = ({ body }) =>
      new URLSearchParams(body).has("client_secret")
        ? { status: 401 }
        : { status: 400, json: { error: "invalid_grant" } };
    expect(
      only(await stage.examine({ OIDC_CLIENT_SECRET: undefined }), "client-authentication").seen,
    ).toContain("has no secret");
  });

  test("if the provider rejects a client without a secret, the check advises to set a secret", async () => {
    const found = await stage.examine({ OIDC_CLIENT_SECRET: undefined });
    expect(only(found, "client-authentication").fix).toEqual([
      expect.stringMatching(/^Set OIDC_CLIENT_SECRET: /),
      expect.stringMatching(/^Or make the client public: /),
    ]);
  });

  test.each([
    [
      "tokens for any code",
      { status: 200, json: { access_token: "a", token_type: "bearer" } },
      "error",
      "made-up code",
    ],
    ["a page", { status: 404, text: "<h1>Not found</h1>" }, "error", "does not answer like a token endpoint"],
    [
      "a redirect",
      { status: 302, headers: { location: "https://login.example.com/" } },
      "error",
      "does not answer like a token endpoint (HTTP status 302, a redirect to https://login.example.com/)",
    ],
    ["a server error", { status: 500, text: "oops" }, "error", "does not answer"],
    [
      "an error about another problem",
      { status: 400, json: { error: "invalid_request", error_description: "no code like that" } },
      "warning",
      "unexpected error",
    ],
    ["a demand for DPoP", { status: 400, json: { error: "invalid_dpop_proof" } }, "error", "bound to a key"], // part: fapi
  ])("the check reports a token endpoint that answers with %s", async (_, answer, status, said) => {
    stage.op.answers["/token"] = () => answer;
    expect(only(await stage.examine(), "client-authentication")).toMatchObject({
      status,
      seen: expect.stringContaining(said),
    });
  });

  // part: fapi
  test("if the provider does not support the client's method, the check names the provider's methods", async () => {
    stage.op.metadata.token_endpoint_auth_methods_supported = ["tls_client_auth", "private_key_jwt"];
    const { status, fix } = only(await stage.examine(), "client-authentication");
    expect(status).toBe("error");
    expect(fix[0]).toBe(
      "The provider announces tls_client_auth, private_key_jwt. Set OIDC_CLIENT_PRIVATE_KEY, or register a secret for the client. In the provider's console, see the client's authentication.",
    );
  });
  // end part: fapi
});

describe("logout", () => {
  test.each([
    ["asks for confirmation is ok", { status: 200, text: "<h1>Log out?</h1>" }, "ok"],
    [
      "refuses the URL is an error",
      {
        status: 400,
        json: { error: "invalid_request", error_description: "post_logout_redirect_uri not registered" },
      },
      "error",
    ],
    [
      "requires an ID token is skipped",
      { status: 400, json: { error: "invalid_request", error_description: "id_token_hint is required" } },
      "skipped",
    ],
    ["has a server error is an error", { status: 500, text: "oops" }, "error"],
  ])("the logout at a provider that %s", async (_, answer, status) => {
    stage.op.answers["/logout"] = () => answer;
    expect(only(await stage.examine(), "log-out").status).toBe(status);
  });

  test("the check sends the same logout request as the app, but without an ID token", async () => {
    await stage.examine();
    const query = new URL(stage.op.requestTo("/logout")?.path ?? "", stage.op.issuer).searchParams;
    expect([...query.keys()].sort()).toEqual(["client_id", "post_logout_redirect_uri", "state"]);
    expect(query.get("post_logout_redirect_uri")).toBe("https://app.example.com/");
  });

  test("a provider without a logout endpoint is a warning", async () => {
    stage.op.metadata.end_session_endpoint = undefined;
    expect(only(await stage.examine(), "log-out")).toMatchObject({
      status: "warning",
      seen: expect.stringContaining("no logout endpoint"),
    });
  });
});
