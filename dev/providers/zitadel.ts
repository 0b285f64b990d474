import type { ProviderPreset } from "./preset.ts";

export const zitadel: ProviderPreset = {
  id: "zitadel",
  name: "Zitadel",
  issuer: /^https:\/\/[^/]+\.zitadel\.(cloud|app)\/?$/,
  metadata: { field: "authorization_endpoint", value: /\/oauth\/v2\/authorize$/ },
  issuerHow: "It is the domain of your instance, for example https://your-instance.eu1.zitadel.cloud.",
  issuerPaths: [],
  settings: {
    OIDC_ISSUER: "https://your-instance.zitadel.cloud",
    OIDC_CLIENT_ID: "…",
    OIDC_CLIENT_SECRET: "…",
    OIDC_SCOPE: "openid profile email offline_access urn:zitadel:iam:org:project:id:69234237810729019:aud",
    OIDC_AUDIENCE: "69234237810729019",
  },
  console: {
    clientId: "Projects → your project → your application → Client Id",
    clientSecret:
      "Projects → your project → your application → Actions → Regenerate Client Secret (shown once)",
    callbackUrl: "Projects → your project → your application → Redirect Settings → Redirect URIs",
    logoutUrl: "Projects → your project → your application → Redirect Settings → Post Logout URIs",
  },
  audience: {
    by: "scope",
    how: "Zitadel goes by scopes: add urn:zitadel:iam:org:project:id:PROJECT_ID:aud to OIDC_SCOPE. OIDC_AUDIENCE only tells the message API that comes along what to expect: the project's id.",
  },
  refresh: {
    by: "offline_access",
    how: "Tick Refresh Token in Projects → your project → your application → OIDC Configuration → Grant Types.",
  },
  logOut: { by: "standard", how: "The URL is compared character by character, slash included." },
  signUp: {
    by: "prompt=create",
    how: "Switch on Register allowed in the Login Behavior and Security settings.",
  },
  groups:
    "Project roles: tick User roles inside ID Token in the application's Token Settings, or add the scope urn:zitadel:iam:org:projects:roles.",
  pkce: "announced",
  peculiarities: [
    "Auth Token Type must be JWT (Token Settings) for an API that reads the access token.",
    "http redirect URIs need Development Mode (Redirect Settings).",
    "The Authentication Method (POST, Basic, None, Private Key JWT) must be the one the app uses.",
  ],
};
