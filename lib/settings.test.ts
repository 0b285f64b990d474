import { describe, expect, test } from "vitest";
import { ENVIRONMENT, freshProcess } from "@/dev/testing/fresh-process.ts";
import { getSettings, readSettings, SettingsError } from "./settings.ts";

type Environment = Record<string, string | undefined>;

/** The error message for an invalid environment. */
function complaintAbout(environment: Environment): string {
  try {
    readSettings(environment);
  } catch (error) {
    if (error instanceof SettingsError) return error.message;
    throw error;
  }
  throw new Error("the settings were accepted");
}

const withSettings = (changes: Environment) => readSettings({ ...ENVIRONMENT, ...changes });
const complaintWith = (changes: Environment) => complaintAbout({ ...ENVIRONMENT, ...changes });

describe("readSettings: defaults", () => {
  test("a setting that is left out has the documented default", () => {
    expect(readSettings(ENVIRONMENT)).toMatchObject({
      appBaseUrl: "https://app.example.com",
      https: true,
      sessionSecrets: ["first-secret-of-the-tests-0123456789"],
      sessionMaxAge: 604_800,
      sessionIdleTimeout: 86_400,
      apiServerUrl: "https://api.example.com", // part: demo
      oidc: {
        issuer: "https://idp.example.com",
        clientId: "the-client",
        clientSecret: undefined,
        clientAuth: undefined,
        scope: "openid profile email offline_access",
        audience: undefined,
        resource: undefined,
        redirectUri: "https://app.example.com/auth/callback",
        postLogoutRedirectUri: "https://app.example.com/",
        endpoints: {},
      },
    });
  });

  test("developmentTools is true only if NODE_ENV is development", () => {
    for (const [mode, expected] of [
      ["development", true],
      ["production", false],
      ["test", false],
      ["", false],
    ]) {
      expect(withSettings({ NODE_ENV: String(mode) }).developmentTools).toBe(expected);
    }
    expect(withSettings({}).developmentTools).toBe(false);
  });

  test("an empty value, or a value that consists of spaces, is treated as left out", () => {
    const empty = { OIDC_SCOPE: "", OIDC_CLIENT_SECRET: "  ", SESSION_MAX_AGE: "", SESSION_STORE_URL: "" };
    expect(withSettings(empty)).toEqual(readSettings(ENVIRONMENT));
    expect(withSettings({ API_SERVER_URL: undefined }).apiServerUrl).toBeNull(); // part: demo
    expect(withSettings({ API_SERVER_URL: " " }).apiServerUrl).toBeNull(); // part: demo
  });

  test("spaces around a value are removed", () => {
    expect(withSettings({ OIDC_CLIENT_ID: "  padded " }).oidc.clientId).toBe("padded");
  });
});

describe("readSettings: values that are set", () => {
  test("readSettings returns the value of every optional setting [A1] [C14]", () => {
    const { oidc, sessionMaxAge, sessionIdleTimeout } = withSettings({
      OIDC_CLIENT_SECRET: "a secret",
      OIDC_CLIENT_AUTH: "client_secret_basic",
      OIDC_SCOPE: "openid email",
      OIDC_AUDIENCE: "https://api.example.com",
      OIDC_RESOURCE: "https://resource.example.com/v1",
      OIDC_REDIRECT_URI: "https://other.example.com/callback",
      OIDC_POST_LOGOUT_REDIRECT_URI: "https://other.example.com/bye",
      SESSION_MAX_AGE: "3600",
      SESSION_IDLE_TIMEOUT: "600",
    });
    expect(oidc).toMatchObject({
      clientSecret: "a secret",
      clientAuth: "client_secret_basic",
      scope: "openid email",
      audience: "https://api.example.com",
      resource: "https://resource.example.com/v1",
      redirectUri: "https://other.example.com/callback",
      postLogoutRedirectUri: "https://other.example.com/bye",
    });
    expect([sessionMaxAge, sessionIdleTimeout]).toEqual([3600, 600]);
  });

  test("readSettings returns each endpoint under its name in the discovery document [Q1]", () => {
    const { oidc } = withSettings({
      OIDC_AUTHORIZATION_ENDPOINT: "https://idp.example.com/authorize",
      OIDC_TOKEN_ENDPOINT: "https://idp.example.com/token",
      OIDC_USERINFO_ENDPOINT: "https://idp.example.com/userinfo",
      OIDC_JWKS_URI: "https://idp.example.com/jwks",
      OIDC_END_SESSION_ENDPOINT: "https://idp.example.com/logout",
    });
    expect(oidc.endpoints).toEqual({
      authorization_endpoint: "https://idp.example.com/authorize",
      token_endpoint: "https://idp.example.com/token",
      userinfo_endpoint: "https://idp.example.com/userinfo",
      jwks_uri: "https://idp.example.com/jwks",
      end_session_endpoint: "https://idp.example.com/logout",
    });
  });

  test("getSettings reads the environment once, at its first call", async () => {
    freshProcess({ OIDC_CLIENT_ID: "from-the-environment" });
    const fresh = await import("./settings.ts");
    const settings = fresh.getSettings();
    expect(settings.oidc.clientId).toBe("from-the-environment");
    freshProcess({ OIDC_CLIENT_ID: "changed-later" });
    expect(fresh.getSettings()).toBe(settings);
    expect(fresh.getSettings).not.toBe(getSettings);
  });
});

describe("readSettings: missing and invalid values", () => {
  test("the message about one invalid setting is in the singular", () => {
    const complaint = complaintAbout({ ...ENVIRONMENT, OIDC_CLIENT_ID: "" });
    expect(complaint).toContain("1 setting needs your attention");
    expect(complaint).not.toContain("them");
  });

  test("one message names all required settings that are missing, with an example of each [C1]", () => {
    const complaint = complaintAbout({});
    expect(complaint).toContain("4 settings need your attention");
    for (const name of ["APP_BASE_URL", "SESSION_SECRET", "OIDC_ISSUER", "OIDC_CLIENT_ID"]) {
      expect(complaint).toMatch(new RegExp(`^ {2}${name} is missing\\. (Example|Make one with): \\S+`, "m"));
    }
  });

  test("one message names all malformed settings and their values", () => {
    const wrong = {
      APP_BASE_URL: "app.example.com",
      OIDC_ISSUER: "http://idp.example.com",
      OIDC_CLIENT_AUTH: "private_key",
      OIDC_SCOPE: "profile email",
      OIDC_RESOURCE: "api",
      OIDC_REDIRECT_URI: "/auth/callback",
      OIDC_POST_LOGOUT_REDIRECT_URI: "ftp://app.example.com/",
      OIDC_AUTHORIZATION_ENDPOINT: "authorize",
      OIDC_TOKEN_ENDPOINT: "http://idp.example.com/token",
      OIDC_USERINFO_ENDPOINT: "userinfo",
      OIDC_JWKS_URI: "/jwks",
      OIDC_END_SESSION_ENDPOINT: "logout",
      API_SERVER_URL: "localhost", // part: demo
      SESSION_MAX_AGE: "a week",
      SESSION_IDLE_TIMEOUT: "-5",
    };
    const complaint = complaintWith(wrong);
    for (const [name, found] of Object.entries(wrong)) {
      expect(complaint).toMatch(new RegExp(`^ {2}${name} is "${found}",`, "m"));
    }
    expect(complaint).toContain(`${Object.keys(wrong).length} settings need your attention`);
  });

  test.each(["0", "1.5", "1e3", "-1", "0x10", "12345678901", "60s", "٣"])(
    "SESSION_MAX_AGE=%j is refused, because it is not a whole number of seconds",
    (value) => {
      expect(complaintWith({ SESSION_MAX_AGE: value })).toMatch(
        /SESSION_MAX_AGE is ".*", but must be a whole/,
      );
    },
  );

  test.each(["profile", "openidx email", "OpenID"])(
    "OIDC_SCOPE=%j is refused, because it lacks openid",
    (scope) => {
      expect(complaintWith({ OIDC_SCOPE: scope })).toContain('must contain "openid"');
    },
  );

  test.each(["openid,profile,email", "openid, profile", "openid profile,email"])(
    "OIDC_SCOPE=%j is refused, because scopes are separated by spaces",
    (scope) => {
      const complaint = complaintWith({ OIDC_SCOPE: scope });
      expect(complaint).toContain(`OIDC_SCOPE is "${scope}", but scopes are separated by spaces, not commas`);
      expect(complaint).toContain("1 setting needs");
    },
  );

  test.each([
    ["OIDC_CLIENT_ID", '"the-client"'],
    ["OIDC_CLIENT_ID", "'the-client'"],
    ["OIDC_CLIENT_ID", "“the-client”"],
    ["OIDC_CLIENT_SECRET", '"topsecret"'],
    ["OIDC_CLIENT_SECRET", ' "topsecret" '],
    ["OIDC_CLIENT_SECRET", '""'],
    ["OIDC_ISSUER", '"https://idp.example.com"'],
    ["OIDC_SCOPE", '"openid profile"'],
    ["SESSION_SECRET", '"0123456789abcdef0123456789abcdef"'],
  ])("%s in quotation marks is refused, and the message does not show its value: %s", (name, value) => {
    const complaint = complaintWith({ [name]: value });
    expect(complaint).toContain(`${name} has quotation marks around its value`);
    expect(complaint).toContain("1 setting needs");
    expect(complaint).not.toMatch(/topsecret|0123456789/);
  });

  test.each(['the "best" secret', '"half', "it's"])(
    "a quotation mark inside a secret is a part of the secret: %s",
    (secret) => {
      expect(withSettings({ OIDC_CLIENT_SECRET: secret }).oidc.clientSecret).toBe(secret);
    },
  );

  test.each(["client_secret_post", "client_secret_basic"])(
    "OIDC_CLIENT_AUTH=%s requires OIDC_CLIENT_SECRET [C14]",
    (method) => {
      expect(complaintWith({ OIDC_CLIENT_AUTH: method })).toContain("OIDC_CLIENT_SECRET is missing");
      expect(withSettings({ OIDC_CLIENT_AUTH: method, OIDC_CLIENT_SECRET: "s" }).oidc.clientAuth).toBe(
        method,
      );
    },
  );

  test("OIDC_CLIENT_AUTH=none does not require OIDC_CLIENT_SECRET [C14]", () => {
    expect(withSettings({ OIDC_CLIENT_AUTH: "none" }).oidc.clientAuth).toBe("none");
  });

  // part: fapi
  test("private_key_jwt requires a valid private key, and the message does not show an invalid one", () => {
    expect(complaintWith({ OIDC_CLIENT_AUTH: "private_key_jwt" })).toContain(
      "OIDC_CLIENT_PRIVATE_KEY is missing",
    );
    const complaint = complaintWith({ OIDC_CLIENT_PRIVATE_KEY: "topsecret" });
    expect(complaint).toContain("OIDC_CLIENT_PRIVATE_KEY is not a valid private key");
    expect(complaint).not.toContain("topsecret");
  });
  // end part: fapi

  test("settings can add parameters to the login request, but cannot set parameters that the app sets", () => {
    const { oidc } = withSettings({ OIDC_AUTHORIZATION_PARAMS: "access_type=offline&prompt=consent" });
    expect(oidc.authorizationParams).toEqual({ access_type: "offline", prompt: "consent" });
    expect(oidc.signupParams).toEqual({ screen_hint: "signup" });
    expect(withSettings({ OIDC_SIGNUP_PARAMS: "none" }).oidc.signupParams).toEqual({});
    expect(complaintWith({ OIDC_AUTHORIZATION_PARAMS: "state=x" })).toContain('sets "state"');
    expect(complaintWith({ OIDC_SIGNUP_PARAMS: "signup" })).toContain("must be name=value");
    expect(complaintWith({ OIDC_AUTHORIZATION_PARAMS: "max_age=1h" })).toContain('has the max_age "1h"');
  });

  // part: fapi
  test.each(["yes", "1", "TRUE"])("OIDC_PAR=%s is refused, because it is not true or false", (value) => {
    expect(complaintWith({ OIDC_PAR: value })).toContain("must be true or false");
  });
  // end part: fapi

  test("OIDC_TIMEOUT may be from 1 to 300 seconds", () => {
    expect(withSettings({}).oidc.timeout).toBe(10);
    expect(withSettings({ OIDC_TIMEOUT: "300" }).oidc.timeout).toBe(300);
    expect(complaintWith({ OIDC_TIMEOUT: "301" })).toContain(
      'OIDC_TIMEOUT is "301", but must be at most 300',
    );
    expect(complaintWith({ OIDC_TIMEOUT: "0" })).toContain("OIDC_TIMEOUT");
  });

  test("OIDC_RESPONSE_MODE may be query or form_post", () => {
    expect(complaintWith({ OIDC_RESPONSE_MODE: "fragment" })).toContain("must be query or form_post");
    expect(withSettings({ OIDC_RESPONSE_MODE: "form_post" }).oidc.responseMode).toBe("form_post");
  });
});

// part: previews
describe("PREVIEW_ORIGINS", () => {
  const PREVIEW_ORIGINS = "https://my-app-*-team.vercel.app, https://pr-*.preview.example.com";
  const OIDC_REDIRECT_URI = "https://app.example.com/auth/callback";
  const matches = (origin: string, value = PREVIEW_ORIGINS) =>
    withSettings({ PREVIEW_ORIGINS: value }).previewOrigins.some((pattern) => pattern.test(origin));

  test("previews are off by default", () => {
    expect(withSettings({}).previewOrigins).toEqual([]);
  });

  test("PREVIEW_ORIGINS may have several patterns, in which * matches a part of a name", () => {
    expect(matches("https://my-app-git-a-1-team.vercel.app")).toBe(true);
    expect(matches("https://pr-7.preview.example.com")).toBe(true);
    expect(matches("https://pr-7.preview.example.com.evil.example")).toBe(false);
    expect(matches("http://localhost:4141", "http://localhost:4141")).toBe(true);
    expect(matches("https://a.preview.example.com:8443", "https://*.preview.example.com:8443")).toBe(true);
  });

  test.each([
    "https://*",
    "https://*.com",
    "https://*.vercel.app",
    "https://my-app-*",
    "https://my-*.app",
    "https://my-app-team.vercel.*",
    "http://my-app-*-team.vercel.app",
    "*://my-app-x-team.vercel.app",
    "my-app-*-team.vercel.app",
    "https://my-app-*-team.vercel.app/",
    "https://my-app-*-team.vercel.app/auth/callback",
    "https://my-app-*-team.vercel.app:443",
    "https://my-app-*-team.vercel.app:*",
    "https://me:topsecret@my-app-*-team.vercel.app",
    "https://My-App-*-team.vercel.app",
    "https://my-app-(a|b)-team.vercel.app",
    "https://bücher-*-team.example.com",
  ])("PREVIEW_ORIGINS must not contain the pattern %j", (value) => {
    const complaint = complaintWith({ PREVIEW_ORIGINS: `https://my-app-*-team.vercel.app, ${value}` });
    expect(complaint).toContain("PREVIEW_ORIGINS contains");
    expect(complaint).not.toContain("topsecret");
  });

  test("a preview requires production's callback as OIDC_REDIRECT_URI", () => {
    const preview = { PREVIEW_ORIGINS, APP_BASE_URL: "https://my-app-x-team.vercel.app" };
    expect(complaintWith(preview)).toContain("OIDC_REDIRECT_URI must be production's callback");
    expect(withSettings({ ...preview, OIDC_REDIRECT_URI }).oidc.redirectUri).toBe(OIDC_REDIRECT_URI);
    expect(withSettings({ PREVIEW_ORIGINS, OIDC_REDIRECT_URI }).oidc.redirectUri).toBe(OIDC_REDIRECT_URI);
  });

  test("APP_BASE_URL of a preview must match a pattern, or production would not redirect logins to it", () => {
    const elsewhere = { PREVIEW_ORIGINS, OIDC_REDIRECT_URI, APP_BASE_URL: "https://my-app.vercel.app" };
    expect(complaintWith(elsewhere)).toContain(
      "PREVIEW_ORIGINS does not match APP_BASE_URL, so https://app.example.com would not redirect logins back here",
    );
  });
});
// end part: previews

// part: broker
describe("the token broker", () => {
  const STORE = { SESSION_STORE_URL: "sqlite:data/sessions.db" };
  const BROKER = { ...STORE, BROKER_AUDIENCE: "https://app.example.com/api" };

  test("the broker is off by default", () => {
    expect(withSettings({}).broker).toMatchObject({ audience: null, trustedIssuers: [], redirectUris: [] });
  });

  test("BROKER_AUDIENCE requires SESSION_STORE_URL, and one sentence of the message says so [P1]", () => {
    const complaint = complaintWith({ BROKER_AUDIENCE: "https://app.example.com/api" });
    expect(complaint).toContain(
      "SESSION_STORE_URL is missing, but BROKER_AUDIENCE needs it. Example: sqlite:",
    );
    expect(complaint).toContain("1 setting needs");
  });

  test("BROKER_TRUSTED_ISSUERS requires BROKER_AUDIENCE", () => {
    const complaint = complaintWith({ ...STORE, BROKER_TRUSTED_ISSUERS: "https://other.example.com" });
    expect(complaint).toContain("BROKER_AUDIENCE is missing, but BROKER_TRUSTED_ISSUERS needs it");
  });

  test("programs may use the ports 53100 to 53105, or those in BROKER_REDIRECT_PORTS", () => {
    expect(withSettings(BROKER).broker.redirectPorts).toEqual([53100, 53101, 53102, 53103, 53104, 53105]);
    const ports = { ...BROKER, BROKER_REDIRECT_PORTS: "8000, 9000-9001" };
    expect(withSettings(ports).broker.redirectPorts).toEqual([8000, 9000, 9001]);
  });

  test.each([
    "x",
    "0",
    "70000",
    "9001-9000",
    "1-65535",
    "53100-",
    "53100;53101",
    "1-2-3",
    "53100-53105,53100-99999",
  ])("BROKER_REDIRECT_PORTS=%j is refused", (value) => {
    expect(complaintWith({ ...BROKER, BROKER_REDIRECT_PORTS: value })).toContain("BROKER_REDIRECT_PORTS");
  });

  test("BROKER_TRUSTED_ISSUERS is a comma-separated list, and each issuer is kept unchanged", () => {
    const issuers = "https://a.example.com, https://b.example.com/x,http://localhost:4141/";
    expect(withSettings({ ...BROKER, BROKER_TRUSTED_ISSUERS: issuers }).broker.trustedIssuers).toEqual([
      "https://a.example.com",
      "https://b.example.com/x",
      "http://localhost:4141/",
    ]);
  });

  test.each([
    "not-a-url",
    "http://other.example.com",
    "https://other.example.com#x",
    "https://good.example.com,ftp://x",
    "https://me:topsecret@other.example.com",
  ])("BROKER_TRUSTED_ISSUERS=%j is refused, and the message shows no password", (value) => {
    const complaint = complaintWith({ ...BROKER, BROKER_TRUSTED_ISSUERS: value });
    expect(complaint).toContain("BROKER_TRUSTED_ISSUERS");
    expect(complaint).not.toContain("topsecret");
  });

  test("BROKER_TRUSTED_ISSUERS must not contain APP_BASE_URL", () => {
    const complaint = complaintWith({ ...BROKER, BROKER_TRUSTED_ISSUERS: "https://app.example.com" });
    expect(complaint).toContain("BROKER_TRUSTED_ISSUERS contains APP_BASE_URL");
  });
});
// end part: broker
