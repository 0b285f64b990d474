import type { ProviderPreset } from "./preset.ts";

export const logto: ProviderPreset = {
  id: "logto",
  name: "Logto",
  issuer: /^https:\/\/[^/]+\.logto\.app(\/|$)/,
  metadata: { field: "scopes_supported", value: /urn:logto:/ },
  issuerHow:
    "It is the Issuer endpoint of Applications → your app → Endpoints & Credentials; it ends in /oidc.",
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
  },
  audience: {
    by: "resource",
    how: "Set OIDC_RESOURCE, not OIDC_AUDIENCE, to the API identifier of API resources → your API; without it the access token is opaque.",
  },
  refresh: {
    by: "offline_access and prompt=consent",
    how: 'Switch on Always issue refresh token in your app\'s settings, or set OIDC_AUTHORIZATION_PARAMS="prompt=consent"',
  },
  logOut: { by: "standard", how: "The URL is compared character by character, slash included." },
  signUp: {
    by: "first_screen=register",
    how: 'Set OIDC_SIGNUP_PARAMS="first_screen=register"; Enable user registration must be on in Sign-in experience → Sign-up and sign-in.',
  },
  groups: "Roles: add the scope roles to OIDC_SCOPE. Permissions of an API: add their names to OIDC_SCOPE.",
  pkce: "announced",
  peculiarities: ["The app type must be Traditional web for a client with a secret."],
};
