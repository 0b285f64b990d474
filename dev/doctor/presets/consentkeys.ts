import type { ProviderPreset } from "./preset.ts";

export const consentkeys: ProviderPreset = {
  id: "consentkeys",
  name: "ConsentKeys",
  issuer: /^https:\/\/([^/]+\.)?consentkeys\.com\/?$/,
  metadata: null,
  issuerHow:
    "Your portal shows it. For most apps it is https://api.consentkeys.com; others use https://pseudoidc.consentkeys.com or https://api.pseudoidc.consentkeys.com.",
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
      "Developer Portal → OAuth Applications → your application → Client Secret (shown only when it is created)",
    callbackUrl: "Developer Portal → OAuth Applications → your application → Redirect URI(s)",
    logoutUrl: null,
    clientAuthentication:
      "Developer Portal → OAuth Applications → your application (it must be approved, and sends its Client Secret in the request body)",
    scopes: "Developer Portal → OAuth Applications → your application → Scopes",
  },
  clientKey: {
    by: "none",
    how: "ConsentKeys documents only client secrets: set OIDC_CLIENT_SECRET and OIDC_CLIENT_AUTH=client_secret_post, and remove OIDC_CLIENT_PRIVATE_KEY.",
  },
  audience: { by: "none", how: "ConsentKeys documents no APIs. Remove OIDC_AUDIENCE and OIDC_RESOURCE." },
  refresh: {
    by: "undocumented",
    how: "Add offline_access to OIDC_SCOPE only if it is listed in the Scopes of Developer Portal → OAuth Applications → your application. Without it, a session ends with its access token.",
  },
  logOut: {
    by: "none",
    how: "It documents no logout endpoint and no logout URL to register. Logging out ends the session of the app. The session at ConsentKeys continues, unless its discovery document has an end_session_endpoint.",
  },
  signUp: { by: "its login page", how: "The first login creates the account. There is no separate signup." },
  groups: "None.",
  pkce: "unannounced",
  peculiarities: [
    "Select the scopes openid, profile and email in the application's Scopes.",
    "The answer to a client that is not yet approved is invalid_client.",
    "The answer to an unregistered callback URL is redirect_uri_mismatch.",
  ],
};
