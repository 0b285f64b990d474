import { describe, expect, test } from "vitest";
import { ENVIRONMENT } from "@/dev/testing/fresh-process.ts";
import { readSettings, SettingsError } from "./settings.ts";

type Environment = Record<string, string | undefined>;

const withSettings = (changes: Environment) => readSettings({ ...ENVIRONMENT, ...changes });

describe("APP_BASE_URL and API_SERVER_URL", () => {
  test.each([
    ["https://app.example.com", "https://app.example.com"],
    ["https://app.example.com/", "https://app.example.com"],
    ["https://APP.example.com:443", "https://app.example.com"],
    ["http://localhost:4040", "http://localhost:4040"],
    ["http://192.168.0.7:4040/", "http://192.168.0.7:4040"],
    ["https://münchen.example", "https://xn--mnchen-3ya.example"],
  ])("the URL %s becomes the origin %s", (given, origin) => {
    expect(withSettings({ APP_BASE_URL: given }).appBaseUrl).toBe(origin);
    expect(withSettings({ API_SERVER_URL: given }).apiServerUrl).toBe(origin); // part: demo
  });

  test.each([
    "app.example.com",
    "//app.example.com",
    "/app",
    "ftp://app.example.com",
    "javascript:alert(1)",
    "https://app.example.com/app",
    "https://app.example.com/?a=b",
    "https://app.example.com/#top",
    "https://user@app.example.com",
    "https://",
    "localhost:4040",
  ])("the value %s is refused, because it is not an origin", (given) => {
    expect(() => withSettings({ APP_BASE_URL: given })).toThrow(/APP_BASE_URL is /);
    expect(() => withSettings({ API_SERVER_URL: given })).toThrow(/API_SERVER_URL is /); // part: demo
  });

  test("the callback URL and the URL after a logout are derived from APP_BASE_URL", () => {
    const { oidc } = withSettings({ APP_BASE_URL: "http://localhost:4040/" });
    expect(oidc.redirectUri).toBe("http://localhost:4040/auth/callback");
    expect(oidc.postLogoutRedirectUri).toBe("http://localhost:4040/");
  });

  test("https is true only for an https URL", () => {
    expect(withSettings({ APP_BASE_URL: "http://localhost:4040" }).https).toBe(false);
    expect(withSettings({ APP_BASE_URL: "HTTPS://app.example.com" }).https).toBe(true);
  });
});

describe("the app's origin on Vercel", () => {
  const vercel = {
    APP_BASE_URL: undefined,
    VERCEL_URL: "app-abc123.vercel.app",
    VERCEL_PROJECT_PRODUCTION_URL: "app.vercel.app",
  };

  test("a preview uses the URL of its deployment", () => {
    const { appBaseUrl, oidc } = withSettings({ ...vercel, VERCEL_ENV: "preview" });
    expect(appBaseUrl).toBe("https://app-abc123.vercel.app");
    expect(oidc.redirectUri).toBe("https://app-abc123.vercel.app/auth/callback");
  });

  test("production uses the project's domain, or else the URL of its deployment", () => {
    const production = { ...vercel, VERCEL_ENV: "production" };
    expect(withSettings(production).appBaseUrl).toBe("https://app.vercel.app");
    const { VERCEL_PROJECT_PRODUCTION_URL: _, ...withoutDomain } = production;
    expect(withSettings(withoutDomain).appBaseUrl).toBe("https://app-abc123.vercel.app");
  });

  test("APP_BASE_URL wins over the URLs of Vercel", () => {
    const stated = { ...vercel, VERCEL_ENV: "production", APP_BASE_URL: "https://own.example.com" };
    expect(withSettings(stated).appBaseUrl).toBe("https://own.example.com");
  });

  test("APP_BASE_URL is required outside Vercel", () => {
    expect(() => withSettings({ APP_BASE_URL: "" })).toThrow(/APP_BASE_URL is missing/);
  });
});

describe("OIDC_REDIRECT_URI", () => {
  test("OIDC_REDIRECT_URI may have a query, which is kept unchanged", () => {
    const url = "https://app.example.com/auth/callback?tenant=x&path=%2Fa%20b";
    expect(withSettings({ OIDC_REDIRECT_URI: url }).oidc.redirectUri).toBe(url);
  });

  test.each(["#top", "?tenant=x#top", "#"])(
    "OIDC_REDIRECT_URI must not have a fragment: %s is refused (RFC 6749, 3.1.2)",
    (end) => {
      const url = `https://app.example.com/auth/callback${end}`;
      expect(() => withSettings({ OIDC_REDIRECT_URI: url })).toThrow(
        /OIDC_REDIRECT_URI is .*must not have a fragment/,
      );
    },
  );
});

describe("OIDC_ISSUER and the endpoints", () => {
  const names = [
    "OIDC_ISSUER",
    "OIDC_AUTHORIZATION_ENDPOINT",
    "OIDC_TOKEN_ENDPOINT",
    "OIDC_USERINFO_ENDPOINT",
    "OIDC_JWKS_URI",
    "OIDC_END_SESSION_ENDPOINT",
  ];

  test.each([
    "https://idp.example.com",
    "https://idp.example.com:8443/realms/a/",
    "http://localhost:9090",
    "http://127.0.0.1:9090",
    "http://127.8.9.1",
    "http://127.1:9090",
    "http://[::1]:9090",
    "http://LOCALHOST:9090",
  ])("the provider's URL may be %s", (url) => {
    for (const name of names) expect(() => withSettings({ [name]: url })).not.toThrow();
  });

  test.each([
    "http://idp.example.com",
    "http://localhost.evil.com",
    "http://evil.com/localhost",
    "http://localhost@evil.com",
    "http://127.0.0.1.evil.com",
    "http://127.evil.com",
    "http://128.0.0.1",
    "http://0.0.0.0:9090",
    "http://[::2]",
    "http://[::ffff:10.0.0.1]",
    "http://xlocalhost",
    "http://localhost.:9090",
    "ftp://localhost",
    "file:///etc/passwd",
    "https://idp.example.com/#fragment",
    "https://idp.example.com/#",
    "https://user:password@idp.example.com",
    "idp.example.com",
  ])("the provider's URL must not be %s", (url) => {
    for (const name of names) expect(() => withSettings({ [name]: url })).toThrow(SettingsError);
  });

  test("OIDC_ISSUER is kept unchanged, including a trailing slash [C2]", () => {
    for (const issuer of [
      "https://auth.civic.com/oauth",
      "https://auth.civic.com/oauth/",
      "https://EU.auth0.com",
    ]) {
      expect(withSettings({ OIDC_ISSUER: issuer }).oidc.issuer).toBe(issuer);
    }
  });

  test.each(["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"])(
    "OIDC_ISSUER may be the URL of the discovery document: %s is removed",
    (path) => {
      for (const issuer of ["https://idp.example.com", "https://idp.example.com/realms/a"]) {
        expect(withSettings({ OIDC_ISSUER: issuer + path }).oidc.issuer).toBe(issuer);
      }
    },
  );
});
