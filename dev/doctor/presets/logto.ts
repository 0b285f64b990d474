import type { ProviderPreset } from "./preset.ts";

export const logto: ProviderPreset = {
  id: "logto",
  name: "Logto",
  issuer: /^https:\/\/[^/]+\.logto\.app(\/|$)/,
  metadata: { field: "scopes_supported", value: /urn:logto:/ },
  issuerHow:
    "It is the Issuer endpoint of Applications → your app → Endpoints & Credentials, and ends in /oidc.",
  issuerPaths: ["/oidc"],
  settings: {
    OIDC_ISSUER: "https://your-tenant.logto.app/oidc",
    OIDC_CLIENT_ID: "…",
    OIDC_CLIENT_SECRET: "…",
    OIDC_SCOPE: "openid profile email offline_access read:admin-messages",
    OIDC_RESOURCE: "https://api.example.com",
    OIDC_AUTHORIZATION_PARAMS: "prompt=consent",
    OIDC_SIGNUP_PARAMS: "first_screen=register",
  },
  console: {
    clientId: "Applications → your app → Endpoints & Credentials → App ID",
    clientSecret: "Applications → your app → Endpoints & Credentials → App secrets",
    callbackUrl: "Applications → your app → Redirect URIs",
    logoutUrl: "Applications → your app → Post sign-out redirect URIs",
    clientAuthentication:
      "Applications → your app (its type must be Traditional web; Single page app and Native app have no App secrets)",
    scopes: "API resources → your API → Permissions, and Roles",
  },
  clientKey: {
    by: "none",
    how: "Logto documents only App secrets for a Traditional web app: set OIDC_CLIENT_SECRET, and remove OIDC_CLIENT_AUTH and OIDC_CLIENT_PRIVATE_KEY.",
  },
  audience: {
    by: "resource",
    how: "Set OIDC_RESOURCE, not OIDC_AUDIENCE, to the API identifier of API resources → your API. Without it, the access token is opaque.",
  },
  refresh: {
    by: "offline_access and prompt=consent",
    how: 'Keep offline_access, and set OIDC_AUTHORIZATION_PARAMS="prompt=consent"; or turn on Always issue refresh token in Applications → your app → Refresh token.',
  },
  logOut: { by: "standard", how: "The URL must match exactly, including the slash at its end." },
  signUp: {
    by: "first_screen=register",
    how: 'Set OIDC_SIGNUP_PARAMS="first_screen=register". Enable user registration must be on in Sign-in experience → Sign-up and sign-in → Advanced options.',
  },
  groups:
    "Permissions of an API: add their names to OIDC_SCOPE, and assign a role that has them. Roles: add the scope roles.",
  pkce: "announced",
  peculiarities: ["A client with a secret needs the app type Traditional web."],
};
