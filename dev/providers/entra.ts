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
    "It is https://login.microsoftonline.com/ with the Directory (tenant) ID of App registrations → your app → Overview, and /v2.0 after it; with organizations or common in the ID's place it is for people of any tenant.",
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
    how: "Upload the certificate of the key in App registrations → your app → Certificates & secrets → Certificates. Entra ID finds it by its SHA-256 thumbprint: OIDC_CLIENT_PRIVATE_KEY is a JWK with it as x5t#S256, and with PS256 as alg.",
  },
  audience: {
    by: "scope",
    how: "Entra ID goes by scopes: add one of your API to OIDC_SCOPE, api://…/NAME as App registrations → your API → Expose an API shows it, or api://…/.default for all in API permissions. OIDC_AUDIENCE only tells the message API that comes along what to expect: the API's client id.",
  },
  refresh: { by: "offline_access", how: "Keep offline_access in OIDC_SCOPE; nothing is to be switched on." },
  logOut: {
    by: "standard",
    how: "A log-out URL that is not registered is no error: the person stays on a page of Microsoft's.",
  },
  signUp: {
    by: "its login page",
    how: 'Without a user flow an administrator makes the accounts. With one (External Identities → User flows; in a workforce tenant for guests) the login page links to it, and OIDC_SIGNUP_PARAMS="prompt=create" leads there.',
  },
  groups:
    "App roles: App registrations → your API → App roles, assigned in Enterprise applications → Users and groups; they come as roles. Groups: Token configuration → Add groups claim, which is left out over some 200.",
  pkce: "unannounced",
  peculiarities: [
    "The app's platform must be Web: Single-page application refuses a secret.",
    "http is allowed for localhost alone, 127.0.0.1 excepted.",
    "Tokens of version 1 have another issuer: set requestedAccessTokenVersion to 2 in the API's Manifest.",
    "userinfo is Microsoft Graph's and refuses access tokens of your own API; the ID token's claims serve then.",
  ],
};
