import { afterEach, expect, test, vi } from "vitest";
import {
  answerWith,
  examineHosted,
  guideSettings,
  json,
  leadTo,
  only,
  page,
  provider,
  statuses,
} from "@/dev/doctor/test-stage.ts";

afterEach(() => vi.unstubAllGlobals());

test("the doctor explains the errors of Auth0 if no URL is registered and the secret is wrong", async () => {
  const origin = "https://your-tenant.us.auth0.com";
  const metadata = {
    authorization_endpoint: `${origin}/authorize`,
    token_endpoint: `${origin}/oauth/token`,
    token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
  };
  answerWith(
    provider(`${origin}/`, metadata, ({ pathname }) => {
      if (pathname === "/authorize")
        return page(
          403,
          "<h1>Oops!, something went wrong</h1><p>Callback URL mismatch. The provided redirect_uri is not in the list of allowed callback URLs.</p>",
        );
      if (pathname === "/oauth/token")
        return json(401, { error: "access_denied", error_description: "Unauthorized" });
      if (pathname === "/v2/logout")
        return new Response(
          'The "returnTo" querystring parameter "https://app.example.com/" is not defined as a valid URL in "Allowed Logout URLs".',
          { status: 400 },
        );
    }),
  );
  const found = await examineHosted("auth0");
  expect(found.provider).toEqual({ issuer: origin, name: "Auth0", guide: "docs/providers.md#auth0" });
  expect(only(found, "discovery")).toMatchObject({
    status: "ok",
    seen: expect.stringContaining("trailing slash is accepted"),
  });
  expect(only(found, "authentication-request").fix[0]).toContain(
    "In Auth0, Applications → your app → Settings → Allowed Callback URLs",
  );
  expect(only(found, "client-authentication").seen).toContain("“access_denied: Unauthorized”");
  expect(only(found, "log-out")).toMatchObject({
    status: "error",
    seen: expect.stringContaining("Allowed Logout URLs"),
  });
  expect(only(found, "log-out").fix[0]).toContain("Allowed Logout URLs: add https://app.example.com/");
});

test("the doctor skips the logout at Okta, which requires an ID token", async () => {
  const issuer = "https://your-org.okta.com/oauth2/default";
  const metadata = {
    authorization_endpoint: `${issuer}/v1/authorize`,
    token_endpoint: `${issuer}/v1/token`,
    end_session_endpoint: `${issuer}/v1/logout`,
  };
  answerWith(
    provider(issuer, metadata, ({ pathname }) => {
      if (pathname.endsWith("/authorize"))
        return leadTo("https://app.example.com/auth/callback?error=login_required&state=x");
      if (pathname.endsWith("/token"))
        return json(400, {
          error: "invalid_grant",
          error_description: "The authorization code is invalid or has expired.",
        });
      if (pathname.endsWith("/logout"))
        return json(400, {
          errorCode: "invalid_request",
          errorSummary: "The 'id_token_hint' parameter must not be blank.",
        });
    }),
  );
  expect(statuses(await examineHosted("okta"))).toMatchObject({
    "authentication-request": "ok",
    "log-out": "skipped",
    audience: "ok",
  });
});

test("the doctor explains that Cognito rejects offline_access and has its own logout parameters", async () => {
  const issuer = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_example";
  const domain = "https://your-domain.auth.eu-west-1.amazoncognito.com";
  const metadata = {
    authorization_endpoint: `${domain}/oauth2/authorize`,
    token_endpoint: `${domain}/oauth2/token`,
    end_session_endpoint: `${domain}/logout`,
  };
  answerWith(
    provider(issuer, metadata, ({ pathname, searchParams }) => {
      if (pathname === "/oauth2/authorize" && searchParams.get("scope")?.includes("offline_access"))
        return leadTo(
          "https://app.example.com/auth/callback?error_description=invalid_scope&error=invalid_request&state=x",
        );
      if (pathname === "/oauth2/authorize") return leadTo(`${domain}/login?client_id=the-client`);
      if (pathname === "/login") return page(200, "<h1>Sign in</h1>");
      if (pathname === "/oauth2/token") return json(400, { error: "invalid_client" });
      if (pathname === "/logout" && !searchParams.has("logout_uri"))
        return leadTo(`${domain}/error?error=Required+String+parameter+%27redirect_uri%27+is+not+present`);
      if (pathname === "/logout") return leadTo(searchParams.get("logout_uri") ?? "");
      if (pathname === "/error")
        return page(400, "<h1>An error was encountered with the requested page.</h1>");
    }),
  );
  const right = await examineHosted("cognito");
  expect(statuses(right)).toMatchObject({
    "authentication-request": "ok",
    scope: "ok",
    "refresh-token": "ok",
    "log-out": "ok",
    pkce: "ok",
    "client-authentication": "error",
  });
  const wrong = await examineHosted("cognito", {
    OIDC_SCOPE: undefined,
    OIDC_END_SESSION_ENDPOINT: undefined,
  });
  expect(only(wrong, "scope").fix).toEqual([
    'Set OIDC_SCOPE="openid profile email"',
    expect.stringContaining("rejects offline_access with invalid_scope"),
  ]);
  expect(only(wrong, "log-out")).toMatchObject({
    status: "error",
    fix: [expect.stringContaining("logout_uri instead of post_logout_redirect_uri")],
  });
});

test("the doctor reads Google's errors in Base64, and accepts that Google has no logout endpoint", async () => {
  const metadata = {
    authorization_endpoint: "https://accounts.google.com/o/oauth2/v2/auth",
    token_endpoint: "https://oauth2.googleapis.com/token",
  };
  const authError = "ChVyZWRpcmVjdF91cmlfbWlzbWF0Y2gSsAEKWW91IGNhbid0IHNpZ24gaW4gdG8gdGhpcyBhcHA";
  answerWith(
    provider("https://accounts.google.com", metadata, ({ pathname, host }) => {
      if (pathname === "/o/oauth2/v2/auth")
        return leadTo(
          `https://accounts.google.com/signin/oauth/error?authError=${authError}&flowName=GeneralOAuthFlow`,
        );
      if (pathname === "/signin/oauth/error") return page(400, "<title>Error 400</title>");
      if (host === "oauth2.googleapis.com")
        return json(401, { error: "invalid_client", error_description: "The OAuth client was not found." });
    }),
  );
  const found = await examineHosted("google");
  expect(only(found, "authentication-request")).toMatchObject({
    status: "error",
    seen: expect.stringContaining("redirect_uri_mismatch"),
  });
  expect(only(found, "log-out")).toMatchObject({
    status: "ok",
    seen: expect.stringContaining("Google has no such endpoint"),
  });
});

test("the doctor recognises error pages of Entra ID, although their status is 200", async () => {
  const tenant = "https://login.microsoftonline.com/00000000-0000-0000-0000-000000000000";
  const metadata = {
    authorization_endpoint: `${tenant}/oauth2/v2.0/authorize`,
    token_endpoint: `${tenant}/oauth2/v2.0/token`,
    end_session_endpoint: `${tenant}/oauth2/v2.0/logout`,
  };
  answerWith(
    provider(`${tenant}/v2.0`, metadata, ({ pathname }) => {
      if (pathname.endsWith("/authorize"))
        return page(
          200,
          '<script>$Config={"strServiceExceptionMessage":"AADSTS50011: The redirect URI specified in the request does not match."};</script>',
        );
      if (pathname.endsWith("/token"))
        return json(401, {
          error: "invalid_client",
          error_description: "AADSTS7000215: Invalid client secret provided.",
        });
      if (pathname.endsWith("/logout")) return page(200, "<title>Sign out</title>");
    }),
  );
  const found = await examineHosted("entra");
  expect(only(found, "authentication-request").fix[0]).toContain(
    "In Microsoft Entra ID, App registrations → your app → Authentication → Web → Redirect URIs",
  );
  expect(only(found, "client-authentication")).toMatchObject({
    seen: expect.stringContaining("AADSTS7000215"),
    fix: expect.arrayContaining([expect.stringContaining("not the Secret ID")]),
  });
  expect(statuses(found)).toMatchObject({ "log-out": "ok", pkce: "ok" });
});

test("the doctor reads the JSON errors of Zitadel and Logto", async () => {
  for (const [id, body] of [
    [
      "zitadel",
      {
        error: "invalid_request",
        error_description:
          "The requested redirect_uri is missing in the client configuration. If you have any questions, you may contact the administrator of the application.",
      },
    ],
    [
      "logto",
      {
        code: "oidc.invalid_redirect_uri",
        message: "`redirect_uri` did not match any of the client's registered `redirect_uris`.",
      },
    ],
  ] as const) {
    const issuer = guideSettings(id).OIDC_ISSUER ?? "";
    const metadata = { authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token` };
    answerWith(
      provider(issuer, metadata, ({ pathname }) =>
        /\/(authorize|auth)$/.test(pathname) ? json(400, body) : undefined,
      ),
    );
    expect(only(await examineHosted(id), "authentication-request").seen).toContain(
      "rejects the callback URL https://app.example.com/auth/callback: “",
    );
  }
});

test("an endpoint without https is an error, which names the setting to override the endpoint", async () => {
  const issuer = "https://authentik.example.com/application/o/my-app/";
  const metadata = {
    authorization_endpoint: "http://authentik.example.com/application/o/authorize/",
    token_endpoint: "https://authentik.example.com/application/o/token/",
  };
  answerWith(provider(issuer, metadata, () => undefined));
  const found = await examineHosted("authentik");
  expect(only(found, "metadata")).toMatchObject({
    status: "error",
    seen: expect.stringContaining("authorization_endpoint is not an https URL"),
  });
  expect(only(found, "metadata").fix[0]).toContain("OIDC_AUTHORIZATION_ENDPOINT");
});

test("the doctor skips the logout at authentik, which requires an ID token", async () => {
  const issuer = "https://authentik.example.com/application/o/my-app/";
  const metadata = {
    authorization_endpoint: "https://authentik.example.com/application/o/authorize/",
    token_endpoint: "https://authentik.example.com/application/o/token/",
    end_session_endpoint: `${issuer}end-session/`,
  };
  answerWith(
    provider(issuer, metadata, ({ pathname }) =>
      pathname.endsWith("/end-session/")
        ? page(400, "<h1>Bad Request</h1><p>The request is otherwise malformed</p>")
        : undefined,
    ),
  );
  expect(only(await examineHosted("authentik"), "log-out").status).toBe("skipped");
});
