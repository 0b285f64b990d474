import type { ProviderPreset } from "./preset.ts";

export const google: ProviderPreset = {
  id: "google",
  name: "Google",
  issuer: /^https:\/\/accounts\.google\.com\/?$/,
  metadata: null,
  issuerHow: "It is https://accounts.google.com for everybody.",
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
    how: "Google documents client secrets alone: set OIDC_CLIENT_SECRET, and leave OIDC_CLIENT_AUTH and OIDC_CLIENT_PRIVATE_KEY out.",
  },
  audience: {
    by: "none",
    how: "Google's access tokens are opaque and for Google's APIs. Leave OIDC_AUDIENCE and OIDC_RESOURCE out: it refuses parameters that it does not know.",
  },
  refresh: {
    by: "access_type=offline",
    how: 'Google refuses offline_access: take it out of OIDC_SCOPE, and set OIDC_AUTHORIZATION_PARAMS="access_type=offline&prompt=consent". Its console has nothing to switch on.',
  },
  logOut: { by: "none", how: "Logging out ends the session of the app; the one at Google goes on." },
  signUp: {
    by: "its login page",
    how: "There is no sign-up but the login page's own. Set OIDC_SIGNUP_PARAMS=none, since Google refuses parameters that it does not know.",
  },
  groups: "None in tokens; the claim hd names the Workspace domain.",
  pkce: "announced",
  peculiarities: [
    "A change of redirect URIs takes from five minutes to some hours to work.",
    "The refresh token of an app in Testing ends after seven days (Google Auth Platform → Audience).",
    "http is allowed for localhost and 127.0.0.1 alone.",
  ],
};
