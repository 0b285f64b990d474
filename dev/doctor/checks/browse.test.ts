import { describe, expect, test } from "vitest";
import { type Page, refusalIn } from "./browse.ts";

/** The rejection that the doctor recognises if the provider shows this page. */
function refusalAt(page: Partial<Page>) {
  const end = { url: new URL("https://idp.example.com/authorize"), status: 400, body: "", ...page };
  return refusalIn([end], null);
}

const html = (title: string, text: string) =>
  `<!doctype html><html><head><title>${title}</title><style>a{}</style></head><body><script>var a = "invalid_client"</script>${text}</body></html>`;

// Two error messages of Google, as they appear in the URL of its error page.
const GOOGLE_URI =
  "ChVyZWRpcmVjdF91cmlfbWlzbWF0Y2gSsAEKWW91IGNhbid0IHNpZ24gaW4gdG8gdGhpcyBhcHAgYmVjYXVzZSBpdCBkb2Vzbid0IGNvbXBseSB3aXRoIEdvb2dsZSdzIE9BdXRoIDIuMCBwb2xpY3kuCgpJZiB5b3UncmUgdGhlIGFwcCBkZXZlbG9wZXIsIHJlZ2lzdGVyIHRoZSByZWRpcmVjdCBVUkkgaW4gdGhlIEdvb2dsZSBDbG91ZCBDb25zb2xlLgogIBptaHR0cHM6Ly9kZXZlbG9wZXJzLmdvb2dsZS5jb20v";
const GOOGLE_CLIENT = "Cg5pbnZhbGlkX2NsaWVudBIfVGhlIE9BdXRoIGNsaWVudCB3YXMgbm90IGZvdW5kLiCRAw%3D%3D";

const entraPage = (said: string) =>
  `<html><head><title>Sign in to your account</title></head><body><script>$Config={"iErrorCode":1,"strServiceExceptionMessage":"${said}","fEnable":true};</script></body></html>`;

const URLS: [string, Partial<Page>, string][] = [
  [
    "Auth0",
    {
      status: 403,
      body: html(
        "Oops!, something went wrong",
        "<h1>Oops!, something went wrong</h1><p>Callback URL mismatch. The provided redirect_uri is not in the list of allowed callback URLs.</p>",
      ),
    },
    "Callback URL mismatch",
  ],
  [
    "Auth0, at logout",
    {
      body: 'The "returnTo" querystring parameter "http://a/" is not defined as a valid URL in "Allowed Logout URLs".',
    },
    "Allowed Logout URLs",
  ],
  [
    "Keycloak",
    {
      body: html(
        "Sign in to demo",
        '<h1 id="kc-page-title">We are sorry...</h1><p class="instruction">Invalid parameter: redirect_uri</p>',
      ),
    },
    "Invalid parameter: redirect_uri",
  ],
  [
    "Keycloak, at logout",
    { body: html("demo", '<p class="instruction">Invalid redirect uri</p>') },
    "Invalid redirect uri",
  ],
  [
    "Entra ID",
    {
      status: 200,
      body: entraPage(
        "AADSTS50011: The redirect URI \\u0027http://localhost:4040/auth/callback\\u0027 specified in the request does not match the redirect URIs configured for the application.",
      ),
    },
    "AADSTS50011",
  ],
  [
    "Google",
    {
      status: 400,
      url: new URL(
        `https://accounts.google.com/signin/oauth/error?authError=${GOOGLE_URI}&flowName=GeneralOAuthFlow`,
      ),
    },
    "redirect_uri_mismatch",
  ],
  [
    "Okta",
    {
      body: html(
        "Okta - Error",
        "<h2>400 Bad Request</h2><p>Your request resulted in an error. The &#39;redirect_uri&#39; parameter must be a Login redirect URI in the client app settings: https://okta-admin.example.com</p>",
      ),
    },
    "must be a Login redirect URI",
  ],
  [
    "Okta, at logout",
    {
      body: '{"errorCode":"invalid_request","errorSummary":"The \'post_logout_redirect_uri\' parameter must be a Logout redirect URI in the client app settings"}',
    },
    "Logout redirect URI",
  ],
  [
    "Cognito",
    {
      url: new URL("https://demo.auth.eu-west-1.amazoncognito.com/error?error=redirect_mismatch&client_id=1"),
    },
    "redirect_mismatch",
  ],
  [
    "Zitadel",
    {
      body: '{"error":"invalid_request","error_description":"The requested redirect_uri is missing in the client configuration. If you have any questions, you may contact the administrator of the application."}',
    },
    "missing in the client configuration",
  ],
  [
    "Zitadel, at logout",
    { body: '{"error":"invalid_request","error_description":"post_logout_redirect_uri invalid"}' },
    "post_logout_redirect_uri invalid",
  ],
  [
    "Logto",
    {
      body: `{"code":"oidc.invalid_redirect_uri","message":"\`redirect_uri\` did not match any of the client's registered \`redirect_uris\`."}`,
    },
    "oidc.invalid_redirect_uri",
  ],
  [
    "Logto, at logout",
    {
      body: '{"code":"oidc.invalid_request","message":"Request is invalid.","error_description":"post_logout_redirect_uri not registered"}',
    },
    "post_logout_redirect_uri not registered",
  ],
  [
    "authentik",
    {
      body: html(
        "Redirect URI Error - authentik",
        "<p>The request fails due to a missing, invalid, or mismatching redirection URI (redirect_uri).</p>",
      ),
    },
    "Redirect URI Error",
  ],
  ["Civic", { body: html("Error", "<p>INVALID_REDIRECT_URI (0x0004)</p>") }, "INVALID_REDIRECT_URI"],
  ["ConsentKeys", { body: '{"error":"redirect_uri_mismatch"}' }, "redirect_uri_mismatch"],
  ["another provider", { body: "<p>This redirect URI has not been registered.</p>" }, "not been registered"],
  [
    "oidc-provider",
    { body: html("oops!", "<pre><strong>error</strong>: invalid_redirect_uri</pre>") },
    "invalid_redirect_uri",
  ],
];

const CLIENTS: [string, Partial<Page>, string][] = [
  [
    "Auth0",
    {
      url: new URL(
        "https://a.auth0.com/authorize?error=invalid_request&error_description=Unknown%20client%3A%20abc",
      ),
    },
    "Unknown client",
  ],
  ["Keycloak", { body: html("demo", '<p class="instruction">Client not found.</p>') }, "Client not found."],
  [
    "Entra ID",
    {
      status: 200,
      body: entraPage(
        "AADSTS700016: Application with identifier \\u0027x\\u0027 was not found in the directory.",
      ),
    },
    "AADSTS700016",
  ],
  [
    "Google",
    {
      status: 401,
      url: new URL(`https://accounts.google.com/signin/oauth/error?authError=${GOOGLE_CLIENT}`),
    },
    "The OAuth client was not found.",
  ],
  [
    "Okta",
    {
      body: '{"errorCode":"invalid_client","errorSummary":"Invalid value for \'client_id\' parameter.","error":"invalid_client"}',
    },
    "invalid_client",
  ],
  ["Cognito", { body: html("Error", "<p>Client does not exist.</p>") }, "Client does not exist."],
  [
    "Zitadel",
    { body: '{"error":"invalid_request","error_description":"Errors.App.NotFound"}' },
    "Errors.App.NotFound",
  ],
  ["Logto", { body: '{"code":"oidc.invalid_client","message":"client is invalid"}' }, "oidc.invalid_client"],
  [
    "authentik",
    {
      body: html(
        "Client ID Error - authentik",
        "<p>The client identifier (client_id) is missing or invalid.</p>",
      ),
    },
    "Client ID Error",
  ],
  ["Civic", { body: html("Error", "<p>INVALID_CLIENT_ID (0x0003)</p>") }, "INVALID_CLIENT_ID"],
];

const OTHERS: ["scope" | "audience", string, Partial<Page>, string][] = [
  [
    "scope",
    "Google",
    { url: new URL("https://accounts.google.com/signin/oauth/error?authError=invalid_scope") },
    "invalid_scope",
  ],
  [
    "scope",
    "Cognito",
    { url: new URL("https://a/?error=invalid_request&error_description=invalid_scope") },
    "invalid_scope",
  ],
  [
    "scope",
    "Entra ID",
    {
      status: 200,
      body: entraPage("AADSTS70011: The provided value for the input parameter scope is not valid."),
    },
    "AADSTS70011",
  ],
  [
    "audience",
    "Auth0",
    {
      url: new URL("https://a/?error=access_denied&error_description=Service+not+found%3A+https%3A%2F%2Fapi"),
    },
    "Service not found: https://api",
  ],
  [
    "audience",
    "oidc-provider",
    { url: new URL("https://a/?error=invalid_target&error_description=unknown") },
    "invalid_target",
  ],
  [
    "audience",
    "Entra ID",
    { status: 200, body: entraPage("AADSTS901002: The resource request parameter is not supported.") },
    "AADSTS901002",
  ],
];

test.each(URLS)("the doctor recognises that %s rejects the URL", (_, page, said) => {
  expect(refusalAt(page)).toEqual({ about: "URL", said: expect.stringContaining(said) });
});

test.each(CLIENTS)("the doctor recognises that %s rejects the client", (_, page, said) => {
  expect(refusalAt(page)).toEqual({ about: "client", said: expect.stringContaining(said) });
});

test.each(OTHERS)("the doctor recognises a rejected %s at %s", (about, _, page, said) => {
  expect(refusalAt(page)).toEqual({ about, said: expect.stringContaining(said) });
});

describe("a page that is not a rejection", () => {
  test.each([
    [
      "a login page with an error code in its scripts",
      {
        status: 200,
        body: html("Log in", "<script>var texts = {'redirect_uri_mismatch': 1}</script><h1>Log in</h1>"),
      },
    ],
    [
      "a login page that mentions errors",
      { status: 200, body: html("Log in", "<p>Invalid redirect URI? Client not found?</p>") },
    ],
  ])("%s is not treated as a rejection", (_, page) => {
    expect(refusalAt(page)).toBeNull();
  });
});

test("an unknown error page is treated as a rejection", () => {
  expect(refusalAt({ status: 418, body: "<h1>Something with tea</h1>" })).toEqual({
    about: "unknown",
    said: "Something with tea",
  });
  expect(refusalAt({ status: 500 })).toEqual({ about: "unknown", said: "" });
});

test("the doctor recognises a rejection in the URL of another site's error page", () => {
  const url = new URL(
    "https://errors.example.com/?error=unauthorized_client&error_description=Callback%20URL%20mismatch.",
  );
  expect(refusalIn([], url)).toMatchObject({ about: "URL" });
});

test("the doctor quotes only the relevant lines of a long page", () => {
  const body = html(
    "Error",
    `${"<p>Welcome to our fine company.</p>".repeat(20)}<p>Error <b>invalid_redirect_uri</b></p><p>It did not match.</p>${"<p>Bye.</p>".repeat(50)}`,
  );
  expect(refusalAt({ body })?.said).toBe("Error invalid_redirect_uri It did not match.");
});
