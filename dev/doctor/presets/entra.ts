import type { ProviderPreset } from "./preset.ts";

export const entra: ProviderPreset = {
  id: "entra",
  name: "Microsoft Entra ID",
  issuer:
    /^https:\/\/(login\.microsoftonline\.(com|us)|login\.partner\.microsoftonline\.cn|sts\.windows\.net|[^/]+\.(ciamlogin|b2clogin)\.com)(\/|$)/,
  metadata: {
    field: "token_endpoint",
    value: /^https:\/\/login\.microsoftonline\.[a-z]+\/.+\/oauth2\/v2\.0\/token$/,
  },
  issuerHow:
    "It is https://login.microsoftonline.com/TENANT_ID/v2.0, with the Directory (tenant) ID of App registrations → your app → Overview. For people of any tenant, use organizations or common instead of the ID.",
  issuerPaths: ["/v2.0"],
  settings: {
    OIDC_ISSUER: "https://login.microsoftonline.com/00000000-0000-0000-0000-000000000000/v2.0",
    OIDC_CLIENT_ID: "11111111-1111-1111-1111-111111111111",
    OIDC_CLIENT_SECRET: "…",
    OIDC_SCOPE:
      "openid profile email offline_access api://22222222-2222-2222-2222-222222222222/access_as_user",
    OIDC_AUDIENCE: "22222222-2222-2222-2222-222222222222",
  },
  console: {
    clientId: "App registrations → your app → Overview → Application (client) ID",
    clientSecret:
      "App registrations → your app → Certificates & secrets → Client secrets → Value (not the Secret ID)",
    callbackUrl: "App registrations → your app → Authentication → Web → Redirect URIs",
    logoutUrl:
      "App registrations → your app → Authentication → Web → Redirect URIs (the same list; not Front-channel logout URL)",
    clientAuthentication:
      "App registrations → your app → Authentication (the platform must be Web, not Single-page application)",
    scopes: "App registrations → your app → API permissions",
  },
  clientKey: {
    by: "registration",
    how: "Upload the certificate of the key in App registrations → your app → Certificates & secrets → Certificates. Entra ID looks it up by its SHA-256 thumbprint: set OIDC_CLIENT_PRIVATE_KEY to a JWK with the thumbprint as x5t#S256, and with PS256 as alg.",
  },
  audience: {
    by: "scope",
    how: "Entra ID selects the API by scopes: add a scope of your API to OIDC_SCOPE. Use api://…/NAME from App registrations → your API → Expose an API, or api://…/.default for all in API permissions. OIDC_AUDIENCE only tells the message API of npm run dev what to expect: the API's client id.",
  },
  refresh: {
    by: "offline_access",
    how: "Keep offline_access in OIDC_SCOPE. The console needs no further setting.",
  },
  logOut: {
    by: "standard",
    how: "An unregistered logout URL causes no error: the person stays on a Microsoft page.",
  },
  signUp: {
    by: "its login page",
    how: 'Without a user flow, an administrator creates the accounts. With a user flow (External Identities → User flows; in a workforce tenant for guests), the login page links to it, and OIDC_SIGNUP_PARAMS="prompt=create" leads to it.',
  },
  groups:
    "App roles: App registrations → your API → App roles, assigned in Enterprise applications → Users and groups. They are in the claim roles. Groups: Token configuration → Add groups claim. With more than about 200 groups, the claim is omitted.",
  pkce: "unannounced",
  peculiarities: [
    "The app's platform must be Web. Single-page application rejects a secret.",
    "http is allowed only for localhost, not for 127.0.0.1.",
    "Version 1 tokens have a different issuer: set requestedAccessTokenVersion to 2 in the API's Manifest.",
    "The userinfo endpoint belongs to Microsoft Graph and rejects access tokens for your own API. The app then uses the claims of the ID token.",
  ],
};
