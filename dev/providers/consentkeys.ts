import type { ProviderPreset } from "./preset.ts";

export const consentkeys: ProviderPreset = {
  id: "consentkeys",
  name: "ConsentKeys",
  issuer: /^https:\/\/([^/]+\.)?consentkeys\.com\/?$/,
  metadata: null,
  issuerHow:
    "It is https://api.consentkeys.com for most apps; your portal shows it. Others are https://pseudoidc.consentkeys.com and https://api.pseudoidc.consentkeys.com.",
  issuerPaths: [],
  settings: {
    OIDC_ISSUER: "https://api.consentkeys.com",
    OIDC_CLIENT_ID: "ck_…",
    OIDC_CLIENT_SECRET: "…",
    OIDC_CLIENT_AUTH: "client_secret_post",
    OIDC_SCOPE: "openid profile email",
  },
  console: {
    clientId: "Developer Portal → OAuth Applications → your application → Client ID (it begins with ck_)",
    clientSecret:
      "Developer Portal → OAuth Applications → your application → Client Secret (shown once, when it is made)",
    callbackUrl: "Developer Portal → OAuth Applications → your application → Redirect URI(s)",
    logoutUrl: null,
    clientAuthentication:
      "Developer Portal → OAuth Applications → your application (its Client Secret goes into the request's body, and it has to be approved)",
    scopes: "Developer Portal → OAuth Applications → your application → Scopes",
  },
  clientKey: {
    by: "none",
    how: "ConsentKeys documents client secrets alone: set OIDC_CLIENT_SECRET and OIDC_CLIENT_AUTH=client_secret_post, and leave OIDC_CLIENT_PRIVATE_KEY out.",
  },
  audience: { by: "none", how: "ConsentKeys documents no APIs. Leave OIDC_AUDIENCE and OIDC_RESOURCE out." },
  refresh: {
    by: "undocumented",
    how: "Add offline_access to OIDC_SCOPE only if the Scopes of Developer Portal → OAuth Applications → your application list it; without, a session lasts as long as its access token.",
  },
  logOut: {
    by: "none",
    how: "Its documentation has no log-out endpoint, and no log-out URL to register. Logging out ends the session of the app; the one at ConsentKeys goes on, unless its discovery document has an end_session_endpoint.",
  },
  signUp: { by: "its login page", how: "The first log-in makes the account; there is no separate sign-up." },
  groups: "None.",
  pkce: "unannounced",
  peculiarities: [
    "The scopes openid, profile and email have to be selected in the application's Scopes.",
    "A client that is not approved yet is refused as invalid_client.",
    "A callback URL that is not registered is refused as redirect_uri_mismatch.",
  ],
};
