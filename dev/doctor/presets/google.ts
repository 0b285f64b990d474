import type { ProviderPreset } from "./preset.ts";

export const google: ProviderPreset = {
  id: "google",
  name: "Google",
  issuer: /^https:\/\/accounts\.google\.com\/?$/,
  metadata: null,
  issuerHow: "It is https://accounts.google.com for every app.",
  issuerPaths: [],
  settings: {
    OIDC_ISSUER: "https://accounts.google.com",
    OIDC_CLIENT_ID: "….apps.googleusercontent.com",
    OIDC_CLIENT_SECRET: "…",
    OIDC_SCOPE: "openid profile email",
    OIDC_AUTHORIZATION_PARAMS: "access_type=offline&prompt=consent",
    OIDC_SIGNUP_PARAMS: "none",
  },
  console: {
    clientId: "Google Auth Platform → Clients → your client → Client ID",
    clientSecret: "Google Auth Platform → Clients → your client → Client secret",
    callbackUrl: "Google Auth Platform → Clients → your client → Authorized redirect URIs",
    logoutUrl: null,
    clientAuthentication:
      "Google Auth Platform → Clients → your client (of the Application type Web application, which has a secret)",
    scopes: "Google Auth Platform → Data Access",
  },
  clientKey: {
    by: "none",
    how: "Google documents only client secrets: set OIDC_CLIENT_SECRET, and remove OIDC_CLIENT_AUTH and OIDC_CLIENT_PRIVATE_KEY.",
  },
  audience: {
    by: "none",
    how: "Google's access tokens are opaque, and only for Google's APIs. Remove OIDC_AUDIENCE and OIDC_RESOURCE: Google rejects unknown parameters.",
  },
  refresh: {
    by: "access_type=offline",
    how: 'Google rejects offline_access: remove it from OIDC_SCOPE, and set OIDC_AUTHORIZATION_PARAMS="access_type=offline&prompt=consent". The console needs no further setting.',
  },
  logOut: {
    by: "none",
    how: "Logging out ends the session of the app. The session at Google continues.",
  },
  signUp: {
    by: "its login page",
    how: "People sign up on the login page. Set OIDC_SIGNUP_PARAMS=none, because Google rejects unknown parameters.",
  },
  groups: "None in tokens. The claim hd names the Workspace domain.",
  pkce: "announced",
  peculiarities: [
    "A change of redirect URIs takes between five minutes and some hours to apply.",
    "The refresh token of an app in Testing expires after seven days (Google Auth Platform → Audience).",
    "http is allowed only for localhost and 127.0.0.1.",
  ],
};
